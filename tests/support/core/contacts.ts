/**
 * Contacts, ids and keys for tests.
 *
 * @module
 */

import { makeAddress } from "../../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import { ID_BYTES } from "../../../lib/core/limits.ts";
import { headOf, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import type { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** The `n`th contact, of 2^24: a real address, the id that follows from it, and a short certificate. */
export function testContact(n: number, certificateBytes = 8): Contact {
  const address = makeAddress(`10.${n >>> 16 & 0xff}.${n >>> 8 & 0xff}.${n & 0xff}`, 7402);
  return makeContact(address, new Uint8Array(certificateBytes).fill(n), sha256);
}

/** The contacts numbered from `first` on. */
export function testContacts(count: number, first = 1): Contact[] {
  return Array.from({ length: count }, (_, i) => testContact(first + i));
}

/** A contact at the same address, so with the same id, under another certificate. */
export function impostorOf(contact: Contact, mark = 1): Contact {
  const certificate = contact.certificate.slice();
  certificate[0]! ^= mark;
  return makeContact(contact.address, certificate, sha256);
}

/** A contact with an id of one's choice, which no address has; its record is as unique as its id. */
export function contactWithId(id: NodeId): Contact {
  return { ...makeContact(makeAddress("10.0.0.1", 1), id, sha256), id, head: headOf(id) };
}

/** Random bytes, by default as many as an id has. */
export function randomBytes(random: SeededRandom, length = ID_BYTES): Uint8Array {
  const bytes = new Uint8Array(length);
  random.fill(bytes);
  return bytes;
}

/** A random id that shares exactly `bits` leading bits with another; all of them for 256. */
export function idSharing(bits: number, other: NodeId, random: SeededRandom): NodeId {
  const id = randomBytes(random);
  for (let bit = 0; bit <= bits && bit < 8 * ID_BYTES; bit++) {
    const mask = 0x80 >>> (bit & 7);
    const wanted = bit < bits ? other[bit >>> 3]! & mask : ~other[bit >>> 3]! & mask;
    id[bit >>> 3] = id[bit >>> 3]! & ~mask | wanted;
  }
  return id;
}
