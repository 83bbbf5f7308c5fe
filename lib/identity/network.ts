/**
 * A private network, as one of its nodes knows it: an Ed25519 key pair whose private half is the network key.
 *
 * Whoever has the network key proves that by signing, and makes others members by signing their public keys. A member
 * without it can show its own membership, check that of others, and let nobody in.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { concat } from "@std/bytes/concat";
import { encodeHex } from "@std/encoding/hex";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Contact } from "../core/kademlia/contact.ts";
import { sha256 } from "../hash/sha256.ts";
import { readX509 } from "./x509.ts";

/** A place in a network without its key. */
export interface Membership {
  /** Of the network: 32 bytes. */
  readonly publicKey: Uint8Array;
  /** By which the network has made this node a member, 64 bytes; null as long as it has not. */
  readonly signature: Uint8Array | null;
  /** What an invite for one node has instead: 16 bytes. */
  readonly token?: Uint8Array;
}

/** What makes a node a member of a network: its key, 32 bytes, or a membership. */
export type NetworkKey = Uint8Array | Membership;

/** Those of one node: the one in use first, then one that is still accepted. */
export type NetworkKeys = readonly NetworkKey[];

/** A member that is shut out. */
export interface Ban {
  /** See {@linkcode memberOf}. */
  readonly member: Uint8Array;
  /** By the network key, 64 bytes. */
  readonly signature: Uint8Array;
}

/** What goes before the 32 bytes of a seed, or of a public key, in DER. */
const PRIVATE_PREFIX = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32);
const PUBLIC_PREFIX = Uint8Array.of(48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0);

const [MEMBER, BAN] = ["voidkad member", "voidkad ban"].map((text) =>
  new TextEncoder().encode(text)
) as [Uint8Array, Uint8Array];

/** Who a node is as a member: the SHA-256 of its certificate's public key, at whatever address. */
export function memberOf({ certificate }: Pick<Contact, "certificate">): Uint8Array {
  return new Uint8Array(sha256(readX509(certificate).publicKeyInfo));
}

/** One network. */
export class Network {
  readonly publicKey: Uint8Array;
  /** What this node has of it. */
  readonly key: NetworkKey;
  readonly #private: KeyObject | null;
  readonly #public: KeyObject;

  constructor(key: NetworkKey) {
    this.key = key;
    this.#private = key instanceof Uint8Array ? privateKeyOf(key) : null;
    this.publicKey = publicKeyOf(key);
    const der = concat([PUBLIC_PREFIX, this.publicKey]);
    this.#public = createPublicKey({ key: der as never, format: "der", type: "spki" });
  }

  /** Whether this node has the network key, and so may let others in and shut them out. */
  get hasKey(): boolean {
    return this.#private !== null;
  }

  /** Proves over some bytes that this node has the key. */
  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#private!));
  }

  /** Whether somebody with the key has signed these bytes. */
  hasSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, bytes, this.#public, signature);
  }

  /** Makes a node a member. */
  admit(member: Uint8Array): Uint8Array {
    return this.sign(concat([MEMBER, member]));
  }

  hasAdmitted(member: Uint8Array, signature: Uint8Array): boolean {
    return this.hasSigned(concat([MEMBER, member]), signature);
  }

  /** Shuts a member out. */
  ban(member: Uint8Array): Ban {
    return { member, signature: this.sign(concat([BAN, member])) };
  }

  hasBanned({ member, signature }: Ban): boolean {
    return this.hasSigned(concat([BAN, member]), signature);
  }
}

/** The public key of a network, 32 bytes: tells it from others. */
export function publicKeyOf(key: NetworkKey): Uint8Array {
  if (!(key instanceof Uint8Array)) return key.publicKey;
  const der = createPublicKey(privateKeyOf(key) as unknown as string)
    .export({ type: "spki", format: "der" });
  return new Uint8Array(der.subarray(PUBLIC_PREFIX.length));
}

/** Tells one network from another for people: 16 hex digits. */
export function networkId(key: NetworkKey): string {
  return encodeHex(sha256(publicKeyOf(key))).slice(0, 16);
}

/** Whether two keys are of one network. */
export function isSameNetwork(a: NetworkKey, b: NetworkKey): boolean {
  return equals(publicKeyOf(a), publicKeyOf(b));
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const der = concat([PRIVATE_PREFIX, seed]);
  return createPrivateKey({ key: der as never, format: "der", type: "pkcs8" });
}
