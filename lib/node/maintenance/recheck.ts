/**
 * Asks contacts that have failed again, a few at a time, until they are past hope.
 *
 * Most that come back from a short outage, of theirs or of the own network, would not be thought of for
 * long otherwise.
 *
 * @module
 */

import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { CONTACT_FAILURES_MAX } from "../../core/limits.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { RECHECK_MAX_MS, RECHECK_MIN_MS, RECHECKED_AT_ONCE } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { Introductions } from "../rpc/introductions.ts";

/** What rechecking takes of a node's parts. */
export interface RecheckParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly introductions: Introductions;
}

/** Rechecks the contacts of one node. */
export class Recheck {
  readonly #parts: RecheckParts;
  readonly #alarm: Alarm;
  /** Grows while no contact answers. */
  #waitMs = RECHECK_MIN_MS;
  #askedAt = -Infinity;

  constructor(parts: RecheckParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.ports.clock, () => this.#askAgain());
  }

  /** Notes that a contact has come or gone: some may have to be asked again. */
  noteChange(): void {
    this.#alarm.setFor(this.#parts.ports.clock.now() + this.#waitMs);
  }

  /** Stops, for good. */
  close(): void {
    this.#alarm.close();
  }

  #askAgain(): void {
    const { table, membership, introductions, ports: { clock } } = this.#parts;
    const silent = membership.lastSeenAt <= this.#askedAt;
    this.#waitMs = silent ? Math.min(2 * this.#waitMs, RECHECK_MAX_MS) : RECHECK_MIN_MS;
    this.#askedAt = clock.now();
    const doubtful = [...table.entries()]
      .filter(({ failures }) => failures > 0 && failures < CONTACT_FAILURES_MAX);
    for (const { contact } of doubtful.slice(0, RECHECKED_AT_ONCE)) introductions.ping(contact);
    if (doubtful.length > RECHECKED_AT_ONCE) this.noteChange();
  }
}
