/**
 * PING and PONG for tests of what does not depend on what they say.
 *
 * @module
 */

import { makeAddress } from "../../lib/core/kademlia/address.ts";
import type { Contact } from "../../lib/core/kademlia/contact.ts";

/** A PING of a node whose clock shows a time. */
export function pingOf(sender: Contact, time = 0) {
  return { type: "ping", time, sender } as const;
}

/** A PONG of a node whose clock shows a time, and that has reached the asker. */
export function pongAt(time = 0) {
  const address = makeAddress("10.0.0.9", 40_000);
  return { type: "pong", time, reachability: "reached", address } as const;
}
