/**
 * The contacts that a connection has carried, each by its index: a hash table in one byte for each place, since a node
 * has as many of these as connections.
 *
 * @module
 */

import { type Contact, sameContact } from "../kademlia/contact.ts";

const PLACES_MIN = 16;

/** Up to 255 contacts, numbered in the order in which they came. */
export class ContactIndices {
  readonly #contacts: Contact[] = [];
  /** By the contact's head, or in the next place that was free: its index and one; 0 if there is none. */
  #places = new Uint8Array(PLACES_MIN);

  /** Number of contacts. */
  get size(): number {
    return this.#contacts.length;
  }

  /** Index of a contact; null if it has not come. */
  find(contact: Contact): number | null {
    const places = this.#places;
    for (let at = contact.head & places.length - 1; places[at] !== 0;) {
      const index = places[at]! - 1;
      if (sameContact(this.#contacts[index]!, contact)) return index;
      at = at + 1 & places.length - 1;
    }
    return null;
  }

  /** Gives a contact that has not come the next index. */
  add(contact: Contact): void {
    this.#contacts.push(contact);
    if (2 * this.size <= this.#places.length) return this.#place(this.size - 1);
    this.#places = new Uint8Array(2 * this.#places.length);
    for (let index = 0; index < this.size; index++) this.#place(index);
  }

  #place(index: number): void {
    const places = this.#places;
    let at = this.#contacts[index]!.head & places.length - 1;
    while (places[at] !== 0) at = at + 1 & places.length - 1;
    places[at] = index + 1;
  }
}
