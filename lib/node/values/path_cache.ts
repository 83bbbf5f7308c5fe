/**
 * Values cached for a short time where they are likely to be asked for again.
 *
 * @module
 */

import { sameContact } from "../../core/kademlia/contact.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import { CACHED_REPLICATION } from "../../core/wire/versions.ts";
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
    const { storage, ports: { clock } } = this.#parts;
    const { key, value, stamp, nonce, expiresAt } = publication;
    const ttlMs = Math.min(expiresAt - clock.now(), PATH_CACHE_TTL_MAX_MS);
    const cached = { key, value, stamp, nonce, ttlMs, replication: CACHED_REPLICATION };
    storage.put(cached, { isCached: true });
  }

  /**
   * The closest node that was asked and did not have the value caches it. The TTL halves with every contact
   * seen that is closer to the key, so that cached values gather where many ask.
   */
  cacheOnPath(lookup: Lookup, { value, from }: FoundValue): void {
    const at = lookup.candidates.findIndex(({ state, contact }) =>
      state === "answered" && !sameContact(contact, from)
    );
    const candidate = lookup.candidates[at];
    if (!candidate) return;
    const ttlMs = Math.floor(Math.min(value.ttlMs, PATH_CACHE_TTL_MAX_MS / 2 ** at));
    if (ttlMs < PATH_CACHE_TTL_MIN_MS) return;
    const cached = { ...value, ttlMs, replication: CACHED_REPLICATION };
    this.#parts.rpc.ask(candidate.contact, { type: "store", ...cached }, () => {});
  }
}
