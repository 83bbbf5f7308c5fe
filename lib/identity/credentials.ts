/**
 * What a node proves at the beginning of each connection: that it holds the key of its certificate, and that it is a
 * member of its network.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { forgetOldest } from "../core/forget_oldest.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { idKey } from "../core/kademlia/node_id.ts";
import { helloDigest, type Side } from "../core/wire/hello_codec.ts";
import type { Hello, Refusal } from "../core/wire/messages.ts";
import { sha256 } from "../hash/sha256.ts";
import { readX509 } from "./x509.ts";

/** The keys of some networks, 32 bytes each: the one in use first, then one that is still accepted. */
export type NetworkKeys = readonly Uint8Array[];

/** Peers of which it is remembered whether they have the key in use. */
const KEY_USERS_MAX = 4_096;

/** How far a change of the network key has come: contacts by what they have proven last. */
export interface KeyChange {
  /** Those that have the new key. */
  readonly have: readonly Contact[];
  /** Those that have only the one before it. */
  readonly lack: readonly Contact[];
  /** Those that have not been connected with since this node accepts both. */
  readonly unheard: readonly Contact[];
}

/** A node's certificate and key, or nothing for a client that is no node; and its network's keys. */
export class Credentials {
  /** Who it is; null for a client. */
  readonly self: Contact | null;
  readonly #key: KeyObject | null;
  readonly #networkKeys: NetworkKeys;
  /** Whether a peer has the key in use, by its id; noted while another one is accepted too. */
  readonly #keyUsers = new Map<string, boolean>();

  /** @param keyPem the private key of the certificate. */
  constructor(self: { contact: Contact; keyPem: string } | null, networkKeys: NetworkKeys = []) {
    this.self = self?.contact ?? null;
    this.#key = self && createPrivateKey(self.keyPem);
    this.#networkKeys = networkKeys;
  }

  /** Whether peers must be members of a network. */
  get isPrivate(): boolean {
    return this.#networkKeys.length > 0;
  }

  /** What to say to a peer: to the one that was dialled, or to the one that has dialled. */
  hello(side: Side, peer: Contact | null): Hello {
    const digest = helloDigest(side, this.self, peer?.certificate ?? null, sha256);
    const proofs = this.#networkKeys.map((key) => proofOf(key, digest));
    if (!this.self) return { proofs, introduction: null };
    const signature = new Uint8Array(sign(hashFor(this.#key!), digest, this.#key!));
    return { proofs, introduction: { self: this.self, signature } };
  }

  /** Why what a peer says does not let it in; null if it does. */
  judge(side: Side, { proofs, introduction }: Hello): Refusal | null {
    const peer = introduction?.self ?? null;
    const digest = helloDigest(side, peer, this.self?.certificate ?? null, sha256);
    if (this.isPrivate && !this.#isProven(proofs, digest)) return "notMember";
    if (!introduction) return side === "dialler" ? null : "badIntroduction";
    const { self, signature } = introduction;
    if (!isSignedBy(self, digest, signature)) return "badIntroduction";
    this.#noteKey(self, proofs, digest);
    return null;
  }

  /** How far the change of the key has come among some contacts; null if only one key is accepted. */
  keyChange(contacts: readonly Contact[]): KeyChange | null {
    if (this.#networkKeys.length < 2) return null;
    const those = (hasKey: boolean | undefined) =>
      contacts.filter(({ id }) => this.#keyUsers.get(idKey(id)) === hasKey);
    return { have: those(true), lack: those(false), unheard: those(undefined) };
  }

  #noteKey({ id }: Contact, proofs: readonly Uint8Array[], digest: Uint8Array): void {
    const [key, before] = this.#networkKeys;
    if (!before) return;
    const wanted = proofOf(key!, digest);
    this.#keyUsers.set(idKey(id), proofs.some((proof) => timingSafeEqual(proof, wanted)));
    forgetOldest(this.#keyUsers, KEY_USERS_MAX);
  }

  /** Why what a contact says that was dialled does not let it pass for this contact. */
  judgeContact(contact: Contact, hello: Hello): Refusal | null {
    const refusal = this.judge("listener", hello);
    if (refusal) return refusal;
    return equals(hello.introduction!.self.record, contact.record) ? null : "anotherRecord";
  }

  #isProven(proofs: readonly Uint8Array[], digest: Uint8Array): boolean {
    return this.#networkKeys.some((key) => {
      const wanted = proofOf(key, digest);
      return proofs.some((proof) => timingSafeEqual(proof, wanted));
    });
  }
}

function proofOf(key: Uint8Array, digest: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(digest).digest());
}

function isSignedBy({ certificate }: Contact, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    const { publicKeyInfo } = readX509(certificate);
    const key = createPublicKey({ key: publicKeyInfo as never, format: "der", type: "spki" });
    return verify(hashFor(key), digest, key, signature);
  } catch {
    return false; // no certificate, or one without a key that signs
  }
}

/** Keys of Edwards curves bring their own hash. */
function hashFor({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType?.startsWith("ed") ? null : "sha256";
}
