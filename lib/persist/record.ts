/**
 * Kept replicas as bytes: in the file, and on their way between a node and the thread that writes them.
 *
 * A record is what the file holds of one replica, integers big-endian:
 *
 * ```text
 * stamp u64   expires at u64   replication u8   key 32   nonce 32   value
 * ```
 *
 * A batch is a row of changes: a number of 8 bits that says which, the number of the row u32, and of an addition
 * the record's length u32 and the record. It crosses to the other thread as one buffer, without a copy for each.
 *
 * @module
 */

import type { KeptReplica } from "../core/store/keeper.ts";
import { Reader, type Writer } from "../core/wire/bytes.ts";

/** One change of what is kept. */
export type Change =
  | { readonly type: "add"; readonly row: number; readonly record: Uint8Array }
  | { readonly type: "delete"; readonly row: number };

const ADD = 1;
const DELETE = 2;
const KEY_BYTES = 32;
const EXPIRES_AT = 8;
/** Bytes of a record before the value. */
const HEAD_BYTES = 8 + 8 + 1 + 2 * KEY_BYTES;

/** Appends a replica that is to be kept. */
export function writeReplica(writer: Writer, replica: KeptReplica): void {
  const { row, key, value, stamp, nonce, replication, expiresAt } = replica;
  writer.u8(ADD);
  writer.u32(row);
  writer.u32(HEAD_BYTES + value.length);
  writer.u64(stamp);
  writer.u64(Math.ceil(expiresAt));
  writer.u8(replication);
  writer.put(key);
  writer.put(nonce);
  writer.put(value);
}

/** Appends a record as it was read. */
export function writeRecord(writer: Writer, row: number, record: Uint8Array): void {
  writer.u8(ADD);
  writer.u32(row);
  writer.u32(record.length);
  writer.put(record);
}

/** Appends the end of a row. */
export function writeDelete(writer: Writer, row: number): void {
  writer.u8(DELETE);
  writer.u32(row);
}

/** Reads a batch. Records are views of it. */
export function* readChanges(batch: Uint8Array): Generator<Change> {
  const reader = new Reader(batch);
  while (reader.left > 0) {
    const kind = reader.u8();
    const row = reader.u32();
    if (kind === DELETE) yield { type: "delete", row };
    else yield { type: "add", row, record: reader.view(reader.u32()) };
  }
}

/** When the replica of a record expires; null if the record is too short to be one. */
export function expiryOf(record: Uint8Array): number | null {
  return record.length > HEAD_BYTES ? new Reader(record, EXPIRES_AT).u64() : null;
}

/** Reads a record. Bytes of the replica are views of it. */
export function readReplica(row: number, record: Uint8Array): KeptReplica {
  const reader = new Reader(record);
  const stamp = reader.u64();
  const expiresAt = reader.u64();
  const replication = reader.u8();
  const key = reader.view(KEY_BYTES);
  const nonce = reader.view(KEY_BYTES);
  return { row, key, value: reader.view(reader.left), stamp, nonce, replication, expiresAt };
}
