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
  /** Their hashes, in a ring: to find the first key of a map takes long where many before it were deleted. */
  readonly #hashes: number[] = [];
  #oldestAt = 0;
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
    if (!known) this.#makeRoom(hash);
    this.#contacts.set(hash, contact);
    return contact;
  };

  /** Forgets the oldest if there are too many, and puts another one in its place. */
  #makeRoom(hash: number): void {
    if (this.#hashes.length < this.#sizeMax) return void this.#hashes.push(hash);
    this.#contacts.delete(this.#hashes[this.#oldestAt]!);
    this.#hashes[this.#oldestAt] = hash;
    this.#oldestAt = (this.#oldestAt + 1) % this.#sizeMax;
  }
}

/** 32 bits hashed of the IP and the 16 of the port; of addresses with equal hashes the last one is kept. */
function addressHash(record: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < 16; i++) hash = (Math.imul(hash, 257) + record[i]!) >>> 0;
  return hash * 0x1_0000 + (record[16]! << 8 | record[17]!);
}
