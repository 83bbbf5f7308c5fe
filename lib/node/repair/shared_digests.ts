/**
 * The digests of what this node and each of its neighbours should both hold, kept up to date as replicas come and
 * go: a comparison with a neighbour that holds the same reads no replica.
 *
 * They are those of one neighbourhood. When another node is near, all replicas are gone through once.
 *
 * @module
 */

import { SharedSums } from "../../core/repair/shared_sums.ts";
import type { Digest } from "../../core/repair/version.ts";
import type { ReplicaInPlace, ReplicaWatcher } from "../../core/store/replica_watcher.ts";
import type { NodeContext } from "../context.ts";
import type { Neighbourhood, Neighbourhoods } from "./neighbourhood.ts";
import { SharedWork } from "./shared_work.ts";
import type { Storage } from "../replication/storage.ts";

/** What shared digests take of a node's parts. */
export interface SharedDigestsParts extends NodeContext {
  readonly storage: Storage;
  readonly neighbourhoods: Neighbourhoods;
}

/** The digests of one neighbourhood. */
export class NeighbourhoodDigests {
  readonly neighbourhood: Neighbourhood;
  /** Rows of replicas that this node should not hold any more: others are closer to their keys. */
  readonly astray: ReadonlySet<number>;
  readonly #astray = new Set<number>();
  readonly #all: SharedSums;
  readonly #firsts: SharedSums;

  constructor(neighbourhood: Neighbourhood) {
    this.neighbourhood = neighbourhood;
    this.astray = this.#astray;
    this.#all = new SharedSums(neighbourhood.near);
    this.#firsts = new SharedSums(neighbourhood.near);
  }

  /** What this node and the contact of an index should both hold. */
  digest(index: number): Digest {
    return this.#all.digest(index);
  }

  /** The same of those to whose keys this node is the closest: it sees to them first. */
  first(index: number): Digest {
    return this.#firsts.digest(index);
  }

  add(replica: ReplicaInPlace): void {
    const { neighbourhood } = this;
    if (!neighbourhood.isHolder(replica, replica.replication)) {
      this.#astray.add(replica.row);
      return;
    }
    this.#all.add(replica);
    if (neighbourhood.isFirst(replica)) this.#firsts.add(replica);
  }

  delete(replica: ReplicaInPlace): void {
    if (this.#astray.delete(replica.row)) return;
    this.#all.delete(replica);
    if (this.neighbourhood.isFirst(replica)) this.#firsts.delete(replica);
  }
}

/** Digests that are being made. */
interface Making {
  readonly digests: NeighbourhoodDigests;
  /** Replicas in the rows below it are counted. */
  position: number;
}

/** The digests of one node. */
export class SharedDigests implements ReplicaWatcher {
  readonly #parts: SharedDigestsParts;
  readonly #walk = new SharedWork<NeighbourhoodDigests>();
  #current: NeighbourhoodDigests | null = null;
  #making: Making | null = null;

  constructor(parts: SharedDigestsParts) {
    this.#parts = parts;
  }

  /** Calls back with the digests of the neighbourhood as it is now: at once if they are at hand. */
  withCurrent(use: (digests: NeighbourhoodDigests) => void): void {
    const { storage, neighbourhoods: { current: neighbourhood }, ports: { clock } } = this.#parts;
    // What has expired is no difference.
    storage.expire(clock.now());
    if (this.#current?.neighbourhood === neighbourhood) return use(this.#current);
    this.#walk.join(use, (onEnd) => this.#make(neighbourhood, onEnd));
  }

  onCame(replica: ReplicaInPlace): void {
    this.#current?.add(replica);
    if (this.#making && replica.row < this.#making.position) this.#making.digests.add(replica);
  }

  onGone(replica: ReplicaInPlace): void {
    this.#current?.delete(replica);
    if (this.#making && replica.row < this.#making.position) this.#making.digests.delete(replica);
  }

  #make(neighbourhood: Neighbourhood, onEnd: (digests: NeighbourhoodDigests) => void): void {
    const digests = new NeighbourhoodDigests(neighbourhood);
    const making: Making = { digests, position: 0 };
    this.#making = making;
    this.#parts.storage.walkAllReplicas({
      visit: (replica) => digests.add(replica),
      onStep: (position) => making.position = position,
      onEnd: () => {
        this.#making = null;
        this.#current = digests;
        onEnd(digests);
      },
    });
  }
}
