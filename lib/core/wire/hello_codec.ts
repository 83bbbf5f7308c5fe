/**
 * The first frame on each side of a connection, HELLO, and REFUSED, which ends one: same header as all frames
 * between peers; the request id has no meaning.
 *
 * A HELLO proves who speaks: by a signature with the key of the certificate in its record, and by statements about its
 * network. That signature, and one with the network key, are made over {@linkcode helloDigest}, so that they are worth
 * nothing to anybody but the peer for which they were made.
 *
 * @module
 */

import type { Contact } from "../kademlia/contact.ts";
import type { Hash } from "../kademlia/node_id.ts";
import { ID_BYTES } from "../limits.ts";
import { FrameError, Reader, type Writer } from "./bytes.ts";
import { readRecord, type RecordToContact } from "./contact_codec.ts";
import type { Hello, Refusal, Statement } from "./messages.ts";
import {
  HELLO,
  HELLO_CONTEXT,
  REFUSAL_NUMBERS,
  refusalOf,
  REFUSED,
  STATEMENT_NUMBERS,
  statementOf,
} from "./versions.ts";

/** Lengths in bytes. */
const NETWORK_SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
const MEMBER_BYTES = 32;
export const TOKEN_BYTES = 16;
/** Network keys that one node may have: the one in use, and the one before it. */
export const NETWORK_KEYS_MAX = 2;
/** Members that one node may know to be shut out. */
export const BANS_MAX = 128;
/** Statements of each kind in one HELLO: each costs the receiver the check of a signature. */
const STATEMENTS_MAX: Readonly<Record<Statement["type"], number>> = {
  key: NETWORK_KEYS_MAX,
  membership: NETWORK_KEYS_MAX,
  token: 1,
  grant: NETWORK_KEYS_MAX,
  ban: BANS_MAX,
};
/** Length of the longest signature in bytes: RSA with 4,096 bits. */
const SIGNATURE_BYTES_MAX = 512;

/** Which side of a connection speaks. */
export type Side = "dialler" | "listener";

/**
 * What proofs and the signature of a HELLO are made over.
 *
 * @param self the sender; null if it does not say who it is.
 * @param peerCertificate the certificate of the one that it speaks to (DER); null if that did not say who it is.
 */
export function helloDigest(
  side: Side,
  self: Contact | null,
  peerCertificate: Uint8Array | null,
  sha256: Hash,
): Uint8Array {
  const context = HELLO_CONTEXT;
  const bytes = new Uint8Array(context.length + 1 + 2 * ID_BYTES);
  bytes.set(context);
  bytes[context.length] = side === "dialler" ? 0 : 1;
  if (self) bytes.set(sha256(self.record), context.length + 1);
  if (peerCertificate) bytes.set(sha256(peerCertificate), context.length + 1 + ID_BYTES);
  return sha256(bytes);
}

/** Appends a HELLO. */
export function encodeHello(writer: Writer, { statements, introduction }: Hello): void {
  const start = writeHeader(writer, HELLO);
  writer.u8(statements.length);
  for (const statement of statements) writeStatement(writer, statement);
  if (introduction) {
    writer.put(introduction.self.record);
    writer.put(introduction.signature);
  }
  writer.patchU32(start, writer.length - start);
}

/** Whether a whole frame is a HELLO. */
export function isHello(frame: Uint8Array): boolean {
  return typeOf(frame) === HELLO;
}

/**
 * Reads a whole HELLO. Nothing of the frame is kept.
 *
 * @throws {FrameError} if it is malformed.
 */
export function decodeHello(frame: Uint8Array, toContact: RecordToContact): Hello {
  const reader = new Reader(frame, 10);
  const statements = Array.from({ length: reader.u8() }, () => readStatement(reader));
  for (const [type, { length }] of Object.entries(Object.groupBy(statements, ({ type }) => type))) {
    if (length <= STATEMENTS_MAX[type as Statement["type"]]) continue;
    throw new FrameError(`HELLO has ${length} statements of the kind ${type}`);
  }
  if (reader.left === 0) return { statements, introduction: null };
  const self = readRecord(reader, toContact);
  if (reader.left === 0 || reader.left > SIGNATURE_BYTES_MAX) {
    throw new FrameError(`HELLO has a signature of ${reader.left} bytes`);
  }
  return { statements, introduction: { self, signature: reader.copy(reader.left) } };
}

function writeStatement(writer: Writer, statement: Statement): void {
  writer.u8(STATEMENT_NUMBERS[statement.type]);
  if (statement.type === "token") return writer.put(statement.token);
  if (statement.type === "grant") writer.put(statement.publicKey);
  if (statement.type === "ban") writer.put(statement.member);
  writer.put(statement.signature);
}

function readStatement(reader: Reader): Statement {
  const number = reader.u8();
  const type = statementOf(number);
  switch (type) {
    case "key":
    case "membership":
      return { type, signature: reader.copy(NETWORK_SIGNATURE_BYTES) };
    case "token":
      return { type, token: reader.copy(TOKEN_BYTES) };
    case "grant": {
      const publicKey = reader.copy(PUBLIC_KEY_BYTES);
      return { type, publicKey, signature: reader.copy(NETWORK_SIGNATURE_BYTES) };
    }
    case "ban": {
      const member = reader.copy(MEMBER_BYTES);
      return { type, member, signature: reader.copy(NETWORK_SIGNATURE_BYTES) };
    }
    case undefined:
      throw new FrameError(`statement ${number} of HELLO is unknown`);
  }
}

/** Appends a REFUSED. */
export function encodeRefused(writer: Writer, refusal: Refusal): void {
  const start = writeHeader(writer, REFUSED);
  writer.u8(REFUSAL_NUMBERS[refusal]);
  writer.patchU32(start, writer.length - start);
}

/** Whether a whole frame is a REFUSED. */
export function isRefused(frame: Uint8Array): boolean {
  return typeOf(frame) === REFUSED;
}

/**
 * Reads a whole REFUSED.
 *
 * @throws {FrameError} if it is malformed.
 */
export function decodeRefused(frame: Uint8Array): Refusal {
  const reader = new Reader(frame, 10);
  const number = reader.u8();
  reader.end();
  const refusal = refusalOf(number);
  if (!refusal) throw new FrameError(`reason ${number} of REFUSED is unknown`);
  return refusal;
}

function typeOf(frame: Uint8Array): number {
  return frame[4]! << 8 | frame[5]!;
}

function writeHeader(writer: Writer, type: number): number {
  const start = writer.length;
  writer.u32(0);
  writer.u16(type);
  writer.u32(0);
  return start;
}
