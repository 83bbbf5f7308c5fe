/**
 * Contacts on the wire: a record on its own, and the deduplicated contacts of an answer.
 *
 * A record is mostly certificate, and an answer names twenty contacts, most of which the connection has
 * carried before. So a record is sent in full once, and by its index after that: both ends number the records
 * that are sent in full, and start over when all indices are taken. Bytes on one connection arrive in order
 * or not at all, so that both ends always agree.
 *
 * @module
 */

import { ContactIndices } from "./contact_indices.ts";
import { ADDRESS_BYTES, isMappedIpv4 } from "../kademlia/address.ts";
import { FrameError, type Reader, type Writer } from "./bytes.ts";
import { type Contact, RECORD_HEAD_BYTES } from "../kademlia/contact.ts";
import { CERTIFICATE_BYTES_MAX, CONTACT_INDICES_MAX, RECORDS_PER_ANSWER_MAX } from "../limits.ts";

/** Makes a contact of a record that has been checked for its form; see `contact_cache.ts`. */
export type RecordToContact = (record: Uint8Array) => Contact;

/** Stands for an index: a record in full follows, and takes the next index. */
const IN_FULL = 255;

/** Reads a record: address 18, alternate address 18, certificate length u16, certificate. */
export function readRecord(reader: Reader, toContact: RecordToContact): Contact {
  if (reader.left < RECORD_HEAD_BYTES) throw new FrameError("record is cut off");
  const { bytes, left } = reader;
  const lengthAt = bytes.length - left + RECORD_HEAD_BYTES - 2;
  const certificateBytes = bytes[lengthAt]! << 8 | bytes[lengthAt + 1]!;
  if (certificateBytes === 0 || certificateBytes > CERTIFICATE_BYTES_MAX) {
    throw new FrameError(`record has a certificate of ${certificateBytes} bytes`);
  }
  const record = reader.view(RECORD_HEAD_BYTES + certificateBytes);
  if (hasPortZero(record, 0)) throw new FrameError("record has port 0");
  if (hasAlternate(record)) checkAlternate(record);
  return toContact(record);
}

/** Whether any of the alternate address's bytes is not 0. */
function hasAlternate(record: Uint8Array): boolean {
  for (let at = ADDRESS_BYTES; at < 2 * ADDRESS_BYTES; at++) if (record[at] !== 0) return true;
  return false;
}

/** An alternate address is one of IPv6 beside one of IPv4. */
function checkAlternate(record: Uint8Array): void {
  if (hasPortZero(record, ADDRESS_BYTES)) {
    throw new FrameError("record has an alternate address with port 0");
  }
  if (!isMappedIpv4(record) || isMappedIpv4(record.subarray(ADDRESS_BYTES))) {
    throw new FrameError("record has two addresses that are not one of IPv4 and one of IPv6");
  }
}

function hasPortZero(record: Uint8Array, addressAt: number): boolean {
  return record[addressAt + 16] === 0 && record[addressAt + 17] === 0;
}

/** The contacts that one end of a connection has sent. */
export class SentContacts {
  #indices = new ContactIndices();

  /**
   * Appends a count of 8 bits and as many contacts. Those that would end beyond `lengthMax` are left out,
   * the last ones first.
   */
  write(writer: Writer, contacts: readonly Contact[], lengthMax: number): void {
    const countAt = writer.length;
    writer.u8(0);
    let count = 0;
    for (const contact of contacts) {
      const index = this.#indices.find(contact);
      const length = index === null ? 1 + contact.record.length : 1;
      if (count === RECORDS_PER_ANSWER_MAX || writer.length + length > lengthMax) break;
      writer.u8(index ?? IN_FULL);
      if (index === null) {
        writer.put(contact.record);
        if (this.#indices.size === CONTACT_INDICES_MAX) this.#indices = new ContactIndices();
        this.#indices.add(contact);
      }
      count++;
    }
    writer.patchU8(countAt, count);
  }
}

/** The contacts that the other end of a connection has sent. */
export class ReceivedContacts {
  readonly #toContact: RecordToContact;
  #contacts: Contact[] = [];

  constructor(toContact: RecordToContact) {
    this.#toContact = toContact;
  }

  /**
   * Reads what {@linkcode SentContacts} has written.
   *
   * @throws {FrameError} if a record is malformed, or no contact has an index.
   */
  read(reader: Reader): Contact[] {
    const count = reader.u8();
    const contacts: Contact[] = [];
    for (let i = 0; i < count; i++) contacts.push(this.#readOne(reader));
    return contacts;
  }

  #readOne(reader: Reader): Contact {
    const index = reader.u8();
    if (index !== IN_FULL) {
      const known = this.#contacts[index];
      if (!known) throw new FrameError(`no contact has index ${index}`);
      return known;
    }
    const contact = readRecord(reader, this.#toContact);
    if (this.#contacts.length === CONTACT_INDICES_MAX) this.#contacts = [];
    this.#contacts.push(contact);
    return contact;
  }
}
