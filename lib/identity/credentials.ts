/**
 * What a node proves at the beginning of each connection: that it holds the key of its certificate, and that it is a
 * member of its network. And what it makes of the other side's proofs.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { forgetOldest } from "../core/forget_oldest.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { equalIds, idKey, type NodeId } from "../core/kademlia/node_id.ts";
import { helloDigest, NETWORK_KEYS_MAX, type Side } from "../core/wire/hello_codec.ts";
import type { Hello, Refusal, Statement } from "../core/wire/messages.ts";
import { sha256 } from "../hash/sha256.ts";
import { Bans } from "./bans.ts";
import { type Ban, memberOf, Network, type NetworkKeys } from "./network.ts";
import { readX509 } from "./x509.ts";

/** Peers of which it is remembered as what they were let in. */
const PEERS_MAX = 4_096;

/** How far a change of the network key has come: contacts by what they have proven last. */
export interface KeyChange {
  /** Those that are members under the new key. */
  readonly have: readonly Contact[];
  /** Those that are so only under the one before it. */
  readonly lack: readonly Contact[];
  /** Those that have not been connected with since this node accepts both. */
  readonly unheard: readonly Contact[];
}

/** What a node's place in its network is kept by; each may be left out. */
export interface NetworkRecords {
  /** Those that are shut out, as far as is known at the start. */
  readonly bans?: readonly Ban[] | undefined;
  /** Whether a token is that of an invite that may be used, and has been used by nobody else than this member. */
  redeem?(token: Uint8Array, member: Uint8Array): boolean;
  /** Called when the node has been made a member, of this network or under its next key. */
  onKeys?(keys: NetworkKeys): void;
  /** Called when more members are shut out. */
  onBans?(bans: readonly Ban[]): void;
}

/** As what a peer was let in. */
interface Peer {
  readonly id: NodeId;
  readonly member: Uint8Array;
  /** Whether it has a network key itself. */
  readonly hasKey: boolean;
  /** Where it is a member, by what it has shown. */
  readonly networks: readonly Network[];
}

/** A node's certificate and key, or nothing for a client that is no node; and its place in its network. */
export class Credentials {
  /** Who it is; null for a client. */
  readonly self: Contact | null;
  readonly #key: KeyObject | null;
  readonly #records: NetworkRecords;
  readonly #bans = new Bans();
  /** Those that were let in, the last one last, by their records: anybody may say that he is at an address. */
  readonly #peers = new Map<string, Peer>();
  #networks: readonly Network[];
  /** Called when somebody has been shut out: those who are connected are to be told, and he is to go. */
  onBan: () => void = () => {};

  /** @param keyPem the private key of the certificate. */
  constructor(
    self: { contact: Contact; keyPem: string } | null,
    networkKeys: NetworkKeys = [],
    records: NetworkRecords = {},
  ) {
    this.self = self?.contact ?? null;
    this.#key = self && createPrivateKey(self.keyPem);
    this.#networks = networkKeys.map((key) => new Network(key));
    this.#records = records;
    this.#bans.take(records.bans ?? [], this.#networks);
  }

  /** Whether peers must be members of a network. */
  get isPrivate(): boolean {
    return this.#networks.length > 0;
  }

  /** What to say to a peer: to the one that was dialled, or to the one that has dialled, once it has been judged. */
  hello(side: Side, peer: Contact | null): Hello {
    const digest = helloDigest(side, this.self, peer?.certificate ?? null, sha256);
    const statements = [
      ...this.#networks.flatMap((network) => stateOwn(network, digest, side)),
      ...peer ? this.#grantsFor(peer) : [],
      ...this.#bans.all.map((ban): Statement => ({ type: "ban", ...ban })),
    ];
    if (!this.self) return { statements, introduction: null };
    const signature = new Uint8Array(sign(hashFor(this.#key!), digest, this.#key!));
    return { statements, introduction: { self: this.self, signature } };
  }

  /** Why what a peer says does not let it in; null if it does. */
  judge(side: Side, hello: Hello): Refusal | null {
    const { introduction } = hello;
    const digest = helloDigest(
      side,
      introduction?.self ?? null,
      this.self?.certificate ?? null,
      sha256,
    );
    const isSigned = introduction !== null &&
      isSignedBy(introduction.self, digest, introduction.signature);
    if (this.isPrivate) {
      const refusal = this.#judgeMember(side, hello, { digest, isSigned });
      if (refusal) return refusal;
    }
    if (!introduction) return side === "dialler" ? null : "badIntroduction";
    return isSigned ? null : "badIntroduction";
  }

  /** Why what a contact says that was dialled does not let it pass for this contact. */
  judgeContact(contact: Contact, hello: Hello): Refusal | null {
    const refusal = this.judge("listener", hello);
    if (refusal) return refusal;
    return equals(hello.introduction!.self.record, contact.record) ? null : "anotherRecord";
  }

  /** How far the change of the key has come among some contacts; null if only one key is accepted. */
  keyChange(contacts: readonly Contact[]): KeyChange | null {
    const [current, before] = this.#networks;
    if (!before) return null;
    const those = (isCurrent: boolean | undefined) =>
      contacts.filter((contact) => {
        return this.#peers.get(keyOf(contact))?.networks.includes(current!) === isCurrent;
      });
    return { have: those(true), lack: those(false), unheard: those(undefined) };
  }

  /**
   * Shuts a member out, for good.
   *
   * @param contact the one of that id that has been found at its address; null for the one that said so last.
   * @throws {RangeError} that says why nobody of that id can be shut out.
   */
  ban(id: NodeId, contact: Contact | null): void {
    const networks = this.#networks.filter(({ hasKey }) => hasKey);
    if (networks.length === 0) throw new RangeError("this node does not have the network key");
    const peer = contact
      ? this.#peers.get(keyOf(contact))
      : [...this.#peers.values()].findLast((one) => equalIds(one.id, id));
    if (!peer) throw new RangeError("no member of that id has been connected with");
    if (peer.hasKey) {
      throw new RangeError("that node has the network key itself: only a change of the key helps");
    }
    if (this.#bans.areFull) throw new RangeError("too many are shut out: change the network key");
    this.#takeBans([networks[0]!.ban(peer.member)]);
  }

  /** Whether a contact has been shut out. */
  isShutOut(contact: Contact): boolean {
    const peer = this.#peers.get(keyOf(contact));
    return peer !== undefined && !peer.hasKey && this.#bans.has(peer.member);
  }

  #judgeMember(
    side: Side,
    { statements, introduction }: Hello,
    { digest, isSigned }: { readonly digest: Uint8Array; readonly isSigned: boolean },
  ): Refusal | null {
    const member = isSigned ? memberOf(introduction!.self) : null;
    const hasKeyOf = (network: Network) =>
      statements.some((one) => one.type === "key" && network.hasSigned(digest, one.signature));
    const isMemberOf = (network: Network) =>
      member !== null &&
      statements.some((one) =>
        one.type === "membership" && network.hasAdmitted(member, one.signature)
      );
    const withKey = this.#networks.filter(hasKeyOf);
    const hasKey = withKey.length > 0;
    const networks = hasKey ? withKey : this.#networks.filter(isMemberOf);
    if (!hasKey) {
      if (member && this.#bans.has(member)) return "banned";
      const mayJoin = side === "dialler" && member !== null;
      const isLetIn = networks.length > 0 || (mayJoin && this.#redeems(statements, member));
      if (!isLetIn) return "notMember";
    }
    this.#takeBans(
      statements.filter((one) => one.type === "ban")
        .map(({ member, signature }) => ({ member, signature })),
    );
    if (member) this.#note(introduction!.self, { member, hasKey, networks });
    if (hasKey) this.#takeGrants(statements);
    return null;
  }

  #note(contact: Contact, peer: Omit<Peer, "id">): void {
    const key = keyOf(contact);
    this.#peers.delete(key);
    this.#peers.set(key, { id: contact.id, ...peer });
    forgetOldest(this.#peers, PEERS_MAX);
  }

  #redeems(statements: readonly Statement[], member: Uint8Array): boolean {
    if (!this.#networks[0]!.hasKey) return false;
    return statements.some((one) =>
      one.type === "token" && this.#records.redeem?.(one.token, member) === true
    );
  }

  /** Makes a peer that was let in without a key a member under each key that it is none under. */
  #grantsFor(contact: Contact): Statement[] {
    const peer = this.#peers.get(keyOf(contact));
    if (!peer || peer.hasKey || this.#bans.has(peer.member)) return [];
    const lacking = this.#networks.filter((network) =>
      network.hasKey && !peer.networks.includes(network)
    );
    return lacking.map((network) => {
      return { type: "grant", publicKey: network.publicKey, signature: network.admit(peer.member) };
    });
  }

  /** What somebody with the key has said that this node is a member of: the newest key comes first. */
  #takeGrants(statements: readonly Statement[]): void {
    if (!this.self || this.#networks.some(({ hasKey }) => hasKey)) return;
    const member = memberOf(this.self);
    const networks = [...this.#networks];
    for (const one of statements) {
      if (one.type !== "grant") continue;
      const network = new Network({ publicKey: one.publicKey, signature: one.signature });
      if (!network.hasAdmitted(member, one.signature)) continue;
      const at = networks.findIndex(({ publicKey }) => equals(publicKey, one.publicKey));
      if (at < 0) networks.unshift(network);
      else networks[at] = network;
    }
    if (networks.every((network, i) => network === this.#networks[i])) return;
    this.#networks = networks.slice(0, NETWORK_KEYS_MAX);
    this.#records.onKeys?.(this.#networks.map(({ key }) => key));
  }

  #takeBans(bans: readonly Ban[]): void {
    if (!this.#bans.take(bans, this.#networks)) return;
    this.#records.onBans?.(this.#bans.all);
    this.onBan();
  }
}

function keyOf({ record }: Contact): string {
  return idKey(sha256(record));
}

/** What a node says of its own place in a network. */
function stateOwn(network: Network, digest: Uint8Array, side: Side): Statement[] {
  const { key } = network;
  if (key instanceof Uint8Array) return [{ type: "key", signature: network.sign(digest) }];
  if (key.signature) return [{ type: "membership", signature: key.signature }];
  return key.token && side === "dialler" ? [{ type: "token", token: key.token }] : [];
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
