/**
 * Makes sure now and then that a node is not alone, and looks for nodes that a partition may have parted
 * from it.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { jittered } from "../jitter.ts";
import { KEEP_IN_TOUCH_MS, RECHECKED_AT_ONCE } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { Introductions } from "../rpc/introductions.ts";
import type { Joiner } from "./joiner.ts";

/** What keeping in touch takes of a node's parts. */
export interface KeepInTouchParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly introductions: Introductions;
  readonly joiner: Joiner;
}

/** Keeps one node in touch with its network. */
export class KeepInTouch {
  readonly #parts: KeepInTouchParts;
  readonly #alarm: Alarm;
  #closed = false;

  constructor(parts: KeepInTouchParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.ports.clock, () => this.#look());
  }

  /** Begins, with the first look after an interval. */
  start(): void {
    const { clock, random } = this.#parts.ports;
    this.#alarm.setFor(clock.now() + jittered(KEEP_IN_TOUCH_MS, random));
  }

  /** Looks for those that were lost: this node was away, and they may be back. */
  lookForLost(): void {
    for (const contact of this.#parts.membership.lost.slice(0, RECHECKED_AT_ONCE)) {
      this.#tryAgain(contact);
    }
  }

  /** Stops, for good. */
  close(): void {
    this.#closed = true;
    this.#alarm.close();
  }

  /** Looks for a bootstrapper and for a contact that was lost; if all has been silent, asks the neighbour. */
  #look(): void {
    const { table, bootstrappers, membership, introductions, joiner, self, ports } = this.#parts;
    const { clock, random } = ports;
    const missing = bootstrappers.filter((contact) => !table.find(contact.id));
    this.#tryAgain(missing[Math.floor(random.next() * missing.length)]);
    this.#tryAgain(membership.nextLost());
    if (clock.now() - membership.lastSeenAt > KEEP_IN_TOUCH_MS) {
      const [neighbour] = table.closest(self.id, 1, { includeFailing: true });
      if (neighbour) introductions.ping(neighbour);
    }
    joiner.checkAlone();
    this.start();
  }

  /** A node that is back is a reason to join anew. */
  #tryAgain(contact: Contact | null | undefined): void {
    const { table, membership, introductions, joiner } = this.#parts;
    if (!contact || table.entry(contact)) return;
    introductions.ping(contact, (answer) => {
      if (!answer) membership.rememberLost(contact);
      else if (!this.#closed && table.entry(contact)) joiner.join();
    });
  }
}
