/**
 * What a node and its neighbours should both hold, found by going through the store.
 *
 * A store can be large, so that this takes turns with other work; values that come or go meanwhile may be
 * counted or not.
 *
 * @module
 */

import {
  type Digest,
  saltOf,
  tagOf,
  versionOf,
  type VersionSource,
} from "../../core/repair/version.ts";
import { type SaltedVersion, VersionSet } from "../../core/repair/version_set.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { NodeContext } from "../context.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { Storage } from "./storage.ts";

/** Rows of the store gone through at a stretch: about a millisecond. */
const STEP = 1_000;

/** What going through the store takes of a node's parts. */
export interface SharedVersionsParts extends NodeContext {
  readonly storage: Storage;
}

/** The replicas of a node, as its neighbours should hold them. */
export interface Shares {
  /** By the index of the neighbour: the digest of all that both should hold. */
  readonly digests: readonly Digest[];
  /** The same of those to whose keys this node is the closest: it sees to them first. */
  readonly firsts: readonly Digest[];
  /** Replicas that this node should not hold any more: others are closer to their keys. */
  readonly astray: readonly StoredValue[];
}

/** Finds the digests of all neighbours at once. */
export function findShares(
  neighbourhood: Neighbourhood,
  parts: SharedVersionsParts,
  onEnd: (shares: Shares) => void,
): void {
  const { length } = neighbourhood.contacts;
  const [all, firsts] = [new DigestSums(length), new DigestSums(length)];
  const astray: StoredValue[] = [];
  const visit = (replica: StoredValue): void => {
    const { key, replication } = replica;
    const sharers = neighbourhood.sharersOf(key, replication);
    if (!sharers) return void astray.push(replica);
    const source = sourceOf(replica, key);
    const [tag, salt] = [tagOf(source), saltOf(source)];
    for (const index of sharers.others) {
      all.add(index, tag, salt);
      if (sharers.isFirst) firsts.add(index, tag, salt);
    }
  };
  walk(parts, visit, () => onEnd({ digests: all.digests(), firsts: firsts.digests(), astray }));
}

/** Finds the versions that this node and one neighbour, given by its index, should both hold. */
export function findSharedVersions(
  neighbourhood: Neighbourhood,
  index: number,
  parts: SharedVersionsParts,
  onEnd: (versions: VersionSet) => void,
): void {
  const versions: SaltedVersion[] = [];
  const visit = (replica: StoredValue): void => {
    const { key, replication } = replica;
    const sharers = neighbourhood.sharersOf(key, replication);
    if (!sharers?.others.includes(index)) return;
    const source = sourceOf(replica, key);
    versions.push({ ...versionOf(source), salt: saltOf(source) });
  };
  walk(parts, visit, () => onEnd(new VersionSet(versions)));
}

/** What a version is made of, read once: a stored value hands out copies, so that the key is given. */
function sourceOf({ stamp, nonce, replication }: StoredValue, key: NodeId): VersionSource {
  return { key, stamp, nonce, replication };
}

/** Digests of many sets, by index, that grow without an object for each version. */
class DigestSums {
  readonly #counts: Uint32Array;
  readonly #tags: Uint32Array;
  readonly #salts: Uint32Array;

  constructor(length: number) {
    this.#counts = new Uint32Array(length);
    this.#tags = new Uint32Array(length);
    this.#salts = new Uint32Array(length);
  }

  add(index: number, tag: number, salt: number): void {
    this.#counts[index]!++;
    this.#tags[index]! ^= tag;
    this.#salts[index]! ^= salt;
  }

  digests(): Digest[] {
    return Array.from(this.#counts, (count, index) => {
      return { count, tags: this.#tags[index]!, salts: this.#salts[index]! };
    });
  }
}

function walk(
  { storage, ports: { clock } }: SharedVersionsParts,
  visit: (replica: StoredValue) => void,
  onEnd: () => void,
): void {
  let position: number | null = 0;
  const proceed = (): void => {
    position = storage.walkReplicas(position!, STEP, visit);
    if (position === null) onEnd();
    else clock.runAt(clock.now(), proceed);
  };
  proceed();
}
