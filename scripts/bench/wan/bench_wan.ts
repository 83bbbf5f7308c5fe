/**
 * The wide-area benchmark: `deno task bench:wan --help`.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { UsageError } from "../../../lib/cli/errors.ts";
import type { Flags } from "../../../lib/cli/spec/flags.ts";
import { writeLine } from "../../../lib/cli/terminal/output.ts";
import { formatMs } from "../../../lib/format/format.js";
import type { FlagReader } from "../../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../common/run_script.ts";
import { preparePeers } from "../peers/harness.ts";
import { untilSignal } from "../signals.ts";
import { whyNoWan } from "./emulator.ts";
import { Fleet } from "./fleet.ts";
import { type System, SYSTEMS } from "./host.ts";
import { type PhaseOptions, PHASES, type Row, timesOfAll } from "./phases.ts";

const USAGE = `\
Usage: deno task bench:wan [flags]

Measures nodes in processes of their own on an emulated wide-area network: a network namespace and an address for
each, real TCP and TLS, delays between six regions (median round trip 142 ms), jitter, loss, cuts. Needs root, gcc,
iproute2 and /dev/net/tun; what it makes stays between its own namespaces, which it removes. Times count as long as
the load of the machine, which is printed, is below its cores.

  --hosts N         nodes, 4 to 200 (40)
  --phases NAME,... of ${Object.keys(PHASES).join(", ")} (base)
  --ops N           PUTs and GETs of each phase (150)
  --size BYTES      of the values (256)
  --rest SECONDS    rest after joining, and for what is sent at rest (20)
  --seed N          of the network and the work (1)
  --system NAME     ${
  SYSTEMS.join(", ")
}, or all, in turn (voidkad); the others are made ready as for
                    deno task bench --beside-peers
`;

/** Nodes that are started late, for the phase `cold`. */
const SPARE = 20;

const SCRIPT: ScriptSpec = {
  name: "bench:wan",
  usage: USAGE,
  values: ["hosts", "phases", "ops", "size", "rest", "seed", "system"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

async function main(read: FlagReader, flags: Flags): Promise<void> {
  const names = (flags.values.get("phases") ?? "base").split(",");
  const unknown = names.find((name) => !PHASES[name]);
  if (unknown !== undefined) throw new UsageError(`--phases: "${unknown}" is no phase`);
  const system = read.choice("system", [...SYSTEMS, "all"], "voidkad");
  const hosts = read.integer("hosts", 40, 4, 200);
  const seed = read.integer("seed", 1, 0, 2 ** 32 - 1);
  const options = {
    operations: read.integer("ops", 150, 1, 100_000),
    valueBytes: read.integer("size", 256, 1, 65_495),
    restMs: 1_000 * read.integer("rest", 20, 0, 3_600),
  };
  const missing = await whyNoWan();
  if (missing !== null) throw new Error(missing);
  if (system !== "voidkad") await preparePeers();
  for (const one of system === "all" ? SYSTEMS : [system]) {
    await measure({ system: one, hosts, seed, names, options });
  }
}

/** One system on a network of its own. */
async function measure(
  { system, hosts, seed, names, options }: {
    readonly system: System;
    readonly hosts: number;
    readonly seed: number;
    readonly names: readonly string[];
    readonly options: PhaseOptions;
  },
): Promise<void> {
  const spare = names.includes("cold") ? SPARE : 0;
  await using fleet = await Fleet.make({ system, hosts, spare, seed });
  await untilSignal((async () => {
    const { median_rtt_ms: roundTripMs } = await fleet.network.distances();
    writeLine(
      Deno.stdout,
      `${system}, ${hosts} nodes, seed ${seed}, median round trip ${formatMs(roundTripMs)}`,
    );
    const joined = timesOfAll(await fleet.start());
    print(
      { name: "joined", times: { ...joined, count: hosts - 1 }, note: "one after the other" },
      roundTripMs,
    );
    await delay(options.restMs);
    for (const name of names) {
      for await (const row of PHASES[name]!(fleet, options)) print(row, roundTripMs);
    }
    const { late_mean_us: late } = await fleet.network.traffic();
    writeLine(
      Deno.stdout,
      `load ${Deno.loadavg()[0]!.toFixed(1)}, packets ${formatMs(late / 1_000)} late`,
    );
  })());
}

function print({ name, times, note }: Row, roundTripMs: number): void {
  const cells = times
    ? [
      `p50 ${formatMs(times.p50)}`,
      `p90 ${formatMs(times.p90)}`,
      `p99 ${formatMs(times.p99)}`,
      `${(times.p50 / roundTripMs).toFixed(2)} round trips`,
      `${times.succeeded} of ${times.count}`,
    ]
    : [];
  const widths = [28, 13, 13, 13, 17, 11];
  const line = [name, ...cells].map((cell, i) => cell.padEnd(widths[i]!)).join(" ");
  writeLine(Deno.stdout, `  ${line} ${note}`.trimEnd());
}
