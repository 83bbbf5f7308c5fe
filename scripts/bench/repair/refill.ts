/**
 * How a node that has lost all that it held is filled again, and what clients notice of it.
 *
 * @module
 */

import { idKey } from "../../../lib/core/kademlia/node_id.ts";
import type { LatencyProfile } from "../../../lib/sim/faults/latency.ts";
import { Load } from "../../../lib/sim/measure/load.ts";
import { stock } from "../../../lib/sim/measure/stock.ts";
import { GetTally } from "../../../lib/sim/measure/tally.ts";
import { type AddOptions, World } from "../../../lib/sim/world.ts";
import { Node } from "../../../lib/node/node.ts";
import type { Transport } from "../../../lib/node/ports.ts";
import { recording } from "../../common/recording_transport.ts";
import type { Stocked } from "./rest.ts";
import { MINUTE_MS, REPLICATION, timeMs, TTL_MS } from "./terms.ts";

const GET_EVERY_MS = 5;
const STEP_MS = 100;
const GETS_MS = 30_000;
/** A node that is not full by then never is. */
const LIMIT_MS = 10 * MINUTE_MS;

/** Restarts one node without its values. */
export function measureRefill(
  { nodes, seed, count, valueBytes, latency }: Stocked & { readonly latency: LatencyProfile },
) {
  const world = new World({ seed, latency });
  world.grow(nodes, 20);
  world.run(MINUTE_MS);
  const keys = stock(world, { count, valueBytes, replication: REPLICATION, ttlMs: TTL_MS });
  world.run(2 * 60 * MINUTE_MS);
  const load = new Load(world, { ttlMs: TTL_MS });
  for (const key of keys) {
    const value = new Uint8Array(valueBytes).fill(key[0]!);
    load.values.push({ key, value, expiresAt: Infinity });
  }
  const before = new GetTally();
  load.getFor(GETS_MS, GET_EVERY_MS, (outcome) => before.add(outcome));
  world.run(GETS_MS + 10_000);
  const [lost] = world.living;
  const wanted = lost!.node.figures().store.replicas;
  world.kill(lost!);
  world.run(1_000);
  const givers = new Set<string>();
  const makeNode: AddOptions["makeNode"] = (settings, ports) =>
    Node.create(settings, { ...ports, transport: watching(ports.transport, givers) });
  const again = world.restart({ ...lost!, options: { ...lost!.options, makeNode } });
  const meanwhile = new GetTally();
  const startedAt = world.now;
  const replicas = () => again.node.figures().store.replicas;
  let fullAfterMs = Infinity;
  const msOfAll = timeMs(() => {
    while (replicas() < wanted && world.now - startedAt < LIMIT_MS) {
      load.getFor(STEP_MS, GET_EVERY_MS, (outcome) => meanwhile.add(outcome));
      world.run(STEP_MS);
    }
    if (replicas() >= wanted) fullAfterMs = world.now - startedAt;
  });
  return {
    replicas: replicas(),
    fullAfterMs,
    neighbours: givers.size,
    p99BeforeMs: before.latencyMs.quantile(0.99),
    p99MeanwhileMs: meanwhile.latencyMs.quantile(0.99),
    msOfAll,
  };
}

/** Notes who sends values by a transport, or is asked for them. */
function watching(transport: Transport, givers: Set<string>): Transport {
  return recording(transport, {
    onSent: (contact, { type }) => {
      if (type === "findValue") givers.add(idKey(contact.id));
    },
    onOrigin: ({ contact, peer }, { type }) => {
      const sender = contact ?? peer;
      if (type === "store" && sender) givers.add(idKey(sender.id));
    },
  });
}
