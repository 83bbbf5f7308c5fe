/**
 * Has the contacts kept beyond the process, so that a node that starts again can join through them.
 *
 * @module
 */

import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import type { Membership } from "../membership/membership.ts";
import { KEEP_CONTACTS_AFTER_MS, KEEP_CONTACTS_EVERY_MS } from "../limits.ts";

/** What keeping contacts takes of a node's parts. */
export interface ContactKeeperParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
}

/** Keeps the contacts of one node, if it has a journal. */
export class ContactKeeper {
  readonly #parts: ContactKeeperParts;
  readonly #alarm: Alarm;
  #keptAt = -Infinity;

  constructor(parts: ContactKeeperParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(parts.ports.clock, () => this.#keep());
  }

  /** A contact has entered the table, or does not answer. Soon written down, but not each by itself. */
  noteChange(): void {
    const { journal, clock } = this.#parts.ports;
    if (!journal) return;
    const now = clock.now();
    this.#alarm.setFor(
      Math.max(now + KEEP_CONTACTS_AFTER_MS, this.#keptAt + KEEP_CONTACTS_EVERY_MS),
    );
  }

  /** Writes down what has changed, and stops for good. */
  close(): void {
    if (this.#alarm.isSet) this.#keep();
    this.#alarm.close();
  }

  /** A node that finds itself alone, or among strangers, remembers those that it knew. */
  #keep(): void {
    const { table, membership, ports: { journal, clock } } = this.#parts;
    const now = clock.now();
    const unixNow = clock.unixNow();
    this.#keptAt = now;
    const contacts = Array.from(table.entries(), ({ contact, lastSeenAt }) => ({
      record: contact.record,
      lastSeenAt: unixNow + lastSeenAt - now,
    }));
    if (contacts.length === 0) return;
    const lost = membership.lost.filter((contact) => !table.entry(contact));
    contacts.push(...lost.map(({ record }) => ({ record, lastSeenAt: 0 })));
    journal?.keepContacts(contacts);
  }
}
