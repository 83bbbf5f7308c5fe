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
  digestWith,
  EMPTY_DIGEST,
  saltOf,
  versionOf,
} from "../../core/repair/version.ts";
import { type SaltedVersion, VersionSet } from "../../core/repair/version_set.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
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
  /** Replicas that this node should not hold any more: others are closer to their keys. */
  readonly astray: readonly StoredValue[];
}

/** Finds the digests of all neighbours at once. */
export function findShares(
  neighbourhood: Neighbourhood,
  parts: SharedVersionsParts,
  onEnd: (shares: Shares) => void,
): void {
  const digests: Digest[] = neighbourhood.contacts.map(() => EMPTY_DIGEST);
  const astray: StoredValue[] = [];
  const visit = (replica: StoredValue): void => {
    const others = neighbourhood.otherHolders(replica.key, replica.replication);
    if (!others) return void astray.push(replica);
    for (const index of others) digests[index] = digestWith(digests[index]!, replica);
  };
  walk(parts, visit, () => onEnd({ digests, astray }));
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
    if (!neighbourhood.otherHolders(replica.key, replica.replication)?.includes(index)) return;
    versions.push({ ...versionOf(replica), salt: saltOf(replica) });
  };
  walk(parts, visit, () => onEnd(new VersionSet(versions)));
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
