/**
 * A value on its way to the nodes that are to hold it.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import type { TimedValue } from "../../core/value.ts";

/** A value to be stored; its lifetime is given by its end. */
export interface Publication {
  readonly key: NodeId;
  readonly value: Uint8Array;
  readonly stamp: number;
  readonly nonce: Uint8Array;
  readonly replication: number;
  /** When it expires, by the clock's `now`. */
  readonly expiresAt: number;
}

/** A publication as it travels, with what is left of its lifetime; null if it has ended. */
export function asTimed(publication: Publication, now: number): TimedValue | null {
  const { key, value, stamp, nonce, replication, expiresAt } = publication;
  const ttlMs = Math.ceil(expiresAt - now);
  return ttlMs > 0 ? { key, value, stamp, nonce, replication, ttlMs } : null;
}

/** A copy of a stored value, to be published whatever becomes of the stored one meanwhile. */
export function asPublication(entry: StoredValue): Publication {
  const { key, value, stamp, nonce, replication, expiresAt } = entry;
  return { key, value, stamp, nonce, replication, expiresAt };
}
