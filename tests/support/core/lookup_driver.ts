/**
 * Drives a lookup against made-up peers in virtual time, and checks the rules that hold for every lookup
 * with any peers.
 *
 * @module
 */

import { assert } from "@std/assert";
import { BinaryHeap } from "@std/data-structures/binary-heap";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { LOOKUP_CANDIDATES_MAX, LOOKUP_REQUESTS_MAX } from "../../../lib/core/limits.ts";
import type { Lookup } from "../../../lib/core/kademlia/lookup.ts";
import { equalIds } from "../../../lib/core/kademlia/node_id.ts";
import { encodeHex } from "@std/encoding/hex";

/** What a peer does when it is asked: answers with contacts or with the value, or fails (null). */
export interface Reply {
  readonly afterMs: number;
  readonly contacts: readonly Contact[] | "value" | null;
}

/** A lookup that has ended. */
export interface Run {
  /** In the order in which they were asked. */
  readonly asked: readonly Contact[];
  readonly endedAtMs: number;
}

/** A request takes longer than this: it is slow. */
export const SLOW_AFTER_MS = 50;
const PEERS = {
  slowAfterMs: () => SLOW_AFTER_MS,
  hedgeAfterMs: () => SLOW_AFTER_MS,
  isConnected: () => true,
  roundTripMs: () => null,
  isAbsent: () => false,
  isProven: () => true,
  mayFollow: () => true,
};
/** A silent peer's request is given up after this. */
export const GIVE_UP_MS = 3_000;

/** An event: a reply comes, or it is time to look for slow peers (no reply). */
interface Event {
  readonly at: number;
  readonly contact: Contact | null;
  readonly reply: Reply | null;
}

/** Runs a lookup to its end. Throws if it breaks a rule, or waits for nothing. */
export function runLookup(lookup: Lookup, ask: (contact: Contact) => Reply): Run {
  const events = new BinaryHeap<Event>((a, b) => a.at - b.at);
  const asked = new Map<string, { contact: Contact; slowAt: number; pending: boolean }>();
  let now = 0;

  /** Carries one step out; returns whether the lookup goes on. */
  const step = (): boolean => {
    const { width } = lookup;
    const next = lookup.next(now, PEERS);
    const wanted = next.type === "ask" ? next.contacts : [];
    for (const contact of wanted) {
      const name = encodeHex(contact.record);
      assert(!asked.has(name), "somebody was asked twice");
      assert(!equalIds(contact.id, lookup.options.ownId), "the node asked itself");
      asked.set(name, { contact, slowAt: now + SLOW_AFTER_MS, pending: true });
      const reply = ask(contact);
      events.push({ at: now + reply.afterMs, contact, reply });
    }
    const inFlight = [...asked.values()].filter(({ slowAt, pending }) => pending && slowAt > now);
    assert(wanted.length === 0 || inFlight.length <= width, `${inFlight.length} in flight`);
    assert(asked.size <= LOOKUP_REQUESTS_MAX && lookup.requests === asked.size);
    assert(lookup.candidates.length <= LOOKUP_CANDIDATES_MAX);
    if (next.type === "done") return false;
    if (next.wakeAt < Infinity) events.push({ at: next.wakeAt, contact: null, reply: null });
    return true;
  };

  while (step()) {
    const event = events.pop();
    if (!event) throw new Error("The lookup waits for nothing");
    now = event.at;
    if (event.contact && event.reply) {
      asked.get(encodeHex(event.contact.record))!.pending = false;
      if (event.reply.contacts === "value") lookup.onValue(event.contact);
      else if (event.reply.contacts) lookup.onAnswer(event.contact, event.reply.contacts);
      else lookup.onFailure(event.contact);
    }
  }
  return { asked: [...asked.values()].map(({ contact }) => contact), endedAtMs: now };
}
