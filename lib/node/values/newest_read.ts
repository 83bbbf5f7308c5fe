/**
 * The newest stamp that this node has given or stored, by key: it gives no older version of these any more.
 *
 * A version that was replaced may stay for a time on a node that has not heard of it. A reader that has seen the
 * newer one is not to see it through the same node. A read quorum counts only what is sure: what was put through this
 * node, or what a read quorum before has given. Else one liar would decide it by what he gave to a reader without.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Replica } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import { NEWEST_READ_MAX } from "../limits.ts";

/** What was given of a key. */
interface Given {
  /** The newest stamp. */
  readonly stamp: number;
  /** The newest version that is sure: its stamp and its nonce. */
  readonly sure: SureVersion | null;
}

const NOTHING: Given = { stamp: 0, sure: null };

/** What tells a version apart. */
export type SureVersion = Pick<Replica, "stamp" | "nonce">;

/** What one node has given of each key, the newest version; of so many keys, those asked for last. */
export class NewestRead {
  readonly #context: NodeContext;
  /** In the order in which they were last noted. */
  readonly #given = new Map<string, Given>();

  constructor(context: NodeContext) {
    this.#context = context;
  }

  /**
   * Notes a version that a reader without a read quorum is to be given.
   *
   * @returns false if a newer one was noted before, and this one may be what was replaced.
   */
  admit(key: NodeId, stamp: number): boolean {
    const name = idKey(key);
    if (this.isOlder(key, stamp)) return false;
    this.#set(name, { stamp, sure: this.#given.get(name)?.sure ?? null });
    return true;
  }

  /** Whether a version is older than one that was noted, and may be what was replaced. */
  isOlder(key: NodeId, stamp: number): boolean {
    const { stamp: newest } = this.#given.get(idKey(key)) ?? NOTHING;
    return stamp < newest && this.#mayOlderLive(newest);
  }

  /** Notes a version that was put through this node, or that a read quorum has given. */
  noteSure(key: NodeId, { stamp, nonce }: SureVersion): void {
    const name = idKey(key);
    const { stamp: newest, sure } = this.#given.get(name) ?? NOTHING;
    const isNewest = stamp >= (sure?.stamp ?? 0);
    this.#set(name, {
      stamp: Math.max(newest, stamp),
      sure: isNewest ? { stamp, nonce } : sure,
    });
  }

  /** Forgets what was noted of a key: its stamp was wrong. */
  forget(key: NodeId): void {
    this.#given.delete(idKey(key));
  }

  /** The newest version that is sure, if an older one may be held anywhere. */
  sureOf(key: NodeId): SureVersion | null {
    const sure = this.#given.get(idKey(key))?.sure ?? null;
    return sure && this.#mayOlderLive(sure.stamp) ? sure : null;
  }

  #set(name: string, given: Given): void {
    this.#given.delete(name);
    this.#given.set(name, given);
    forgetOldest(this.#given, NEWEST_READ_MAX);
  }

  /** Whether a version older than one of a stamp may be held anywhere. */
  #mayOlderLive(stamp: number): boolean {
    const { time, options: { ttlMaxMs } } = this.#context;
    return stamp + ttlMaxMs > time.now();
  }
}
