/**
 * The peer protocol on the wire: `size u32`, `type u16`, `request id u32`, body; all integers big-endian.
 *
 * Encode and decode stand side by side. Decoding is strict and total: whatever is not exactly a message
 * of the protocol is a {@linkcode FrameError}, and nothing is allocated on the word of a length field.
 *
 * @module
 */

import { FrameError, Reader, type Writer } from "./bytes.ts";
import type { FrameFormat } from "./framer.ts";
import { ADDRESS_BYTES, addressFromBytes } from "../kademlia/address.ts";
import { ID_BYTES, PEER_FRAME_BYTES_MAX, VALUE_BYTES_MAX } from "../limits.ts";
import { isAnswerTo, type PeerAnswer, type PeerRequest } from "./messages.ts";
import type { SentValue } from "../value.ts";
import type { Contact } from "../kademlia/contact.ts";
import type { ReceivedContacts, SentContacts } from "./contact_codec.ts";
import {
  readDifferent,
  readDigests,
  readIndices,
  readRange,
  readVersions,
  writeDifferent,
  writeDigests,
  writeIndices,
  writeRange,
  writeVersions,
} from "./repair_codec.ts";
import {
  DIFFERENT,
  DIGEST,
  FIND_NODE,
  FIND_VALUE,
  FOUND_NODE,
  FOUND_VALUE,
  GOING_AWAY,
  NUDGE,
  OFFER,
  PING,
  PONG,
  REACHABILITY_NUMBERS,
  reachabilityOf,
  STATUS_NUMBERS,
  statusOf,
  STORE,
  STORED,
  WANTED,
} from "./versions.ts";

const HEADER_BYTES = 10;

/** What a framer must know of the peer protocol. */
export const PEER_FRAMES: FrameFormat = {
  sizeFieldBytes: 4,
  frameBytesMin: HEADER_BYTES,
  frameBytesMax: PEER_FRAME_BYTES_MAX,
};

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
      writer.u64(request.time);
      break;
    case "store":
      writeHeader(writer, STORE, requestId);
      writeClaims(writer, request);
      writer.put(request.key);
      writer.put(request.value);
      break;
    case "findNode":
    case "findValue":
      writeHeader(writer, request.type === "findNode" ? FIND_NODE : FIND_VALUE, requestId);
      writer.put(request.key);
      writer.u8(request.amount);
      break;
    case "digest":
      writeHeader(writer, DIGEST, requestId);
      writeDigests(writer, request.ranges);
      break;
    case "offer":
      writeHeader(writer, OFFER, requestId);
      writeRange(writer, request.range);
      writeVersions(writer, request.versions);
  }
  writer.patchU32(start, writer.length - start);
}

/** Appends a frame that asks for nothing: its arrival tells the other side what has arrived here. */
export function encodeNudge(writer: Writer): void {
  writeHeaderAlone(writer, NUDGE);
}

/** Whether a whole frame is a nudge, to be passed over. */
export function isNudge(frame: Uint8Array): boolean {
  return isHeaderAlone(frame, NUDGE);
}

/** Appends a frame by which a side asks the other to close the connection. */
export function encodeGoingAway(writer: Writer): void {
  writeHeaderAlone(writer, GOING_AWAY);
}

/** Whether a whole frame asks this side to close the connection. */
export function isGoingAway(frame: Uint8Array): boolean {
  return isHeaderAlone(frame, GOING_AWAY);
}

/** Whether a whole frame answers a request; else it asks or announces something. */
export function isAnswer(frame: Uint8Array): boolean {
  return (frame[4]! << 8 | frame[5]!) >= PONG;
}

/**
 * Reads a whole frame by which a peer asks something. The message's bytes are views of the frame, to be copied if
 * they are kept.
 *
 * @param asker who the peer has said that it is; null if it has not.
 * @throws {FrameError} if it is no request of the protocol.
 */
export function decodePeerRequest(
  frame: Uint8Array,
  asker: Contact | null,
): Numbered<PeerRequest> {
  const reader = new Reader(frame, 4);
  const type = reader.u16();
  const requestId = reader.u32();
  const message = decodeRequestBody(type, reader, asker);
  reader.end();
  return { requestId, message };
}

function decodeRequestBody(type: number, reader: Reader, asker: Contact | null): PeerRequest {
  switch (type) {
    case PING:
      if (!asker) throw new FrameError("PING from a peer that has not said who it is");
      return { type: "ping", time: reader.u64(), sender: asker };
    case STORE: {
      const claims = readClaims(reader);
      const key = reader.view(ID_BYTES);
      return { type: "store", ...claims, key, value: readValue(reader) };
    }
    case FIND_NODE:
      return { type: "findNode", key: reader.view(ID_BYTES), amount: reader.u8() };
    case FIND_VALUE:
      return { type: "findValue", key: reader.view(ID_BYTES), amount: reader.u8() };
    case DIGEST:
      return { type: "digest", ranges: readDigests(reader) };
    case OFFER:
      return { type: "offer", range: readRange(reader), versions: readVersions(reader) };
    default:
      throw new FrameError(`message type ${type} is no request`);
  }
}

/**
 * Appends an answer's frame. Contacts that do not fit the frame are left out, the last ones first.
 *
 * @param sent the contacts that the connection has carried this way.
 */
export function encodePeerAnswer(
  writer: Writer,
  requestId: number,
  answer: PeerAnswer,
  sent: SentContacts,
): void {
  const start = writer.length;
  switch (answer.type) {
    case "pong":
      writeHeader(writer, PONG, requestId);
      writer.u64(answer.time);
      writer.u8(REACHABILITY_NUMBERS[answer.reachability]);
      writer.put(answer.address.bytes);
      break;
    case "stored":
      writeHeader(writer, STORED, requestId);
      writer.u8(STATUS_NUMBERS[answer.status]);
      break;
    case "foundNode":
      writeHeader(writer, FOUND_NODE, requestId);
      sent.write(writer, answer.contacts, start + PEER_FRAME_BYTES_MAX);
      break;
    case "foundValue":
      writeHeader(writer, FOUND_VALUE, requestId);
      writeClaims(writer, answer);
      writer.put(answer.value);
      break;
    case "different":
      writeHeader(writer, DIFFERENT, requestId);
      writeDifferent(writer, answer.ranges);
      break;
    case "wanted":
      writeHeader(writer, WANTED, requestId);
      writeIndices(writer, answer.wanted);
      writeIndices(writer, answer.replaced);
      writeVersions(writer, answer.offered);
  }
  writer.patchU32(start, writer.length - start);
}

/** The request id of a whole frame; tells which request an answer belongs to before it is read. */
export function requestIdOf(frame: Uint8Array): number {
  return new Reader(frame, 6).u32();
}

/**
 * Reads a whole frame by which a peer answers. A FOUND VALUE does not
 * carry its key, so the caller says which one it asked for.
 *
 * @param received the contacts that the connection has carried this way.
 * @throws {FrameError} if it is no answer of the protocol.
 */
export function decodePeerAnswer(
  frame: Uint8Array,
  request: PeerRequest,
  received: ReceivedContacts,
): PeerAnswer {
  const reader = new Reader(frame, 4);
  const type = reader.u16();
  reader.u32(); // the request id, see requestIdOf
  const answer = decodeAnswerBody(type, reader, request, received);
  reader.end();
  if (!isAnswerTo(request, answer)) {
    throw new FrameError(`${answer.type} answers no ${request.type}`);
  }
  return answer;
}

/**
 * Takes from an answer to a request that was given up what later answers refer to.
 *
 * @throws {FrameError} if its records are malformed.
 */
export function noteLateAnswer(frame: Uint8Array, received: ReceivedContacts): void {
  const reader = new Reader(frame, 4);
  if (reader.u16() !== FOUND_NODE) return;
  reader.u32();
  received.read(reader);
  reader.end();
}

function decodeAnswerBody(
  type: number,
  reader: Reader,
  request: PeerRequest,
  received: ReceivedContacts,
): PeerAnswer {
  switch (type) {
    case PONG:
      return readPong(reader);
    case STORED: {
      const number = reader.u8();
      const status = statusOf(number);
      if (!status) throw new FrameError(`status ${number} of STORED is unknown`);
      return { type: "stored", status };
    }
    case FOUND_NODE:
      return { type: "foundNode", contacts: received.read(reader) };
    case FOUND_VALUE: {
      if (request.type !== "findValue") throw new FrameError("foundValue answers no findValue");
      const claims = readClaims(reader);
      const nonce = new Uint8Array(claims.nonce);
      return { type: "foundValue", ...claims, nonce, key: request.key, value: readFound(reader) };
    }
    case DIFFERENT:
      if (request.type !== "digest") throw new FrameError(`different answers no ${request.type}`);
      return { type: "different", ranges: readDifferent(reader, request.ranges.length) };
    case WANTED:
      if (request.type !== "offer") throw new FrameError(`wanted answers no ${request.type}`);
      return {
        type: "wanted",
        wanted: readIndices(reader, request.versions.length),
        replaced: readIndices(reader, request.versions.length),
        offered: readVersions(reader),
      };
    default:
      throw new FrameError(`message type ${type} is no answer`);
  }
}

/** A frame without a body, whose request id has no meaning. */
function writeHeaderAlone(writer: Writer, type: number): void {
  const start = writer.length;
  writeHeader(writer, type, 0);
  writer.patchU32(start, writer.length - start);
}

function isHeaderAlone(frame: Uint8Array, type: number): boolean {
  return frame.length === HEADER_BYTES && new Reader(frame, 4).u16() === type;
}

function writeHeader(writer: Writer, type: number, requestId: number): void {
  writer.u32(0);
  writer.u16(type);
  writer.u32(requestId);
}

/** What is said of a value, but its key and its bytes. */
function writeClaims(writer: Writer, value: SentValue): void {
  writer.u64(value.cachedUntil);
  writer.u64(value.stamp);
  writer.u32(value.expiresAt - value.stamp);
  writer.u8(value.replication);
  writer.put(value.nonce);
}

function readClaims(reader: Reader): Omit<SentValue, "key" | "value"> {
  const cachedUntil = reader.u64();
  const stamp = reader.u64();
  const expiresAt = stamp + reader.u32();
  const replication = reader.u8();
  if (replication === 0) throw new FrameError("replication is 0");
  return { cachedUntil, stamp, expiresAt, replication, nonce: reader.view(ID_BYTES) };
}

function readPong(reader: Reader): PeerAnswer {
  const time = reader.u64();
  const number = reader.u8();
  const reachability = reachabilityOf(number);
  if (!reachability) throw new FrameError(`reachability ${number} of PONG is unknown`);
  return {
    type: "pong",
    time,
    reachability,
    address: addressFromBytes(reader.view(ADDRESS_BYTES)),
  };
}

/** A STORE above the size limit is decoded all the same, so that it is answered with a status. */
function readValue(reader: Reader): Uint8Array {
  if (reader.left === 0) throw new FrameError("value is empty");
  return reader.view(reader.left);
}

function readFound(reader: Reader): Uint8Array {
  if (reader.left > VALUE_BYTES_MAX) {
    throw new FrameError(`value of ${reader.left} bytes is too large`);
  }
  return new Uint8Array(readValue(reader));
}
