/**
 * Proof of work: what a node spends before it may ask others to keep a value, and what binds all that is said of the
 * value: nobody can say anything else of it without new work.
 *
 * ```text
 * claim = SHA-256(key 32 || stamp u64 || lifetime u32 || replication u8 || SHA-256(value))
 * nonce = first 8 bytes of claim || 24 bytes that are searched
 * SHA-256(nonce || claim) has a given number of leading zero bits
 * ```
 *
 * The nonce begins with its claim, so that a proof that is too weak can be told from one that was made for something
 * else. One proof costs 2^bits hashes on average and is checked with three, and one of the value. Solving varies the
 * last 8 bytes of a random nonce, and uses that only the first of the two 64-byte blocks has any bytes of nonce and
 * claim: the message schedule of the second is the same for all proofs.
 *
 * @module
 */

import { ID_BYTES } from "./limits.ts";
import type { Hash, NodeId } from "./kademlia/node_id.ts";

/** A value and all that its PUT says of it: what a proof of work is for. */
export interface Claimed {
  /** 32 bytes. */
  readonly key: NodeId;
  /** 1 to 65,495 bytes. */
  readonly value: Uint8Array;
  /** Time of the PUT at the node that took it, in milliseconds since 1970. */
  readonly stamp: number;
  /** When it expires, by the network's time, in milliseconds since 1970: less than 2^32 after the stamp. */
  readonly expiresAt: number;
  /** How many replicas its PUT asked for, 1 to 255. */
  readonly replication: number;
}

/** Bytes of a claim that its nonce begins with. */
export const SEAL_BYTES = 8;

/** What a nonce proves: nothing, the work for something else, or too little. */
export type ProofFault = "proofOfAnother" | "weakProofOfWork";

/** The 32 bytes that stand for a value and for all that its PUT says of it. */
export function claimOf(claimed: Claimed, sha256: Hash): Uint8Array {
  const { key, value, stamp, expiresAt, replication } = claimed;
  const message = new Uint8Array(2 * ID_BYTES + 13);
  const view = new DataView(message.buffer);
  message.set(key, 0);
  view.setUint32(ID_BYTES, Math.floor(stamp / 0x1_0000_0000));
  view.setUint32(ID_BYTES + 4, stamp % 0x1_0000_0000);
  view.setUint32(ID_BYTES + 8, expiresAt - stamp);
  message[ID_BYTES + 12] = replication;
  message.set(sha256(value), ID_BYTES + 13);
  return sha256(message);
}

/** The fault of a nonce that is to prove `bits` leading zero bits of work for a value; null if it does. */
export function proofFault(
  proven: Claimed & { readonly nonce: Uint8Array },
  { sha256, bits }: { readonly sha256: Hash; readonly bits: number },
): ProofFault | null {
  if (bits === 0) return null;
  const { nonce } = proven;
  const claim = claimOf(proven, sha256);
  for (let i = 0; i < SEAL_BYTES; i++) if (nonce[i] !== claim[i]) return "proofOfAnother";
  readWords(nonce, BLOCK, 0);
  readWords(claim, BLOCK, 8);
  return firstWord(BLOCK) >>> (32 - bits) === 0 ? null : "weakProofOfWork";
}

/** Searches a nonce in steps, so that a node can answer others meanwhile. */
export class ProofOfWorkSolver {
  readonly #nonce: Uint8Array;
  readonly #bits: number;
  /** Words of the first block: nonce, claim. */
  readonly #block = new Int32Array(64);
  #counter = 0;

  /**
   * @param start 32 random bytes from which the search sets out; copied, and the first 8 are those of the claim.
   * @param claim what the work is for; see {@linkcode claimOf}.
   * @param bits leading zero bits wanted, 0 to 24.
   */
  constructor(start: Uint8Array, claim: Uint8Array, bits: number) {
    this.#nonce = new Uint8Array(start.subarray(0, ID_BYTES));
    this.#nonce.set(claim.subarray(0, SEAL_BYTES));
    this.#bits = bits;
    readWords(this.#nonce, this.#block, 0);
    readWords(claim, this.#block, 8);
  }

  /** Tries up to `attempts` nonces; returns the one that fits, or null if none of them does. */
  step(attempts: number): Uint8Array | null {
    for (let i = 0; i < attempts; i++) {
      this.#block[7] = this.#counter;
      if (this.#counter === -1) this.#block[6]!++;
      this.#counter = (this.#counter + 1) | 0;
      if (this.#fits()) return this.#currentNonce();
    }
    return null;
  }

  #fits(): boolean {
    return this.#bits === 0 || firstWord(this.#block) >>> (32 - this.#bits) === 0;
  }

  #currentNonce(): Uint8Array {
    const nonce = this.#nonce.slice();
    const view = new DataView(nonce.buffer);
    view.setInt32(24, this.#block[6]!);
    view.setInt32(28, this.#block[7]!);
    return nonce;
  }
}

// SHA-256 (FIPS 180-4), the compression function alone. The scratch arrays are shared: a step runs to
// its end before another begins.
const STATE = new Int32Array(8);
const SCHEDULED = new Int32Array(64);
const BLOCK = new Int32Array(64);

/** The first 32 bits of the fractional part of a root of each of the first primes. */
function primeRoots(count: number, root: (n: number) => number): Int32Array {
  const roots = new Int32Array(count);
  for (let n = 2, found = 0; found < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) roots[found++] = Math.floor((root(n) % 1) * 0x1_0000_0000);
  }
  return roots;
}

const INITIAL = primeRoots(8, Math.sqrt);
const K = primeRoots(64, Math.cbrt);

function readWords(bytes: Uint8Array, into: Int32Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < 8; i++) into[at + i] = view.getInt32(4 * i);
}

/** Words 16 to 63 of the message schedule, from words 0 to 15. */
function expandSchedule(w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15]!;
    const b = w[i - 2]!;
    const s0 = (a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ (a >>> 3);
    const s1 = (b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ (b >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
}

/** Round constant plus schedule of the second block, which holds nothing but the end of the message. */
const SECOND_ROUNDS = secondBlockRounds();

function secondBlockRounds(): Int32Array {
  const words = new Int32Array(64);
  words[0] = 1 << 31; // the bit that ends the message
  words[15] = 2 * ID_BYTES * 8; // its length in bits
  expandSchedule(words);
  return words.map((word, i) => word + K[i]!);
}

/** The first word of the digest, which has all bits that count: there are never more than 24. */
function firstWord(block: Int32Array): number {
  STATE.set(INITIAL);
  expandSchedule(block);
  for (let i = 0; i < 64; i++) SCHEDULED[i] = K[i]! + block[i]!;
  rounds(STATE, SCHEDULED);
  rounds(STATE, SECOND_ROUNDS);
  return STATE[0]!;
}

/** The 64 rounds on one block; `scheduled` is round constant plus schedule. */
function rounds(state: Int32Array, scheduled: Int32Array): void {
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + scheduled[i]!) | 0;
    const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
  state[5] = state[5]! + f;
  state[6] = state[6]! + g;
  state[7] = state[7]! + h;
}
