/**
 * A contact: what one node knows of another. Its record is what travels in messages.
 *
 * @module
 */

import { type Address, ADDRESS_BYTES } from "./address.ts";
import type { AddressPair } from "./address_pair.ts";
import { equalBytes } from "../equal_bytes.ts";
import { type Hash, headOf, type NodeId } from "./node_id.ts";

/** Bytes of a record before the certificate. */
export const RECORD_HEAD_BYTES = 2 * ADDRESS_BYTES + 2;

/** A node as others see it. Immutable; two contacts are the same if their records are. */
export interface Contact extends AddressPair {
  /** SHA-256 of the address. */
  readonly id: NodeId;
  /** The id's first 32 bits, by which most comparisons are decided. */
  readonly head: number;
  /** DER of the certificate that the node is pinned to. */
  readonly certificate: Uint8Array;
  /** Wire form: address 18, alternate address 18, certificate length u16, certificate. */
  readonly record: Uint8Array;
}

/**
 * Makes a contact of an address and a certificate (DER).
 *
 * @param alternate an address of IPv6 beside one of IPv4.
 */
export function makeContact(
  address: Address,
  certificate: Uint8Array,
  sha256: Hash,
  alternate: Address | null = null,
): Contact {
  const record = new Uint8Array(RECORD_HEAD_BYTES + certificate.length);
  record.set(address.bytes);
  if (alternate) record.set(alternate.bytes, ADDRESS_BYTES);
  record[RECORD_HEAD_BYTES - 2] = certificate.length >>> 8;
  record[RECORD_HEAD_BYTES - 1] = certificate.length & 0xff;
  record.set(certificate, RECORD_HEAD_BYTES);
  const id = sha256(address.bytes);
  const own = record.subarray(RECORD_HEAD_BYTES);
  return { id, head: headOf(id), address, alternate, certificate: own, record };
}

/**
 * Whether two contacts have the same address and the same certificate. Compare contacts with this and never
 * with `===`: a record that is read again may give another object, see `contact_cache.ts`.
 */
export function sameContact(a: Contact, b: Contact): boolean {
  return a === b || (a.head === b.head && equalBytes(a.record, b.record));
}

/** Index of a contact in a list, -1 if it is not there. */
export function indexOfContact(contacts: readonly Contact[], contact: Contact): number {
  return contacts.findIndex((other) => sameContact(other, contact));
}
