/**
 * The values that a node can give by itself: those that it stores, and those of its PUTs under way.
 *
 * @module
 */

import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Replica } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import type { Storage } from "../replication/storage.ts";
import type { GetResult } from "./operations.ts";
import type { Publication } from "./publication.ts";

/** What local values take of a node's parts. */
export interface LocalValuesParts extends NodeContext {
  readonly storage: Storage;
}

/** The values at hand in one node. */
export class LocalValues {
  readonly #parts: LocalValuesParts;
  /** PUTs under way by key: a GET on this node already sees their values. */
  readonly #putting = new Map<string, Publication>();

  constructor(parts: LocalValuesParts) {
    this.#parts = parts;
  }

  /** A PUT begins. */
  begin(publication: Publication): void {
    this.#putting.set(idKey(publication.key), publication);
  }

  /** A PUT has ended. */
  end(publication: Publication): void {
    const name = idKey(publication.key);
    if (this.#putting.get(name) === publication) this.#putting.delete(name);
  }

  /** The newest version of a key's value that is at hand. */
  find(key: NodeId): GetResult | null {
    const newest = this.replicaOf(key);
    if (!newest) return null;
    const { self: from, time } = this.#parts;
    const { value, stamp, expiresAt } = newest;
    const ttlMs = Math.max(0, expiresAt - time.now());
    return { value, stamp, ttlMs, from, hops: 0, versions: 1, agreed: 1 };
  }

  /** The same as its PUT has made it. */
  replicaOf(key: NodeId): Replica | null {
    const newest = this.#newest(key);
    return newest && this.#parts.time.leftMs(newest.expiresAt) > 0 ? newest : null;
  }

  /** Newer than any version of the key that this node knows, also when two PUTs share a millisecond. */
  nextStamp(key: NodeId): number {
    return this.#parts.time.nextStamp(this.#newest(key)?.stamp);
  }

  #newest(key: NodeId): Replica | null {
    // Mostly there is none, and a string for the key would be made in vain.
    const putting = this.#putting.size > 0 ? this.#putting.get(idKey(key)) : undefined;
    const stored = this.#parts.storage.get(key);
    if (putting && (!stored || putting.stamp > stored.stamp)) return putting;
    return stored && stored.replica;
  }
}
