/**
 * Changes of kept replicas as bytes, on their way between a node and the thread that writes them.
 *
 * A batch is a row of changes, each a number of 8 bits and its fields, integers big-endian. A batch crosses to
 * the other thread as one buffer, without a copy for each value.
 *
 * @module
 */

import { Reader, type Writer } from "../core/wire/bytes.ts";

/** A replica as it is kept beyond the process. Times are in milliseconds since 1970. */
export interface KeptReplica {
  /** Number of its row in the file; the journal gives it. */
  readonly row: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 1 to 65,495 bytes. */
  readonly value: Uint8Array;
  /** Time of its PUT. */
  readonly stamp: number;
  /** 32 bytes, the proof of work. */
  readonly nonce: Uint8Array;
  /** Replicas that its PUT asked for. */
  readonly replication: number;
  /** When it expires. */
  readonly expiresAt: number;
}

/** One change of what is kept. */
export type Change =
  | { readonly type: "add"; readonly replica: KeptReplica }
  | { readonly type: "delete"; readonly row: number };

const ADD = 1;
const DELETE = 2;
const KEY_BYTES = 32;

/** Appends a replica that is to be kept. */
export function writeAdd(writer: Writer, replica: KeptReplica): void {
  writer.u8(ADD);
  writer.u32(replica.row);
  writer.u64(replica.stamp);
  writer.u64(replica.expiresAt);
  writer.u8(replica.replication);
  writer.put(replica.key);
  writer.put(replica.nonce);
  writer.u32(replica.value.length);
  writer.put(replica.value);
}

/** Appends the end of a row. */
export function writeDelete(writer: Writer, row: number): void {
  writer.u8(DELETE);
  writer.u32(row);
}

/** Reads a batch. Bytes of the changes are views of it. */
export function* readChanges(batch: Uint8Array): Generator<Change> {
  const reader = new Reader(batch);
  while (reader.left > 0) {
    const kind = reader.u8();
    const row = reader.u32();
    if (kind === DELETE) {
      yield { type: "delete", row };
      continue;
    }
    const stamp = reader.u64();
    const expiresAt = reader.u64();
    const replication = reader.u8();
    const key = reader.view(KEY_BYTES);
    const nonce = reader.view(KEY_BYTES);
    const value = reader.view(reader.u32());
    yield { type: "add", replica: { row, key, value, stamp, nonce, replication, expiresAt } };
  }
}
