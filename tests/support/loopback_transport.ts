/**
 * A transport that dials loopback alone, even if a test has peers claim other addresses.
 *
 * @module
 */

import type { Transport } from "../../lib/node/ports.ts";

/** What tests may dial, as the permissions of their tasks say. */
const LOOPBACK = ["127.0.0.1", "127.0.0.2", "::1"];

/** Finds every contact unreachable whose address is none of loopback. */
export function onLoopback(transport: Transport): Transport {
  return {
    attach: (handler) => transport.attach(handler),
    isConnected: (contact) => transport.isConnected(contact),
    suspect: (contact, since) => transport.suspect(contact, since),
    close: () => transport.close(),
    request: (contact, request, onAnswer) => {
      if (LOOPBACK.includes(contact.address.hostname)) {
        return transport.request(contact, request, onAnswer);
      }
      let isWaiting = true;
      queueMicrotask(() => isWaiting && onAnswer(null, "unreachable"));
      return { cancel: () => void (isWaiting = false) };
    },
  };
}
