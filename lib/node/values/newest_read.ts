/**
 * The newest stamp that this node has given or stored, by key: it gives no older version of these any more.
 *
 * A version that was replaced may stay for a time on a node that has not heard of it. A reader that has seen the
 * newer one is not to see it through the same node.
 *
 * @module
 */

import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { NodeContext } from "../context.ts";
import { NEWEST_READ_MAX } from "../limits.ts";

/** What one node has given of each key, the newest version; of so many keys, those asked for last. */
export class NewestRead {
  readonly #context: NodeContext;
  /** In the order in which they were last noted. */
  readonly #stamps = new Map<string, number>();

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /**
   * Notes a version that was put through this node, or that a reader is to be given.
   *
   * @returns false if a newer one was noted before, and this one may be what was replaced.
   */
  admit(key: NodeId, stamp: number): boolean {
    const name = idKey(key);
    const newest = this.#stamps.get(name) ?? 0;
    if (stamp < newest && this.#mayOlderLive(newest)) return false;
    this.#stamps.delete(name);
    this.#stamps.set(name, stamp);
    if (this.#stamps.size > NEWEST_READ_MAX) {
      const [first] = this.#stamps.keys();
      this.#stamps.delete(first!);
    }
    return true;
  }

  /** Whether a version older than one of a stamp may be held anywhere. */
  #mayOlderLive(stamp: number): boolean {
    const { time, options: { ttlMaxMs } } = this.#context;
    return stamp + ttlMaxMs > time.now();
  }
}
