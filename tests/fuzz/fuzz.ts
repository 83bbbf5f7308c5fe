/**
 * Sends frames that are made to do harm, and says which one does: `deno task fuzz --help`.
 *
 * @module
 */

import type { Flags } from "../../lib/cli/spec/flags.ts";
import { writeLine } from "../../lib/cli/terminal/output.ts";
import { formatCount } from "../../lib/format/format.js";
import type { FlagReader } from "../../scripts/common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../scripts/common/run_script.ts";
import { CodecTarget } from "./codecs.ts";
import { ConnectionTarget } from "./connections.ts";
import { NodeTarget } from "./node.ts";
import { FuzzFault, type Target } from "./target.ts";

const TARGETS: Readonly<Record<string, (seed: number) => Target | Promise<Target>>> = {
  codecs: (seed) => new CodecTarget(seed),
  node: (seed) => new NodeTarget(seed),
  connections: (seed) => ConnectionTarget.open(seed),
};
const NAMES = Object.keys(TARGETS);

/** Frames between two looks at the clock and the memory. */
const ROUND = 10_000;
/** Memory is looked at once so much of the time has passed: all is warm by then. */
const WARM_SHARE = 0.25;
/** What may be held more at the end than then. */
const GROWTH_MAX_MIB = 64;

const USAGE = `\
Usage: deno task fuzz [--seed N] [--minutes M] [--frames N] [--only TARGET]

Tries frames, made of those in tests/vectors by changing, cutting and joining them, on
  codecs       the framer and the codecs of both protocols
  node         a node in virtual time: requests, answers, clients
  connections  a node over real connections
A frame that does harm is printed in hex, and so is the seed. The codecs and the node do the same again
with the same seed. What is held must not grow.

  --seed N       where random numbers begin (a random one)
  --minutes M    how long in all, in equal parts (1)
  --frames N     frames for each target at most (no limit)
  --only TARGET  only this one
`;

const SCRIPT: ScriptSpec = {
  name: "fuzz",
  usage: USAGE,
  values: ["seed", "minutes", "frames", "only"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

async function main(read: FlagReader, flags: Flags): Promise<void> {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const seed = read.integer("seed", random!, 0, 0xffff_ffff);
  const minutes = read.number("minutes", 1, 0, 100_000);
  const framesMax = read.integer("frames", 1e12, 1, 1e12);
  const names = flags.values.has("only") ? [read.choice("only", NAMES, NAMES[0]!)] : NAMES;
  const ms = 60_000 * minutes / names.length;
  for (const name of names) await fuzz(name, { seed, ms, framesMax });
}

interface FuzzOptions {
  readonly seed: number;
  readonly ms: number;
  readonly framesMax: number;
}

/** Tries one target, and prints a line about it. */
async function fuzz(name: string, { seed, ms, framesMax }: FuzzOptions): Promise<void> {
  writeLine(Deno.stdout, `deno task fuzz --only ${name} --seed ${seed}`);
  await using target = await TARGETS[name]!(seed);
  const startedAt = performance.now();
  const share = (frames: number) =>
    Math.max((performance.now() - startedAt) / ms, frames / framesMax);
  let frames = 0;
  let warmMib: number | null = null;
  while (share(frames) < 1) {
    frames += await target.run(Math.min(ROUND, framesMax - frames));
    if (share(frames) >= WARM_SHARE) warmMib ??= heldMib();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const mib = heldMib();
  writeLine(
    Deno.stdout,
    `${name}: ${formatCount(frames)} frames in ${seconds.toFixed(1)} s, no harm; ` +
      `${warmMib} MiB held after a quarter, ${mib} MiB at the end`,
  );
  if (mib > (warmMib ?? mib) + GROWTH_MAX_MIB) {
    throw new FuzzFault(`${name}: memory has grown, seed ${seed}`, new Uint8Array(0));
  }
}

/** Memory that is in use, without what is still to be collected. */
function heldMib(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return Math.round((heapUsed + external) / 2 ** 20);
}
