/**
 * Proof of work: what a node spends before it may ask others to keep a value.
 *
 * `SHA-256(nonce 32 || key 32 || SHA-256(value))` must have a given number of leading zero bits. One
 * proof costs 2^bits hashes on average and is checked with two. Solving varies the last 8 bytes of a
 * random nonce, and uses that only the first of the two 64-byte blocks then changes: the message
 * schedule of the second is computed once.
 *
 * @module
 */

import { ID_BYTES } from "./limits.ts";
import type { Hash, NodeId } from "./kademlia/node_id.ts";

/** Whether a nonce proves the work of `bits` leading zero bits for a key and a value. */
export function verifyProofOfWork(
  sha256: Hash,
  nonce: Uint8Array,
  key: NodeId,
  value: Uint8Array,
  bits: number,
): boolean {
  if (bits === 0) return true;
  readWords(nonce, BLOCK, 0);
  readWords(key, BLOCK, 8);
  return firstWord(BLOCK, secondBlockRounds(sha256(value))) >>> (32 - bits) === 0;
}

/** Searches a nonce in steps, so that a node can answer others meanwhile. */
export class ProofOfWorkSolver {
  readonly #nonce: Uint8Array;
  readonly #bits: number;
  /** Words of the first block: nonce, key. */
  readonly #block = new Int32Array(64);
  /** Constants of the second block's rounds: round constant plus schedule, which never change. */
  readonly #secondRounds: Int32Array;
  #counter = 0;

  /**
   * @param start 32 random bytes from which the search sets out; copied.
   * @param valueDigest SHA-256 of the value.
   * @param bits leading zero bits wanted, 0 to 24.
   */
  constructor(start: Uint8Array, key: NodeId, valueDigest: Uint8Array, bits: number) {
    this.#nonce = new Uint8Array(start.subarray(0, ID_BYTES));
    this.#bits = bits;
    readWords(this.#nonce, this.#block, 0);
    readWords(key, this.#block, 8);
    this.#secondRounds = secondBlockRounds(valueDigest);
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
    return this.#bits === 0 ||
      firstWord(this.#block, this.#secondRounds) >>> (32 - this.#bits) === 0;
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

function secondBlockRounds(valueDigest: Uint8Array): Int32Array {
  const words = new Int32Array(64);
  readWords(valueDigest, words, 0);
  words[8] = 1 << 31; // the bit that ends the message
  words[15] = 3 * ID_BYTES * 8; // its length in bits
  expandSchedule(words);
  return words.map((word, i) => word + K[i]!);
}

/** The first word of the digest, which has all bits that count: there are never more than 24. */
function firstWord(block: Int32Array, secondRounds: Int32Array): number {
  STATE.set(INITIAL);
  expandSchedule(block);
  for (let i = 0; i < 64; i++) SCHEDULED[i] = K[i]! + block[i]!;
  rounds(STATE, SCHEDULED);
  rounds(STATE, secondRounds);
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
