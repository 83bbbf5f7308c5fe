/**
 * A network that is full already: values that the nodes closest to their keys hold, without a PUT for each.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import { ID_BYTES } from "../../core/limits.ts";
import { REPLICA } from "../../core/value.ts";
import { NearIds } from "../../core/repair/near_ids.ts";
import type { SimNode, World } from "../world.ts";

/** What the nodes hold. */
export interface StockOptions {
  readonly count: number;
  readonly valueBytes: number;
  readonly replication: number;
  readonly ttlMs: number;
}

/** Gives values to the nodes that should hold them; returns their keys. What they are follows from their number alone. */
export function stock(world: World, options: StockOptions): NodeId[] {
  const { count, valueBytes, replication, ttlMs } = options;
  const nodes: readonly SimNode[] = [...world.living];
  const near = new NearIds(nodes.map(({ node }) => node.id));
  const now = world.queue.unixNow();
  const randomBytes = () => {
    const bytes = new Uint8Array(ID_BYTES);
    world.random.fill(bytes);
    return bytes;
  };
  return Array.from({ length: count }, () => {
    const [key, nonce] = [randomBytes(), randomBytes()];
    const value = new Uint8Array(valueBytes).fill(key[0]!);
    const times = { stamp: now, expiresAt: now + ttlMs, cachedUntil: REPLICA };
    const sent = { key, value, nonce, replication, ...times };
    for (const index of near.closest(key, replication)) {
      const { transport } = nodes[index]!;
      transport.deliver({ type: "store", ...sent });
    }
    return key;
  });
}
