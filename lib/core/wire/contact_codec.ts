/**
 * Contacts' records on the wire, in full and in brief.
 *
 * A record is mostly certificate, and an answer names twenty contacts, most of which the asker has heard
 * of on the same connection. In brief, a record is sent in full once and by its place after that: both
 * ends count the records that were sent in full, and start over when all places are taken. Bytes on one
 * connection arrive in order or not at all, so that both always agree.
 *
 * @module
 */

import { ADDRESS_BYTES } from "../kademlia/address.ts";
import { FrameError, type Reader, type Writer } from "./bytes.ts";
import type { Contact } from "../kademlia/contact.ts";
import { CERTIFICATE_BYTES_MAX, RECORD_PLACES, RECORDS_PER_ANSWER_MAX } from "../limits.ts";

/** Makes a contact of a record that has been checked for its form; see `contact_cache.ts`. */
export type RecordToContact = (record: Uint8Array) => Contact;

/** Stands for a place: a record in full follows, and takes the next place. */
const IN_FULL = 255;

/** Appends a count of 8 bits and as many records. Those that do not fit are left out, the last ones first. */
export function writeRecords(
  writer: Writer,
  contacts: readonly Contact[],
  lengthMax: number,
): void {
  const countAt = writer.length;
  writer.u8(0);
  let count = 0;
  for (const { record } of contacts) {
    if (count === RECORDS_PER_ANSWER_MAX || writer.length + record.length > lengthMax) break;
    writer.put(record);
    count++;
  }
  writer.patchU8(countAt, count);
}

/** Reads what {@linkcode writeRecords} has written. */
export function readRecords(reader: Reader, toContact: RecordToContact): Contact[] {
  const count = reader.u8();
  const contacts: Contact[] = [];
  for (let i = 0; i < count; i++) contacts.push(readRecord(reader, toContact));
  return contacts;
}

/** Reads a record: address 18, certificate length u16, certificate. */
export function readRecord(reader: Reader, toContact: RecordToContact): Contact {
  if (reader.left < ADDRESS_BYTES + 2) throw new FrameError("record is cut off");
  const start = reader.bytes.length - reader.left;
  const address = reader.view(ADDRESS_BYTES);
  if (address[16] === 0 && address[17] === 0) throw new FrameError("record has port 0");
  const certificateBytes = reader.u16();
  if (certificateBytes === 0 || certificateBytes > CERTIFICATE_BYTES_MAX) {
    throw new FrameError(`record has a certificate of ${certificateBytes} bytes`);
  }
  reader.view(certificateBytes);
  return toContact(reader.bytes.subarray(start, start + ADDRESS_BYTES + 2 + certificateBytes));
}

/** What one end of a connection has sent. */
export class SentContacts {
  readonly #places = new Map<Contact, number>();

  /** Appends contacts as {@linkcode writeRecords} does, in brief. */
  write(writer: Writer, contacts: readonly Contact[], lengthMax: number): void {
    const countAt = writer.length;
    writer.u8(0);
    let count = 0;
    for (const contact of contacts) {
      const place = this.#places.get(contact);
      const length = place === undefined ? 1 + contact.record.length : 1;
      if (count === RECORDS_PER_ANSWER_MAX || writer.length + length > lengthMax) break;
      writer.u8(place ?? IN_FULL);
      if (place === undefined) {
        writer.put(contact.record);
        if (this.#places.size === RECORD_PLACES) this.#places.clear();
        this.#places.set(contact, this.#places.size);
      }
      count++;
    }
    writer.patchU8(countAt, count);
  }
}

/** What the other end of a connection has sent. */
export class ReceivedContacts {
  #contacts: Contact[] = [];

  /**
   * Reads what {@linkcode SentContacts} has written.
   *
   * @throws {FrameError} if a record is malformed or a place empty.
   */
  read(reader: Reader, toContact: RecordToContact): Contact[] {
    const count = reader.u8();
    const contacts: Contact[] = [];
    for (let i = 0; i < count; i++) contacts.push(this.#readOne(reader, toContact));
    return contacts;
  }

  #readOne(reader: Reader, toContact: RecordToContact): Contact {
    const place = reader.u8();
    if (place !== IN_FULL) {
      const known = this.#contacts[place];
      if (!known) throw new FrameError(`no record has place ${place}`);
      return known;
    }
    const contact = readRecord(reader, toContact);
    if (this.#contacts.length === RECORD_PLACES) this.#contacts = [];
    this.#contacts.push(contact);
    return contact;
  }
}
