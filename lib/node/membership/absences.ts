/**
 * Contacts that could not be connected to a short time ago: other nodes may name them still, and each lookup would dial
 * them again.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { ABSENCES_MAX, ABSENT_MAX_MS, ABSENT_MIN_MS } from "../limits.ts";

/** One that could not be reached. */
interface Absence {
  /** How long it is left alone. */
  readonly ms: number;
  readonly until: number;
}

/** The absent contacts of one node. Times are the clock's `now`. */
export class Absences {
  #absences = new ContactMap<Absence>();

  /** Whether a contact is to be left alone. */
  has(contact: Contact, now: number): boolean {
    if (this.#absences.size === 0) return false;
    const absence = this.#absences.get(contact);
    return absence !== undefined && now < absence.until;
  }

  /** Notes that connecting to a contact has failed: it is left alone for longer each time that this happens again. */
  note(contact: Contact, now: number): void {
    const before = this.#absences.get(contact)?.ms ?? 0;
    const ms = Math.min(Math.max(ABSENT_MIN_MS, 2 * before), ABSENT_MAX_MS);
    if (this.#absences.size >= ABSENCES_MAX) this.#absences.clear();
    this.#absences.set(contact, { ms, until: now + ms });
  }

  /** Notes that a contact has been heard of. */
  end(contact: Contact): void {
    if (this.#absences.size > 0) this.#absences.delete(contact);
  }
}
