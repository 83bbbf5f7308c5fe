/**
 * What clients and nodes say to each other, as plain values. The wire forms are in `api_codec.ts` and
 * `peer_codec.ts`, their numbers in `versions.ts`.
 *
 * @module
 */

import type { Address } from "../kademlia/address.ts";
import type { Contact } from "../kademlia/contact.ts";
import type { NodeId } from "../kademlia/node_id.ts";
import type { DifferentRange, RangeDigest } from "../repair/exchange.ts";
import type { KeyRange } from "../repair/key_range.ts";
import type { Version } from "../repair/version.ts";
import type { SentValue } from "../value.ts";

/** What a client of the module API asks. */
export type ApiRequest =
  | {
    readonly type: "put";
    /** Seconds; 0 means the node's default. */
    readonly ttlSeconds: number;
    /** Copies; 0 means the node's default. */
    readonly replication: number;
    readonly key: NodeId;
    readonly value: Uint8Array;
  }
  | { readonly type: "get"; readonly key: NodeId };

/** What a node answers to a client's GET. */
export type ApiAnswer =
  | { readonly type: "success"; readonly key: NodeId; readonly value: Uint8Array }
  | { readonly type: "failure"; readonly key: NodeId };

/** What one node asks of another. */
export type PeerRequest =
  | {
    readonly type: "ping";
    /** The sender's wall clock, in milliseconds since 1970. */
    readonly time: number;
    /** Who has sent it, as its HELLO said. */
    readonly sender: Contact;
  }
  | ({ readonly type: "store" } & SentValue)
  | { readonly type: "findNode"; readonly key: NodeId; readonly amount: number }
  | { readonly type: "findValue"; readonly key: NodeId; readonly amount: number }
  /** What the asker holds of the values that both should hold; at most 255 ranges. */
  | { readonly type: "digest"; readonly ranges: readonly RangeDigest[] }
  /** The versions of one range; at most as many as fit a frame, 2,911. */
  | { readonly type: "offer"; readonly range: KeyRange; readonly versions: readonly Version[] };

/** What became of a STORE. */
export type StoreStatus =
  | "stored"
  | "weakProofOfWork"
  | "proofOfAnother"
  | "full"
  | "tooLarge"
  | "tooManyRequests"
  | "newerHeld"
  | "expired"
  | "stampAhead"
  | "leaving";

/** What a listener knows of the dialler's listening address: how dialling it has gone. */
export type Reachability =
  | "untried"
  | "underWay"
  | "reached"
  | "refused"
  | "untrusted"
  | "timeout";

/** What one node answers to another. */
export type PeerAnswer =
  | {
    readonly type: "pong";
    /** The listener's wall clock, in milliseconds since 1970. */
    readonly time: number;
    readonly reachability: Reachability;
    /** Where the dialler's packets come from. */
    readonly address: Address;
  }
  | { readonly type: "stored"; readonly status: StoreStatus }
  | { readonly type: "foundNode"; readonly contacts: readonly Contact[] }
  | ({ readonly type: "foundValue" } & SentValue)
  /** Of the ranges that were asked about, those in which the answerer holds other versions. */
  | { readonly type: "different"; readonly ranges: readonly DifferentRange[] }
  /** What came of an offer: indices of offered versions, and versions that the asker lacks. */
  | {
    readonly type: "wanted";
    /** Versions that the answerer lacks. */
    readonly wanted: readonly number[];
    /** Versions that a newer one has replaced at the answerer, which has ended since. */
    readonly replaced: readonly number[];
    readonly offered: readonly Version[];
  };

/** Whether an answer is of a kind that the request may get. */
export function isAnswerTo(request: PeerRequest, answer: PeerAnswer): boolean {
  switch (request.type) {
    case "ping":
      return answer.type === "pong";
    case "store":
      return answer.type === "stored";
    case "findNode":
      return answer.type === "foundNode";
    case "findValue":
      return answer.type === "foundNode" || answer.type === "foundValue";
    case "digest":
      return answer.type === "different";
    case "offer":
      return answer.type === "wanted";
  }
}

/** What a HELLO says of the private network that its sender is of. Keys are of Ed25519. */
export type Statement =
  /** The sender has the network key: it has signed the digest of this HELLO. */
  | { readonly type: "key"; readonly signature: Uint8Array }
  /** The sender is a member: the network key has signed who it is. */
  | { readonly type: "membership"; readonly signature: Uint8Array }
  /** The sender was invited, and asks to be made a member. */
  | { readonly type: "token"; readonly token: Uint8Array }
  /** The receiver is a member of the network with this public key from now on. */
  | { readonly type: "grant"; readonly publicKey: Uint8Array; readonly signature: Uint8Array }
  /** A member that is shut out: the network key has signed who it is. */
  | { readonly type: "ban"; readonly member: Uint8Array; readonly signature: Uint8Array };

/** What one side of a connection says first. */
export interface Hello {
  /** What it takes to be let into a private network, at most 255; none in an open one. */
  readonly statements: readonly Statement[];
  /** Who the sender is; null if it is a dialler that does not say. */
  readonly introduction: {
    readonly self: Contact;
    readonly signature: Uint8Array;
  } | null;
}

/** Why a side ends a connection at once. */
export type Refusal = "notMember" | "badIntroduction" | "anotherRecord" | "banned";
