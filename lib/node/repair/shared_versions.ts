/**
 * The versions that a node and one of its neighbours should both hold, found by going through the store.
 *
 * @module
 */

import { ID_BYTES } from "../../core/limits.ts";
import type { Version } from "../../core/repair/version.ts";
import { type SaltedVersion, VersionSet } from "../../core/repair/version_set.ts";
import type { NodeContext } from "../context.ts";
import type { Neighbourhood, Neighbourhoods } from "./neighbourhood.ts";
import type { Storage } from "../replication/storage.ts";

/** What going through the store takes of a node's parts. */
export interface SharedVersionsParts extends NodeContext {
  readonly storage: Storage;
}

/** Whether this node lacks a version of a neighbour's that it should hold, or displace an older one by. */
export function lacksShared(
  version: Version,
  { storage, neighbourhoods }: {
    readonly storage: Storage;
    readonly neighbourhoods: Neighbourhoods;
  },
): boolean {
  if (!storage.lacks(version)) return false;
  const held = storage.get(version.key);
  return (held !== null && !held.isCached) || neighbourhoods.isHolder(version);
}

/**
 * Finds the versions that this node and one neighbour, given by its index, should both hold. Values that come or
 * go meanwhile may be counted or not.
 */
export function findSharedVersions(
  neighbourhood: Neighbourhood,
  index: number,
  { storage, ports: { clock } }: SharedVersionsParts,
  onEnd: (versions: VersionSet) => void,
): void {
  const versions: SaltedVersion[] = [];
  storage.expire(clock.now());
  storage.walkAllReplicas({
    visit: (replica) => {
      const { bytes, keyAt, stamp, replication, tag, salt } = replica;
      if (!neighbourhood.isHolder(replica, replication)) return;
      if (!neighbourhood.near.isAmong(index, replica, replication)) return;
      const key = bytes.slice(keyAt, keyAt + ID_BYTES);
      versions.push({ key, stamp, replication, tag, salt });
    },
    onEnd: () => onEnd(new VersionSet(versions)),
  });
}
