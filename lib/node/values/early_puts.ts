/**
 * What a node took before it knew what time it is.
 *
 * A node that is alone goes by its own clock. If that is wrong, so are the stamps and the ends of what is put through
 * it: others would take it for ended, or for too new. When most clocks show another time the node puts it again. And of
 * what others stored on it when it had just joined it may have reckoned the ends too early.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { NodeContext } from "../context.ts";
import { REPUBLICATIONS_MAX } from "../limits.ts";
import { runAll, type Task } from "../replication/run_all.ts";
import type { Storage } from "../replication/storage.ts";
import type { Puts } from "./put.ts";

/** What dating anew takes of a node's parts. */
export interface EarlyPutsParts extends NodeContext {
  readonly storage: Storage;
  readonly puts: Puts;
}

/** The early PUTs of one node. */
export class EarlyPuts {
  readonly #parts: EarlyPutsParts;

  constructor(parts: EarlyPutsParts) {
    this.#parts = parts;
  }

  /** Most clocks agree on the time for the first time: puts what was dated wrongly again, a few values at a time. */
  onTimeKnown(): void {
    const { storage, time, ports: { log } } = this.#parts;
    const keys: NodeId[] = [];
    storage.walkAllReplicas({
      visit: ({ row, stamp }) => {
        if (time.stampLacks(stamp) !== 0) keys.push(storage.replicaIn(row).key);
        else storage.prolong(row);
      },
      onEnd: () => {
        if (keys.length === 0) return;
        log(
          "info",
          `The clock was wrong while this node was alone: ${keys.length} values are dated anew`,
        );
        runAll(this.#tasks(keys), REPUBLICATIONS_MAX, () => {});
      },
    });
  }

  *#tasks(keys: readonly NodeId[]): Generator<Task> {
    const { storage, time, puts } = this.#parts;
    for (const key of keys) {
      const entry = storage.get(key);
      if (!entry || entry.isCached) continue;
      const lacksMs = time.stampLacks(entry.stamp);
      if (lacksMs !== 0) yield (onEnd) => puts.dateAnew(entry, lacksMs, onEnd);
    }
  }
}
