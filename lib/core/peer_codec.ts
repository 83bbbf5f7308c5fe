/**
 * The peer protocol on the wire: `size u32`, `type u16`, `request id u32`, body; all integers big-endian.
 *
 * Encode and decode stand side by side. Decoding is strict and total: whatever is not exactly a message
 * of the protocol is a {@linkcode FrameError}, and nothing is allocated on the word of a length field.
 *
 * @module
 */

import { ADDRESS_BYTES } from "./address.ts";
import { FrameError, Reader, type Writer } from "./bytes.ts";
import type { Contact } from "./contact.ts";
import type { FrameFormat } from "./framer.ts";
import {
  CERTIFICATE_BYTES_MAX,
  ID_BYTES,
  PEER_FRAME_BYTES_MAX,
  RECORDS_PER_ANSWER_MAX,
  VALUE_BYTES_MAX,
} from "./limits.ts";
import {
  isAnswerTo,
  type PeerAnswer,
  type PeerRequest,
  STORE_STATUSES,
  type TimedValue,
} from "./messages.ts";

const PING = 660;
const STORE = 661;
const FIND_NODE = 662;
const FIND_VALUE = 663;
const PONG = 670;
const STORED = 671;
const FOUND_NODE = 672;
const FOUND_VALUE = 673;

const HEADER_BYTES = 10;

/** What a framer must know of the peer protocol. */
export const PEER_FRAMES: FrameFormat = {
  sizeFieldBytes: 4,
  frameBytesMin: HEADER_BYTES,
  frameBytesMax: PEER_FRAME_BYTES_MAX,
};

/** Makes a contact of a record that has been checked for its form; see `contact_cache.ts`. */
export type RecordToContact = (record: Uint8Array) => Contact;

/** A message with the id that pairs requests and answers on one connection. */
export interface Numbered<Message> {
  readonly requestId: number;
  readonly message: Message;
}

/** Appends a request's frame. */
export function encodePeerRequest(writer: Writer, requestId: number, request: PeerRequest): void {
  const start = writer.length;
  switch (request.type) {
    case "ping":
      writeHeader(writer, PING, requestId);
      writer.u8(request.version);
      writer.put(request.sender.record);
      break;
    case "store":
      writeHeader(writer, STORE, requestId);
      writeTimes(writer, request);
      writer.put(request.key);
      writer.put(request.value);
      break;
    case "findNode":
    case "findValue":
      writeHeader(writer, request.type === "findNode" ? FIND_NODE : FIND_VALUE, requestId);
      writer.put(request.key);
      writer.u8(request.amount);
  }
  writer.patchU32(start, writer.length - start);
}

/**
 * Reads a whole frame that a peer sent on a connection which it dialled.
 *
 * @throws {FrameError} if it is no request of the protocol.
 */
export function decodePeerRequest(
  frame: Uint8Array,
  toContact: RecordToContact,
): Numbered<PeerRequest> {
  const reader = new Reader(frame, 4);
  const type = reader.u16();
  const requestId = reader.u32();
  const message = decodeRequestBody(type, reader, toContact);
  reader.end();
  return { requestId, message };
}

function decodeRequestBody(type: number, reader: Reader, toContact: RecordToContact): PeerRequest {
  switch (type) {
    case PING:
      return { type: "ping", version: reader.u8(), sender: readRecord(reader, toContact) };
    case STORE: {
      const times = readTimes(reader);
      const key = reader.copy(ID_BYTES);
      return { type: "store", ...times, key, value: readValue(reader) };
    }
    case FIND_NODE:
      return { type: "findNode", key: reader.copy(ID_BYTES), amount: reader.u8() };
    case FIND_VALUE:
      return { type: "findValue", key: reader.copy(ID_BYTES), amount: reader.u8() };
    default:
      throw new FrameError(`message type ${type} is no request`);
  }
}

/** Appends an answer's frame. Contacts that do not fit the frame are left out, the last ones first. */
export function encodePeerAnswer(writer: Writer, requestId: number, answer: PeerAnswer): void {
  const start = writer.length;
  switch (answer.type) {
    case "pong":
      writeHeader(writer, PONG, requestId);
      writer.u8(answer.version);
      break;
    case "stored":
      writeHeader(writer, STORED, requestId);
      writer.u8(STORE_STATUSES.indexOf(answer.status));
      break;
    case "foundNode":
      writeHeader(writer, FOUND_NODE, requestId);
      writeRecords(writer, answer.contacts, start + PEER_FRAME_BYTES_MAX);
      break;
    case "foundValue":
      writeHeader(writer, FOUND_VALUE, requestId);
      writeTimes(writer, answer);
      writer.put(answer.value);
  }
  writer.patchU32(start, writer.length - start);
}

/** The request id of a whole frame; tells which request an answer belongs to before it is read. */
export function requestIdOf(frame: Uint8Array): number {
  return new Reader(frame, 6).u32();
}

/**
 * Reads a whole frame that a peer sent on a connection which this node dialled. A FOUND VALUE does not
 * carry its key, so the caller says which one it asked for.
 *
 * @throws {FrameError} if it is no answer of the protocol.
 */
export function decodePeerAnswer(
  frame: Uint8Array,
  request: PeerRequest,
  toContact: RecordToContact,
): PeerAnswer {
  const reader = new Reader(frame, 4);
  const type = reader.u16();
  reader.u32(); // the request id, see requestIdOf
  const answer = decodeAnswerBody(type, reader, request, toContact);
  reader.end();
  if (!isAnswerTo(request, answer)) {
    throw new FrameError(`${answer.type} answers no ${request.type}`);
  }
  return answer;
}

function decodeAnswerBody(
  type: number,
  reader: Reader,
  request: PeerRequest,
  toContact: RecordToContact,
): PeerAnswer {
  switch (type) {
    case PONG:
      return { type: "pong", version: reader.u8() };
    case STORED: {
      const number = reader.u8();
      const status = STORE_STATUSES[number];
      if (!status) throw new FrameError(`status ${number} of STORED is unknown`);
      return { type: "stored", status };
    }
    case FOUND_NODE: {
      const count = reader.u8();
      const contacts: Contact[] = [];
      for (let i = 0; i < count; i++) contacts.push(readRecord(reader, toContact));
      return { type: "foundNode", contacts };
    }
    case FOUND_VALUE: {
      if (request.type !== "findValue") throw new FrameError("foundValue answers no findValue");
      return {
        type: "foundValue",
        ...readTimes(reader),
        key: request.key,
        value: readFoundValue(reader),
      };
    }
    default:
      throw new FrameError(`message type ${type} is no answer`);
  }
}

function writeHeader(writer: Writer, type: number, requestId: number): void {
  writer.u32(0);
  writer.u16(type);
  writer.u32(requestId);
}

function writeTimes(writer: Writer, value: TimedValue): void {
  writer.u32(value.ttlMs);
  writer.u8(value.replication);
  writer.u64(value.stamp);
  writer.put(value.nonce);
}

function readTimes(reader: Reader): Omit<TimedValue, "key" | "value"> {
  return {
    ttlMs: reader.u32(),
    replication: reader.u8(),
    stamp: reader.u64(),
    nonce: reader.copy(ID_BYTES),
  };
}

/** A STORE above the size limit is decoded all the same, so that it is answered with a status. */
function readValue(reader: Reader): Uint8Array {
  if (reader.left === 0) throw new FrameError("value is empty");
  return reader.left > VALUE_BYTES_MAX ? reader.view(reader.left) : reader.copy(reader.left);
}

function readFoundValue(reader: Reader): Uint8Array {
  if (reader.left > VALUE_BYTES_MAX) {
    throw new FrameError(`value of ${reader.left} bytes is too large`);
  }
  return readValue(reader);
}

function writeRecords(writer: Writer, contacts: readonly Contact[], lengthMax: number): void {
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
