/**
 * Which certificate counts at an address.
 *
 * A contact that has proven itself keeps its address: whoever takes that over, be it by force on the path, is not
 * taken for the contact while it may be alive. Another certificate counts if it has the same key, whose holder signs
 * it in each HELLO, or once the contact has failed for long without an answer between.
 *
 * @module
 */

import { equalBytes } from "../../core/equal_bytes.ts";
import { forgetOldest } from "../../core/forget_oldest.ts";
import { formatAddressPair } from "../../core/kademlia/address_pair.ts";
import { type Contact, indexOfContact, sameContact } from "../../core/kademlia/contact.ts";
import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { MINUTE_MS } from "../../core/units.ts";
import type { NodeContext } from "../context.ts";
import { PINS_MAX } from "../limits.ts";

/** What pinning takes of a node's parts. */
export interface PinsParts extends NodeContext {
  readonly table: RoutingTable;
}

/** Who has an address. */
interface Pin {
  readonly contact: Contact;
  /** When it began to fail, by the clock; infinite if it does not. */
  readonly failingSince: number;
}

/** The certificates of one node's contacts. */
export class Pins {
  readonly #parts: PinsParts;
  /** Contacts that were dropped because they failed, by id; those dropped first come first. */
  readonly #dropped = new Map<string, Pin>();
  #toldAt = -Infinity;

  constructor(parts: PinsParts) {
    this.#parts = parts;
  }

  /** Remembers a contact that has left the table, or that an earlier process knew. */
  note(contact: Contact, failingSince: number): void {
    const key = idKey(contact.id);
    this.#dropped.delete(key);
    this.#dropped.set(key, { contact, failingSince });
    forgetOldest(this.#dropped, PINS_MAX);
  }

  /** Whether a contact may be asked, and named: no other one has a better right to its address. */
  allows(contact: Contact): boolean {
    const pin = this.#pinOf(contact);
    if (!pin || sameContact(pin.contact, contact) || this.#mayFollow(pin, contact)) return true;
    this.#tellRefused(pin.contact);
    return false;
  }

  /** Takes in that a contact has answered. Returns whether it may enter the table, or stay there. */
  take(contact: Contact): boolean {
    const pin = this.#pinOf(contact);
    if (!pin || pin.contact === contact) return true;
    if (!sameContact(pin.contact, contact)) {
      if (!this.#mayFollow(pin, contact)) return false;
      this.#tellChanged(pin, contact);
    }
    if (this.#dropped.size > 0) this.#dropped.delete(idKey(contact.id));
    return true;
  }

  /** Forgets who had an address. Returns whether anybody had. */
  forget(id: NodeId): boolean {
    const wasDropped = this.#dropped.delete(idKey(id));
    return this.#parts.table.remove(id) || wasDropped;
  }

  #pinOf({ id }: Contact): Pin | null {
    const entry = this.#parts.table.find(id);
    if (entry) return entry;
    return this.#dropped.size > 0 ? this.#dropped.get(idKey(id)) ?? null : null;
  }

  /** Whether another certificate counts in a contact's place. An operator's word is above what was learnt. */
  #mayFollow({ contact: known, failingSince }: Pin, contact: Contact): boolean {
    const { bootstrappers, options: { certificateKeptMs }, ports: { clock } } = this.#parts;
    return clock.now() - failingSince >= certificateKeptMs || this.#hasSameKey(known, contact) ||
      indexOfContact(bootstrappers, contact) >= 0;
  }

  #hasSameKey(known: Contact, contact: Contact): boolean {
    const { keyOf } = this.#parts.ports;
    const [before, now] = [keyOf?.(known.certificate), keyOf?.(contact.certificate)];
    return before != null && now != null && equalBytes(before, now);
  }

  #tellChanged({ contact: known }: Pin, contact: Contact): void {
    const { bootstrappers } = this.#parts;
    const why = this.#hasSameKey(known, contact)
      ? "it has the same key"
      : indexOfContact(bootstrappers, contact) >= 0
      ? "it is that of a bootstrapper"
      : "the one before has not answered for long";
    const where = formatAddressPair(contact);
    this.#parts.ports.log("warn", `Took another certificate for the node at ${where}: ${why}`);
  }

  /** One line a minute: whoever is on the path can bring any number of certificates. */
  #tellRefused(known: Contact): void {
    const { ports: { clock, log } } = this.#parts;
    const now = clock.now();
    if (now - this.#toldAt < MINUTE_MS) return;
    this.#toldAt = now;
    const where = formatAddressPair(known);
    log(
      "warn",
      `Refused another certificate for the node at ${where}, which has proven its own. ` +
        `If it was replaced there: voidkad contact forget ${where.split("+")[0]}`,
    );
  }
}
