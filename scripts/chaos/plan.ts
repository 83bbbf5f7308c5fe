/**
 * What is to befall a network of real processes: drawn from a seed before anything starts, so that it can be printed,
 * and bounded, so that what is promised can be judged.
 *
 * @module
 */

import { formatDuration } from "../../lib/format/format.js";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { type Cut, CUTS } from "../common/forwarder.ts";

/** What may happen. */
export const FAULTS = [
  ...["kill", "lose", "stop", "freeze", "join", "clock", "disk", "cut", "kill-all"] as const,
];
/** One of them. */
export type Fault = typeof FAULTS[number];

/** One fault. */
export interface Step {
  /** From the beginning of the plan. */
  readonly atMs: number;
  readonly fault: Fault;
  /** Number of the node, from 1; 0 if it befalls all. */
  readonly node: number;
  /** How long it lasts. */
  readonly forMs: number;
  /** By how much the wall clock is set; 0 unless the fault is `clock`. */
  readonly offsetMs: number;
  /** How connections are cut; null unless the fault is `cut`. */
  readonly cut: Cut | null;
  /** Whether the node is killed as well, and starts again, while its clock is wrong or its disk full. */
  readonly kills: boolean;
}

/** What a plan is drawn from. */
export interface PlanOptions {
  readonly seed: number;
  /** Nodes at the start. */
  readonly nodes: number;
  readonly durationMs: number;
  readonly faults: readonly Fault[];
  /** Mean time from the beginning of one fault to that of the next. */
  readonly pauseMs: number;
  /** Longest time that a fault lasts. */
  readonly downMsMax: number;
  /** So many nodes may be in trouble at a time; `kill-all` befalls a network in which none is. */
  readonly atOnce: number;
}

/**
 * How long a node counts as in trouble when its fault is over: until the others have noticed that it is back, it has
 * compared with its neighbours, and what it lacks has come.
 */
export const RECOVERY_MS: Readonly<Record<Fault, number>> = {
  ...{ kill: 6_000, lose: 10_000, stop: 6_000, freeze: 5_000, join: 6_000 },
  // After a failure of the disk the next attempt comes within 10 s.
  ...{ clock: 5_000, disk: 12_000, cut: 5_000, "kill-all": 10_000 },
};

const DOWN_MS_MIN = 200;
/** Behind, ahead of what stamps may be, and so far ahead that every value seems to have ended. */
const OFFSETS_MS = [-600_000, -3_000, 6_000, 360_000, 90_000_000];

/** Draws the faults, the first one first. */
export function drawPlan(options: PlanOptions): Step[] {
  const { seed, nodes, durationMs, faults, pauseMs, downMsMax, atOnce } = options;
  const random = new SeededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)]!;
  /** When each node's trouble is over. */
  const calmAt: number[] = Array(nodes).fill(0);
  const steps: Step[] = [];
  // Each fault comes once before any comes again, so that short plans have all.
  let deck: Fault[] = [];
  for (let atMs = 0;;) {
    atMs += pauseMs * (0.5 + random.next());
    if (deck.length === 0) deck = shuffle(faults, random);
    const fault = deck.pop()!;
    atMs = Math.max(atMs, calmFrom(calmAt, fault === "kill-all" ? 0 : atOnce - 1));
    const forMs = fault === "join" || downMsMax < DOWN_MS_MIN
      ? 0
      : Math.round(DOWN_MS_MIN + (downMsMax - DOWN_MS_MIN) * random.next() ** 2);
    if (atMs + forMs > durationMs) return steps;
    const troubledMs = forMs + RECOVERY_MS[fault];
    let node = 0;
    if (fault === "join") node = calmAt.push(0);
    else if (fault !== "kill-all") {
      node = pick(calmAt.flatMap((calm, index) => calm <= atMs ? [index + 1] : []));
    }
    if (node === 0) calmAt.fill(atMs + troubledMs);
    else calmAt[node - 1] = atMs + troubledMs;
    steps.push({
      ...{ atMs: Math.round(atMs), fault, node, forMs },
      offsetMs: fault === "clock" ? pick(OFFSETS_MS) : 0,
      cut: fault === "cut" ? pick(CUTS) : null,
      kills: (fault === "clock" || fault === "disk") && random.next() < 0.5,
    });
  }
}

/** A step in words. */
export function describeStep({ fault, node, forMs, offsetMs, cut, kills }: Step): string {
  const time = formatDuration(forMs);
  const also = kills ? ", and it is killed meanwhile" : "";
  switch (fault) {
    case "kill":
      return `n${node} is killed, and back with its data after ${time}`;
    case "lose":
      return `n${node} is killed, and back without its data after ${time}`;
    case "stop":
      return `n${node} is stopped in order, and back after ${time}`;
    case "freeze":
      return `n${node} stands still for ${time}`;
    case "join":
      return `n${node} joins`;
    case "clock":
      return `n${node} has its clock off by ${offsetMs / 1_000} s for ${time}${also}`;
    case "disk":
      return `n${node} cannot write to its disk for ${time}${also}`;
    case "cut":
      return cut === "unreachable"
        ? `n${node} cannot be reached for ${time}`
        : `n${node} has the connections to it cut (${cut})`;
    case "kill-all":
      return `all are killed at once, and back after ${time}`;
  }
}

/** The time from which no more than so many nodes are in trouble. */
function calmFrom(calmAt: readonly number[], troubledMax: number): number {
  const latestFirst = calmAt.toSorted((a, b) => b - a);
  return latestFirst[troubledMax] ?? 0;
}

function shuffle<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
