/**
 * A transport that tells what passes through it.
 *
 * @module
 */

import type { Contact } from "../../lib/core/kademlia/contact.ts";
import type { PeerRequest } from "../../lib/core/wire/messages.ts";
import type { Origin, Transport } from "../../lib/node/ports.ts";

/** Tells of each request that a node sends through a transport, and of each that it gets. */
export function recording(transport: Transport, { onSent, onOrigin }: {
  readonly onSent?: (to: Contact, request: PeerRequest) => void;
  readonly onOrigin?: (origin: Origin, request: PeerRequest) => void;
}): Transport {
  return {
    attach: (handler) =>
      transport.attach({
        onReached: (contact, roundTripMs) => handler.onReached?.(contact, roundTripMs),
        onConnected: (contact) => handler.onConnected(contact),
        onDisconnected: (contact) => handler.onDisconnected?.(contact),
        onRequest: (request, origin, answer) => {
          onOrigin?.(origin, request);
          handler.onRequest(request, origin, answer);
        },
      }),
    isConnected: (contact) => transport.isConnected(contact),
    suspect: (contact, since) => transport.suspect(contact, since),
    close: () => transport.close(),
    request: (contact, request, onAnswer) => {
      onSent?.(contact, request);
      return transport.request(contact, request, onAnswer);
    },
  };
}
