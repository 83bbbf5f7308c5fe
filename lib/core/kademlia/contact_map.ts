/**
 * A map whose keys are contacts, compared by content: any object with the same record is the same key.
 *
 * @module
 */

import { type Contact, sameContact } from "./contact.ts";

/** A contact and its value; the next is another contact whose id begins alike, which is rare. */
interface Link<Value> {
  readonly contact: Contact;
  value: Value;
  next: Link<Value> | null;
}

/** Values by contact. Iterates in no order of note. */
export class ContactMap<Value> {
  readonly #links = new Map<number, Link<Value>>();
  #size = 0;

  /** Number of contacts. */
  get size(): number {
    return this.#size;
  }

  /** The value of a contact. */
  get(contact: Contact): Value | undefined {
    return this.#find(contact)?.value;
  }

  /** Sets the value of a contact, and replaces an earlier one. */
  set(contact: Contact, value: Value): void {
    const known = this.#find(contact);
    if (known) known.value = value;
    else {
      this.#links.set(contact.head, {
        contact,
        value,
        next: this.#links.get(contact.head) ?? null,
      });
      this.#size++;
    }
  }

  /** Takes a contact out. Returns whether it was there. */
  delete(contact: Contact): boolean {
    const found = this.#find(contact);
    if (!found) return false;
    const first = this.#links.get(contact.head)!;
    if (first !== found) {
      let before = first;
      while (before.next !== found) before = before.next!;
      before.next = found.next;
    } else if (found.next) this.#links.set(contact.head, found.next);
    else this.#links.delete(contact.head);
    this.#size--;
    return true;
  }

  /** Takes all contacts out. */
  clear(): void {
    this.#links.clear();
    this.#size = 0;
  }

  /** All values. */
  *values(): Generator<Value> {
    for (const first of this.#links.values()) {
      for (let link: Link<Value> | null = first; link; link = link.next) yield link.value;
    }
  }

  #find(contact: Contact): Link<Value> | null {
    let link = this.#links.get(contact.head) ?? null;
    while (link && !sameContact(link.contact, contact)) link = link.next;
    return link;
  }
}
