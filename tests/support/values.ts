/**
 * Keys, values and contacts for tests.
 *
 * @module
 */

import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../lib/core/kademlia/contact.ts";
import type { NodeId } from "../../lib/core/kademlia/node_id.ts";
import { type Claimed, claimOf, SEAL_BYTES } from "../../lib/core/proof_of_work.ts";
import type { Replica } from "../../lib/core/value.ts";
import { sha256 } from "../../lib/hash/sha256.ts";

/** The key that a text stands for. */
export function keyOf(text: string): NodeId {
  return new Uint8Array(sha256(bytesOf(text)));
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of some bytes; null stays null. */
export function textOf(bytes: Uint8Array | null | undefined): string | null {
  return bytes ? new TextDecoder().decode(bytes) : null;
}

/** A value of so many bytes that tells where each byte belongs. */
export function patterned(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i * 7 + (i >>> 8));
}

/** A contact whose certificate is only a few bytes: good for the simulator, where nobody reads it. */
export function fakeContact(hostname: string, port: number, certificate = "certificate"): Contact {
  return makeContact(makeAddress(hostname, port), bytesOf(`${certificate} ${port}`), sha256);
}

/** Number of leading zero bits of some bytes. */
export function leadingZeroBits(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0) return 8 * i + Math.clz32(bytes[i]!) - 24;
  }
  return 8 * bytes.length;
}

/** A value and what its PUT says of it, with a nonce whose proof of work has exactly so many leading zero bits. */
export function proven(said: Claimed, bits: number): Replica {
  const claim = claimOf(said, sha256);
  const message = new Uint8Array(64);
  message.set(claim.subarray(0, SEAL_BYTES));
  message.set(claim, 32);
  const view = new DataView(message.buffer);
  for (let i = 0;; i++) {
    view.setUint32(28, i);
    if (leadingZeroBits(sha256(message)) === bits) return { ...said, nonce: message.slice(0, 32) };
  }
}
