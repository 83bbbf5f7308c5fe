/**
 * What a scenario is: a promise, and a run of a simulated network that shows whether it holds.
 *
 * @module
 */

import { type History, PROMISES, type Promises } from "../measure/history.ts";
import type { Load } from "../measure/load.ts";
import type { GetTally } from "../measure/tally.ts";
import type { World } from "../world.ts";

/** How large a run is: small enough for the test suite, or as large as the promise says. */
export type Size = "short" | "full";

/**
 * Whether messages go through the codec, in the scenarios that take longest. It takes up to half of their time and
 * changes no run, which the tests of replay hold; their short runs do without.
 */
export function throughCodecAt(size: Size): boolean {
  return size === "full";
}

/** One promise and how to see whether it is kept. */
export interface Scenario {
  /** One word, for `--only`. */
  readonly name: string;
  readonly promise: string;
  /** Builds a network from the seed, lets things happen to it, and writes down what was measured. */
  run(size: Size, seed: number): Ledger;
}

/** One thing that was measured. */
export interface Check {
  /** What, and how much, in words. */
  readonly text: string;
  readonly held: boolean;
}

/** How a number is written. */
export type Format = (value: number) => string;

export const percent: Format = (share) => `${Number((100 * share).toFixed(3))} %`;
export const milliseconds: Format = (ms) =>
  ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${ms.toFixed(0)} ms` : seconds(ms);
export const plain: Format = (value) => `${Number(value.toFixed(2))}`;
const seconds: Format = (ms) => `${(ms / 1_000).toFixed(1)} s`;

/** What was measured in one run. */
export class Ledger {
  readonly checks: Check[] = [];

  /** Whether all that was promised holds. */
  get held(): boolean {
    return this.checks.every((check) => check.held);
  }

  /** All of it in one line. */
  get measured(): string {
    return this.checks.map(({ text, held }) => held ? text : `${text} (!)`).join("; ");
  }

  atLeast(what: string, value: number, bound: number, format: Format = plain): void {
    this.#note(what, value, value >= bound, format);
  }

  atMost(what: string, value: number, bound: number, format: Format = plain): void {
    this.#note(what, value, value <= bound, format);
  }

  /** Something that nothing is promised about. */
  show(what: string, value: number, format: Format = plain): void {
    this.#note(what, value, true, format);
  }

  #note(what: string, value: number, held: boolean, format: Format): void {
    this.checks.push({ text: `${what} ${format(value)}`, held });
  }
}

/** What messages may take on their way counts with a value's life; clocks are never closer than this. */
const CLOCK_SKEW_MIN_MS = 1_000;

/**
 * The promise that holds in every scenario: no value is found after its life by more than the clock skew.
 * Waits until the last life is over by as much, gets the values once more, and notes also what `earlier`
 * GETs found.
 */
export function checkExpiry(
  ledger: Ledger,
  world: World,
  load: Load,
  earlier: readonly GetTally[] = [],
): void {
  const skewMs = Math.max(world.options.skewMs ?? 0, CLOCK_SKEW_MIN_MS);
  world.run(Math.max(0, load.expiresAt + skewMs - world.now));
  const after = load.getMany({ values: load.values.slice(0, EXPIRED_GETS_MAX) });
  ledger.atMost("found after its life", after.verdicts.late, 0);
  const latest = Math.max(0, ...earlier.map(({ lateMsMax }) => lateMsMax));
  if (latest > 0) ledger.atMost("at most after its life by", latest, skewMs, milliseconds);
  const wrong = [after, ...earlier].reduce((sum, { verdicts }) => sum + verdicts.wrong, 0);
  if (wrong > 0) ledger.atMost("wrong values", wrong, 0);
}

/** Notes how often each promise about PUTs and GETs was broken in a run. */
export function judge(
  ledger: Ledger,
  { history }: { readonly history: History },
  { what = "", promises = PROMISES }: { what?: string; promises?: Promises } = {},
): void {
  const violations = history.judge(promises);
  const broken = Map.groupBy(violations, ({ promise }) => promise);
  ledger.show(`${what}GETs`, history.gets);
  ledger.atMost(`${what}broken promises`, violations.length, 0);
  for (const [promise, all] of broken) ledger.show(`of these "${promise}"`, all.length);
}

const EXPIRED_GETS_MAX = 2_000;
/** Time between two joins while a network grows. */
export const JOIN_EVERY_MS = 20;
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
