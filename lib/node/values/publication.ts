/**
 * A value on its way to the nodes that are to hold it.
 *
 * @module
 */

import type { StoredValue } from "../../core/store/stored_value.ts";
import { REPLICA, type Replica, type SentValue } from "../../core/value.ts";
import type { NodeTime } from "../time/node_time.ts";

/** A value to be stored. */
export interface Publication extends Replica {
  /** Nodes that are to hold it: as many as its PUT asked for, or more where other versions have to be displaced. */
  readonly replicas: number;
}

/** A publication as it travels; null if it has ended. */
export function asSent(publication: Publication, time: NodeTime): SentValue | null {
  const { key, value, stamp, nonce, replication, expiresAt } = publication;
  if (time.leftMs(expiresAt) <= 0) return null;
  return { key, value, stamp, nonce, replication, expiresAt, cachedUntil: REPLICA };
}

/** A copy of a stored value, to be published whatever becomes of the stored one meanwhile. */
export function asPublication(entry: StoredValue): Publication {
  return { ...entry.replica, replicas: entry.replication };
}
