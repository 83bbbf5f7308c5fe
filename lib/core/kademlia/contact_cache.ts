/**
 * Contacts by record: a record seen before gives the same object again, without hashing its address.
 *
 * Most records that a node reads are of contacts it knows, and a hash costs as much as the rest of the
 * message. The cache is bounded; the record that entered first is forgotten first.
 *
 * @module
 */

import { ADDRESS_BYTES, addressFromBytes } from "./address.ts";
import { type Contact, makeContact, RECORD_HEAD_BYTES } from "./contact.ts";
import { equalBytes } from "../equal_bytes.ts";
import { CONTACT_CACHE_MAX } from "../limits.ts";
import type { Hash } from "./node_id.ts";

/** Turns records into contacts. */
export class ContactCache {
  readonly #contacts = new Map<number, Contact>();
  readonly #sha256: Hash;
  readonly #sizeMax: number;

  constructor(sha256: Hash, sizeMax = CONTACT_CACHE_MAX) {
    this.#sha256 = sha256;
    this.#sizeMax = sizeMax;
  }

  /** The contact of a well-formed record; the bytes are copied if they are new. */
  readonly toContact = (record: Uint8Array): Contact => {
    const hash = addressHash(record);
    const known = this.#contacts.get(hash);
    if (known && equalBytes(known.record, record)) return known;
    const certificate = record.subarray(RECORD_HEAD_BYTES);
    const other = addressFromBytes(record.subarray(ADDRESS_BYTES));
    const alternate = other.port === 0 ? null : other;
    const contact = makeContact(addressFromBytes(record), certificate, this.#sha256, alternate);
    if (this.#contacts.size >= this.#sizeMax && !known) this.#forgetOldest();
    this.#contacts.set(hash, contact);
    return contact;
  };

  #forgetOldest(): void {
    for (const hash of this.#contacts.keys()) {
      this.#contacts.delete(hash);
      return;
    }
  }
}

/** 32 bits hashed of the IP and the 16 of the port; of addresses with equal hashes the last one is kept. */
function addressHash(record: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < 16; i++) hash = (Math.imul(hash, 257) + record[i]!) >>> 0;
  return hash * 0x1_0000 + (record[16]! << 8 | record[17]!);
}
