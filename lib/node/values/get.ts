/**
 * GET: finds a value here, in a PUT under way, or in the network.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import { NodeBusyError, NodeClosedError, type NodeError } from "../errors.ts";
import { checkGet, type GetRequest, type OnGetEnd } from "./operations.ts";
import type { WakeWatch } from "../maintenance/wake_watch.ts";
import { type AstrayParts, isAstray } from "../replication/astray.ts";
import type { PathCache } from "./path_cache.ts";
import { type QuorumReadParts, type QuorumTask, readFromMany } from "./quorum_read.ts";

/** What getting takes of a node's parts. */
export interface GetsParts extends QuorumReadParts, AstrayParts {
  readonly wakeWatch: WakeWatch;
  readonly pathCache: PathCache;
}

/** The GETs of one node. */
export class Gets {
  readonly #parts: GetsParts;
  #closed = false;

  constructor(parts: GetsParts) {
    this.#parts = parts;
  }

  /**
   * Finds a value or, with a read quorum of more than one node, asks the nodes closest to the key until so
   * many have given a version, and takes the newest that more than half of so many give. `onEnd` may be called at
   * once; with an error if the node is closed or has too much under way.
   *
   * @throws {RangeError} if the key is not 32 bytes, or the quorum not between 1 and the bucket size.
   */
  get(request: GetRequest, onEnd: OnGetEnd): void {
    const quorum = checkGet(request, this.#parts.options);
    const { key } = request;
    if (this.#closed) return onEnd(null, new NodeClosedError("get value"));
    if (quorum === 1) return this.#getFirst(key, onEnd);
    this.#getMany({ key, quorum, agreeing: Math.floor(quorum / 2) + 1 }, onEnd);
  }

  /** Lets no more GETs begin. */
  close(): void {
    this.#closed = true;
  }

  /** The version that several nodes have. */
  #getMany(task: QuorumTask, onEnd: OnGetEnd): void {
    readFromMany(task, this.#parts, (result) => {
      if (result?.found) this.#parts.time.observe(result.found.stamp);
      onEnd(result, result ? null : this.#whyNot());
    });
  }

  /** The first version that is found, unless it is older than one that this node has given. */
  #getFirst(key: NodeId, onEnd: OnGetEnd): void {
    const { lookups, localValues, newestRead, pathCache, time, ports } = this.#parts;
    const { clock, observer } = ports;
    const startedAt = clock.now();
    const here = localValues.find(key);
    if (here && this.#mayBeReplaced(key)) {
      return this.#getMany({ key, quorum: 2, agreeing: 1 }, onEnd);
    }
    if (here && newestRead.admit(key, here.stamp)) {
      observer?.getEnded("here", 0);
      return onEnd({ found: here, asked: 0 }, null);
    }
    if (here) return this.#getMany({ key, quorum: 1, agreeing: 1 }, onEnd);
    lookups.run({ target: key, forValue: true }, (result) => {
      if (result?.found && !newestRead.admit(key, result.found.value.stamp)) {
        return this.#getMany({ key, quorum: 1, agreeing: 1 }, onEnd);
      }
      const outcome = !result ? "failed" : result.found ? "found" : "missed";
      observer?.getEnded(outcome, clock.now() - startedAt);
      if (!result) return onEnd(null, this.#whyNot());
      const { found, lookup } = result;
      const asked = lookup.requests;
      if (!found) return onEnd({ found: null, asked }, null);
      const { value: { value, stamp, expiresAt }, from, hops } = found;
      time.observe(stamp);
      const ttlMs = Math.max(0, expiresAt - time.now());
      onEnd({ found: { value, stamp, ttlMs, from, hops, versions: 1, agreed: 1 }, asked }, null);
      pathCache.cacheOnPath(lookup, found);
    });
  }

  /**
   * Whether another node is to be asked as well: what this one holds may have been replaced while it was away, or by a
   * PUT that has passed it over, since nodes closer to the key answer others though not this one.
   */
  #mayBeReplaced(key: NodeId): boolean {
    const { storage, wakeWatch } = this.#parts;
    if (wakeWatch.isCatchingUp) return true;
    const held = storage.get(key);
    if (!held || held.isCached) return false;
    return isAstray({ key, replication: held.replication }, this.#parts, { includeFailing: true });
  }

  /** Why a lookup did not take place, or was not carried to its end. */
  #whyNot(): NodeError {
    return this.#closed ? new NodeClosedError("get value") : new NodeBusyError("get value");
  }
}
