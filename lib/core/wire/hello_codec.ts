/**
 * The first frame on each side of a connection, HELLO, and REFUSED, which ends one: same header as all frames
 * between peers; the request id has no meaning.
 *
 * A HELLO proves who speaks: by a signature with the key of the certificate in its record, and by a proof for each
 * key of the network that the sender has. Both are made over {@linkcode helloDigest}, so that they are worth nothing
 * to anybody but the peer for which they were made.
 *
 * @module
 */

import type { Contact } from "../kademlia/contact.ts";
import type { Hash } from "../kademlia/node_id.ts";
import { ID_BYTES } from "../limits.ts";
import { FrameError, Reader, type Writer } from "./bytes.ts";
import { readRecord, type RecordToContact } from "./contact_codec.ts";
import type { Hello, Refusal } from "./messages.ts";
import { HELLO, HELLO_CONTEXT, REFUSAL_NUMBERS, refusalOf, REFUSED } from "./versions.ts";

/** Length of a proof in bytes. */
const PROOF_BYTES = 32;
/** Network keys that one node may have: the one in use, and the one before it. */
export const PROOFS_MAX = 2;
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
export function encodeHello(writer: Writer, { proofs, introduction }: Hello): void {
  const start = writeHeader(writer, HELLO);
  writer.u8(proofs.length);
  for (const proof of proofs) writer.put(proof);
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
  const count = reader.u8();
  if (count > PROOFS_MAX) throw new FrameError(`HELLO has ${count} proofs`);
  const proofs = Array.from({ length: count }, () => reader.copy(PROOF_BYTES));
  if (reader.left === 0) return { proofs, introduction: null };
  const self = readRecord(reader, toContact);
  if (reader.left === 0 || reader.left > SIGNATURE_BYTES_MAX) {
    throw new FrameError(`HELLO has a signature of ${reader.left} bytes`);
  }
  return { proofs, introduction: { self, signature: reader.copy(reader.left) } };
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
