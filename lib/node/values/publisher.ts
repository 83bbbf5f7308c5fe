/**
 * Brings a value to the nodes closest to its key: for a PUT, for republishing, and before leaving.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { StoreStatus, TimedValue } from "../../core/wire/messages.ts";
import { compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Lookups } from "../lookup/lookups.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports, RequestFailure } from "../ports.ts";
import type { Storage } from "../replication/storage.ts";

/** A value to be stored; its life is given by its end. */
export interface Publication {
  readonly key: NodeId;
  readonly value: Uint8Array;
  readonly stamp: number;
  readonly nonce: Uint8Array;
  readonly replication: number;
  /** When it expires, by the clock's `now`. */
  readonly expiresAt: number;
}

/** Why a node did not take a value. */
export type Refusal = Exclude<StoreStatus, "stored"> | RequestFailure;

/** What became of a value: who holds it, and who would not. */
export interface Receipt {
  /** What was stored under. */
  readonly key: NodeId;
  /** Copies that were wanted. */
  readonly of: number;
  /** Nodes that have acknowledged it, the own one included. */
  readonly holders: readonly Contact[];
  /** Nodes that were asked and did not take it, and why. */
  readonly refused: readonly { readonly contact: Contact; readonly reason: Refusal }[];
  /** Whether all STOREs have ended; if not, more holders may come. */
  readonly complete: boolean;
}

/** When to tell how a publication stands before it has ended. */
export interface Quorum {
  /** Holders that are enough. */
  readonly count: number;
  /** Called once, with what is known then, if so many acknowledge the value and others have not ended. */
  readonly onReached: (receipt: Receipt) => void;
}

/** After these it makes no sense to try another node. */
const FINAL: ReadonlySet<"stored" | Refusal> = new Set([
  "stored",
  "newerHeld",
  "expired",
  "closed",
]);

/** Stores values on other nodes. */
export class Publisher {
  readonly #peers: Peers;
  readonly #lookups: Lookups;
  readonly #storage: Storage;
  readonly #bucketSize: number;
  readonly #ports: Ports;

  constructor(
    peers: Peers,
    lookups: Lookups,
    storage: Storage,
    { bucketSize }: NodeOptions,
    ports: Ports,
  ) {
    this.#bucketSize = bucketSize;
    this.#peers = peers;
    this.#lookups = lookups;
    this.#storage = storage;
    this.#ports = ports;
  }

  /**
   * Finds the nodes closest to the key, this one among them if it is, and stores on as many as the value
   * wants. In a small network at rest, or close to home, they are known without asking.
   */
  publish(
    publication: Publication,
    onEnd: (receipt: Receipt) => void,
    quorum: Quorum | null = null,
  ): void {
    const { key, replication } = publication;
    const { self } = this.#peers;
    const store = (answered: readonly Contact[], slow: readonly Contact[]): void => {
      const all = [self, ...answered].sort((a, b) => compareDistance(key, a.id, b.id));
      // The slow ones are asked only if there are not enough others.
      this.storeOn([...all, ...slow], publication, replication, onEnd, quorum);
    };
    const known = this.#peers.confirmedNear(key, this.#bucketSize);
    if (known) return store(known, this.#behind(known, key));
    this.#lookups.run({ target: key, forValue: false }, (result) => {
      const { lookup } = result ?? {};
      store(lookup?.closest(Infinity) ?? [], lookup?.slow() ?? []);
    });
  }

  /** As many more of the contacts as are known to be the closest, for those of these who do not answer. */
  #behind(known: readonly Contact[], key: NodeId): Contact[] {
    if (known.length < this.#bucketSize) return [];
    return this.#peers.table.closest(key, 2 * known.length).slice(known.length);
  }

  /** Stores on the first `copies` of some contacts at once; for each that fails, on the next. */
  storeOn(
    contacts: readonly Contact[],
    publication: Publication,
    copies: number,
    onEnd: (receipt: Receipt) => void,
    quorum: Quorum | null = null,
  ): void {
    const receipt = {
      key: publication.key,
      of: copies,
      holders: [] as Contact[],
      refused: [] as Receipt["refused"][number][],
      complete: false,
    };
    let next = 0;
    let underWay = 0;
    let starting = true;
    const end = (): void => {
      receipt.complete = true;
      onEnd(receipt);
    };
    let told = false;
    const tellQuorum = (): void => {
      const { holders, refused } = receipt;
      if (told || !quorum || holders.length < quorum.count) return;
      told = true;
      quorum.onReached({ ...receipt, holders: [...holders], refused: [...refused] });
    };
    const startNext = (): void => {
      const contact = contacts[next++];
      if (!contact) return;
      underWay++;
      this.#storeAt(contact, publication, (status) => {
        if (status === "stored") receipt.holders.push(contact);
        else receipt.refused.push({ contact, reason: status });
        if (!FINAL.has(status)) startNext();
        if (--underWay === 0) end();
        else if (!starting) tellQuorum();
      });
    };
    // Counted as under way itself, so that answers given at once do not end it before all are started.
    underWay++;
    for (let i = 0; i < copies; i++) startNext();
    starting = false;
    if (--underWay === 0) end();
    else tellQuorum();
  }

  #storeAt(
    contact: Contact,
    publication: Publication,
    onEnd: (status: "stored" | Refusal) => void,
  ): void {
    const { clock } = this.#ports;
    const { key, value: bytes, stamp, nonce, replication } = publication;
    const ttlMs = Math.ceil(publication.expiresAt - clock.now());
    const value: TimedValue = { key, value: bytes, stamp, nonce, replication, ttlMs };
    if (ttlMs <= 0) onEnd("expired");
    else if (contact === this.#peers.self) onEnd(this.#storage.put(value, false));
    else {
      this.#peers.ask(contact, { type: "store", ...value }, (answer, failure) => {
        onEnd(answer?.type === "stored" ? answer.status : failure ?? "protocolError");
      });
    }
  }
}
