/**
 * Which version of a value a node holds, in a few bytes, and digests of many versions.
 *
 * @module
 */

import type { NodeId } from "../kademlia/node_id.ts";

/** A version of a value without its bytes. */
export interface Version {
  /** 32 bytes. */
  readonly key: NodeId;
  /** Time of its PUT, in milliseconds since 1970. */
  readonly stamp: number;
  /** 32 bits that differ between two values of one stamp; see {@linkcode tagOf}. */
  readonly tag: number;
  /** How many replicas its PUT asked for. */
  readonly replication: number;
}

/** What a version is made of. */
export interface VersionSource {
  readonly key: NodeId;
  readonly stamp: number;
  /** 32 bytes, the proof of work for key and value: it stands for the value's bytes. */
  readonly nonce: Uint8Array;
  readonly replication: number;
}

/** The version of a value. */
export function versionOf(source: VersionSource): Version {
  const { key, stamp, replication } = source;
  return { key, stamp, replication, tag: tagOf(source) };
}

/** What stands for a set of versions: their number and 64 bits. Two sets that differ hardly ever agree. */
export interface Digest {
  readonly count: number;
  /** XOR of the tags of all versions. */
  readonly tags: number;
  /** XOR of their salts, see {@linkcode saltOf}. */
  readonly salts: number;
}

/** The digest of no version. */
export const EMPTY_DIGEST: Digest = { count: 0, tags: 0, salts: 0 };

/** Whether two digests stand for the same versions. */
export function equalDigests(a: Digest, b: Digest): boolean {
  return a.count === b.count && a.tags === b.tags && a.salts === b.salts;
}

/** 32 bits of key, stamp and nonce. */
export function tagOf(source: VersionSource): number {
  return mix(0x9747_b28c, source);
}

/** Another 32 bits of them, for digests alone. */
export function saltOf(source: VersionSource): number {
  return mix(0x1b87_3593, source);
}

/** MurmurHash3_x86_32 (Appleby) of key, stamp (u64) and the first 8 bytes of the nonce, big-endian words. */
function mix(seed: number, { key, stamp, nonce }: VersionSource): number {
  let hash = seed;
  for (let at = 0; at < 32; at += 4) hash = round(hash, wordAt(key, at));
  hash = round(hash, Math.floor(stamp / 0x1_0000_0000) | 0);
  hash = round(hash, stamp % 0x1_0000_0000 | 0);
  hash = round(hash, wordAt(nonce, 0));
  hash = round(hash, wordAt(nonce, 4));
  hash ^= 48;
  hash = Math.imul(hash ^ hash >>> 16, 0x85eb_ca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2_ae35);
  return (hash ^ hash >>> 16) >>> 0;
}

function round(hash: number, word: number): number {
  word = Math.imul(word, 0xcc9e_2d51);
  word = Math.imul(word << 15 | word >>> 17, 0x1b87_3593);
  hash ^= word;
  return Math.imul(hash << 13 | hash >>> 19, 5) + 0xe654_6b64 | 0;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}
