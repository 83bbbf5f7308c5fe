/**
 * The lookups of one node: what they begin with, how many run at once, and what follows from their end.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { Lookup } from "../../core/kademlia/lookup.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import { EARLY_PARALLELISM, LOOKUP_PATHS, LOOKUPS_MAX, LOOKUPS_WAITING_MAX } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { LookupOutcome } from "../observer.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { ClosestOracle } from "./closest_oracle.ts";
import type { DensityWatch } from "./density_watch.ts";
import type { LookupPeers } from "./lookup_peers.ts";
import {
  type LookupResult,
  type LookupTrace,
  type OnLookupEnd,
  RunningLookup,
} from "./running_lookup.ts";

/** What lookups take of a node's parts. */
export interface LookupsParts extends NodeContext {
  readonly table: RoutingTable;
  readonly rpc: Rpc;
  readonly membership: Membership;
  readonly oracle: ClosestOracle;
  readonly lookupPeers: LookupPeers;
  readonly densityWatch: DensityWatch;
}

/** What to look for. */
export interface LookupTask {
  readonly target: NodeId;
  readonly forValue: boolean;
  /** Whether one path will do: for filling the table, where being led astray costs little. */
  readonly onePath?: boolean;
  /** Whether it is a part of joining, which lookups for others wait for. */
  readonly isJoining?: boolean;
  /** Whether the node has not joined yet: nobody is connected, so that more are asked at once. */
  readonly isEarly?: boolean;
  /** Contacts to start with besides those of the routing table. */
  readonly seeds?: readonly Contact[];
  /** Follows each request, for a lookup that is to be explained. */
  readonly trace?: LookupTrace;
  /** Is called after each step, before the end. */
  readonly onStep?: (lookup: Lookup) => void;
}

/** Contacts that have failed will do where there are not enough others. */
const WITH_FAILING = { includeFailing: true };

/** How many of the lost contacts a lookup asks. */
const LOST_ASKED = 16;

/** The lookups of one node. */
export class Lookups {
  readonly #parts: LookupsParts;
  readonly #running = new Set<RunningLookup>();
  readonly #waiting: { task: LookupTask; onEnd: OnLookupEnd }[] = [];
  #isHeld = false;
  #via: readonly Contact[] = [];
  #stopHolding: () => void = () => {};
  #closed = false;

  constructor(parts: LookupsParts) {
    this.#parts = parts;
  }

  /** Starts a lookup, or queues it when many are under way. `onEnd` may be called before this returns. */
  run(task: LookupTask, onEnd: OnLookupEnd): void {
    const isHeld = this.#isHeld && !task.isJoining;
    const mustWait = this.#running.size >= LOOKUPS_MAX || (isHeld && !task.forValue);
    if (this.#closed || this.#waiting.length >= LOOKUPS_WAITING_MAX) onEnd(null);
    else if (mustWait) this.#waiting.push({ task, onEnd });
    else if (isHeld) this.#findEarly(task, onEnd);
    else this.#start(task, onEnd);
  }

  /**
   * Lets all lookups but those of joining and those for values wait, for a time at most: a node that knows nobody yet
   * would keep for itself what belongs to others.
   *
   * @param via those through which it joins: values are looked for through them meanwhile.
   */
  hold(limitMs: number, via: readonly Contact[]): void {
    const { clock } = this.#parts.ports;
    this.#via = via;
    this.#isHeld = true;
    this.#stopHolding = clock.runAt(clock.now() + limitMs, () => this.release());
  }

  /** Begins the lookups that wait for joining. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#stopHolding();
    this.#startWaiting();
  }

  /** Ends all lookups with null. */
  close(): void {
    this.#closed = true;
    this.#stopHolding();
    for (const { onEnd } of this.#waiting.splice(0)) onEnd(null);
    for (const running of this.#running) running.abort();
  }

  /** Looks for a value before the node has joined; if it is not found, that says nothing: then again when it has. */
  #findEarly(task: LookupTask, onEnd: OnLookupEnd): void {
    const seeds = [...this.#via, ...task.seeds ?? []];
    this.#start({ ...task, seeds, isEarly: true }, (result) => {
      if (!result || result.found) onEnd(result);
      else if (this.#isHeld) this.#waiting.push({ task, onEnd });
      else this.run(task, onEnd);
    });
  }

  #start(task: LookupTask, onEnd: OnLookupEnd): void {
    const { target, trace, onStep } = task;
    const { table, oracle, densityWatch, ports: { clock, observer } } = this.#parts;
    table.markLookedUp(target, clock.now());
    const lookup = this.#makeLookup(task);
    const startedAt = observer ? clock.now() : 0;
    const end = (result: LookupResult | null): void => {
      this.#running.delete(running);
      if (result && !result.found) {
        oracle.markExplored(target);
        if (!task.onePath && !task.isJoining) densityWatch.judge(target, result.closest);
      }
      if (observer) {
        const { requests } = lookup;
        const hops = depthOf(result, lookup);
        const ms = clock.now() - startedAt;
        observer.lookupEnded({ outcome: outcomeOf(result, task), hops, requests, ms });
      }
      onEnd(result);
      this.#startWaiting();
    };
    const running = new RunningLookup(this.#parts, { lookup, trace, onStep, onEnd: end });
    this.#running.add(running);
    running.step();
  }

  #makeLookup(task: LookupTask): Lookup {
    const { target, forValue, onePath = false, isJoining = false, isEarly, seeds = [] } = task;
    const { table, oracle, self, membership, diversity, options } = this.#parts;
    const { bucketSize, parallelism } = options;
    const usual = isEarly ? Math.max(parallelism, EARLY_PARALLELISM) : parallelism;
    const sure = forValue ? oracle.knownNear(target, bucketSize) : null;
    let known = sure ?? table.closest(target, bucketSize);
    // A node that is alone asks those too that it has lost of late: they may be back, or a cut may have ended.
    const isAlone = known.length === 0 && !isJoining;
    const lost = isAlone ? membership.lost.slice(-LOST_ASKED) : [];
    if (known.length < bucketSize) known = table.closest(target, bucketSize, WITH_FAILING);
    return new Lookup(
      {
        target,
        ownId: self.id,
        count: bucketSize,
        // Where the closest are known, the first of them has the value, or nearly always.
        parallelism: sure ? 1 : usual,
        forValue,
        paths: onePath ? 1 : LOOKUP_PATHS,
        diversity,
        usualDensity: isJoining ? null : oracle.usualDensity(),
      },
      [...known, ...seeds, ...lost],
    );
  }

  #startWaiting(): void {
    while (this.#running.size < LOOKUPS_MAX && !this.#isHeld) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#start(next.task, next.onEnd);
    }
  }
}

function outcomeOf(result: LookupResult | null, { forValue }: LookupTask): LookupOutcome {
  if (!result) return "failed";
  if (!forValue) return "closest";
  return result.found ? "found" : "notFound";
}

/** Requests in a row that led to the value, or else to the deepest contact that answered. */
function depthOf(result: LookupResult | null, lookup: Lookup): number {
  if (result?.found) return result.found.hops;
  let depth = 0;
  for (const { state, hops } of lookup.candidates) {
    if (state === "answered" && hops > depth) depth = hops;
  }
  return depth;
}
