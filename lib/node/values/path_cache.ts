/**
 * Values cached for a short time where they are likely to be asked for again.
 *
 * @module
 */

import { sameContact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import { REPLICA } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import { PATH_CACHE_TTL_MAX_MS, PATH_CACHE_TTL_MIN_MS } from "../limits.ts";
import type { FoundValue } from "../lookup/running_lookup.ts";
import type { Storage } from "../replication/storage.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Publication } from "./publication.ts";

/** What caching takes of a node's parts. */
export interface PathCacheParts extends NodeContext {
  readonly rpc: Rpc;
  readonly storage: Storage;
}

/** Caches values, here and on the paths of lookups. */
export class PathCache {
  readonly #parts: PathCacheParts;

  constructor(parts: PathCacheParts) {
    this.#parts = parts;
  }

  /** For a short time this node reads what it wrote, whichever node would answer first. */
  cacheHere(publication: Publication): void {
    const { storage, time } = this.#parts;
    storage.take({ ...publication, cachedUntil: time.now() + PATH_CACHE_TTL_MAX_MS });
  }

  /**
   * The closest node that was asked and did not have the value caches it. The time halves with every contact
   * seen that is closer to the key, so that cached values gather where many ask. A copy of a cached value does not
   * outlive that one.
   */
  cacheOnPath(lookup: Lookup, { value, from }: FoundValue): void {
    const at = lookup.candidates.findIndex(({ state, contact }) =>
      state === "answered" && !sameContact(contact, from)
    );
    const candidate = lookup.candidates[at];
    if (!candidate) return;
    const { rpc, time } = this.#parts;
    const now = time.now();
    const end = value.cachedUntil === REPLICA ? value.expiresAt : value.cachedUntil;
    const cachedUntil = Math.floor(Math.min(end, now + PATH_CACHE_TTL_MAX_MS / 2 ** at));
    if (cachedUntil < now + PATH_CACHE_TTL_MIN_MS) return;
    rpc.ask(candidate.contact, { ...value, type: "store", cachedUntil }, () => {});
  }
}
