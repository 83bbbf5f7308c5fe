/**
 * What programs ask of a node's values, and what they get.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { ID_BYTES, VALUE_BYTES_MAX } from "../../core/limits.ts";
import type { NodeError } from "../errors.ts";
import type { NodeOptions } from "../options.ts";
import type { Receipt } from "./placement.ts";

/** What a client may say about a value; both are clamped to the node's limits. */
export interface PutOptions {
  /** TTL in milliseconds; 0 or nothing means the node's default. */
  readonly ttlMs?: number;
  /** Number of replicas; 0 or nothing means the node's default. */
  readonly replication?: number;
  /**
   * Holders that are enough for an answer, while the value is still brought to the others. Without it the
   * receipt comes when all have answered.
   */
  readonly writeQuorum?: number;
}

/** A value to put. */
export interface PutRequest extends PutOptions {
  /** 32 bytes. */
  readonly key: NodeId;
  /** 1 to 65,495 bytes; not to be changed afterwards. */
  readonly value: Uint8Array;
}

/** What became of a PUT. */
export interface PutReceipt extends Receipt {
  /** The TTL that the value got, in milliseconds. */
  readonly ttlMs: number;
}

/** Called once, with a receipt or with the reason that there is none. */
export type OnPutEnd = (receipt: PutReceipt | null, error: NodeError | null) => void;

/** What a reader may ask for. */
export interface GetOptions {
  /**
   * Nodes that are to give their version, of which the newest wins that more than half of so many give; 1 is the first
   * that is found.
   */
  readonly readQuorum?: number;
}

/** A value to get. */
export interface GetRequest extends GetOptions {
  /** 32 bytes. */
  readonly key: NodeId;
}

/** A value as a GET found it. */
export interface GetResult {
  /** The bytes that were put, for the caller to keep. */
  readonly value: Uint8Array;
  /** Time of its PUT in milliseconds since 1970. */
  readonly stamp: number;
  /** Time until it expires, in milliseconds. */
  readonly ttlMs: number;
  /** The node that gave it: the own one if it was held here. */
  readonly from: Contact;
  /** Requests in a row that led to it; 0 if it was held here. */
  readonly hops: number;
  /** Nodes that have given a version of it, the own one included. */
  readonly versions: number;
  /** How many of these have given this one. */
  readonly agreed: number;
}

/** What came of a search. */
export interface SearchResult {
  /** Null if no node gave a value. */
  readonly found: GetResult | null;
  /** Requests that it took. */
  readonly asked: number;
}

/** Called once, with a result or with the reason that there is none. */
export type OnGetEnd = (result: SearchResult | null, error: NodeError | null) => void;

/**
 * Checks a PUT, and returns how many replicas it wants.
 *
 * @throws {RangeError} if the key is not 32 bytes, the value not 1 to 65,495, TTL or replication less than 0, or the
 * write quorum not between 1 and the number of replicas.
 */
export function checkPut(request: PutRequest, options: NodeOptions): number {
  const { key, value, ttlMs, replication, writeQuorum } = request;
  checkKey(key);
  if (value.length === 0) throw new RangeError("Cannot put value: it is empty");
  if (value.length > VALUE_BYTES_MAX) {
    throw new RangeError(
      `Cannot put value: ${value.length} bytes are more than ${VALUE_BYTES_MAX}`,
    );
  }
  for (const [name, number] of Object.entries({ ttlMs, replication })) {
    if (number !== undefined && !(Number.isFinite(number) && number >= 0)) {
      throw new RangeError(`Cannot put value: ${name} ${number} is not a number from 0 on`);
    }
  }
  const replicas = Math.min(replication || options.replication, options.bucketSize);
  if (writeQuorum !== undefined && !isCount(writeQuorum, replicas)) {
    throw new RangeError(`write quorum ${writeQuorum} is not between 1 and ${replicas}`);
  }
  return replicas;
}

/**
 * Checks a GET, and returns its read quorum.
 *
 * @throws {RangeError} if the key is not 32 bytes, or the quorum not between 1 and the bucket size.
 */
export function checkGet({ key, readQuorum = 1 }: GetRequest, { bucketSize }: NodeOptions): number {
  if (!isCount(readQuorum, bucketSize)) {
    throw new RangeError(`read quorum ${readQuorum} is not between 1 and ${bucketSize}`);
  }
  checkKey(key);
  return readQuorum;
}

/**
 * Checks what nodes are to be found, and how many.
 *
 * @throws {RangeError} if the id is not 32 bytes, or the count not between 1 and the bucket size.
 */
export function checkTarget(target: NodeId, count: number, { bucketSize }: NodeOptions): void {
  if (!isCount(count, bucketSize)) {
    throw new RangeError(`${count} nodes are to be found: 1 to ${bucketSize} can be`);
  }
  checkKey(target);
}

function isCount(count: number, max: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= max;
}

function checkKey(key: NodeId): void {
  if (key.length !== ID_BYTES) throw new RangeError(`Key of ${key.length} bytes: 32 are needed`);
}
