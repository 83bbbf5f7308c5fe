/**
 * The main job, shown: `deno task demo [--keep] [--binary FILE] [--folder FOLDER] [--seed NUMBER]`.
 *
 * Ten nodes in ten processes keep the project's own files, or those of a folder, cut into pieces, and give them back, also after
 * three of them are killed. The first one shows the network as a page. The exit status is 0 only if all
 * pieces are found as they were put.
 *
 * @module
 */

import { ROOT } from "../common/root.ts";
import { parseArgs } from "@std/cli/parse-args";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { DemoNetwork } from "./demo_network.ts";
import { programOf } from "../common/node_process.ts";
import { readPieces } from "./pieces.ts";
import { formatReport, isComplete, type Measured } from "./demo_report.ts";

const USAGE = `\
Usage: deno task demo [--keep] [--binary FILE] [--folder FOLDER] [--seed NUMBER]

  --keep            let the first node live, and go on until interrupted, for a look at its page
  --binary FILE     run this compiled voidkad instead of main.ts
  --folder FOLDER   keep the files of this folder instead of the project's
  --seed NUMBER     repeat the choices of an earlier run
`;
const NODES = 10;
const KILLED = 3;
/** All of it takes a few seconds; a machine may be slow, but not for ever. */
const LIMIT_MS = 120_000;
const EXIT_INTERRUPTED = 130;
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

const { keep, binary, folder: source, seed } = readArgs();
Deno.exit(await main());

interface DemoFlags {
  readonly keep: boolean;
  readonly binary: string | undefined;
  readonly folder: string;
  readonly seed: number;
}

function readArgs(): DemoFlags {
  const flags = parseArgs(
    Deno.args,
    {
      string: ["binary", "folder", "seed"],
      boolean: ["help", "keep"],
      unknown: (arg) => fail(`unknown argument "${arg}"`),
    } as Parameters<typeof parseArgs>[1],
  );
  if (flags["help"]) {
    console.log(USAGE.trimEnd());
    Deno.exit(0);
  }
  const text = flags["seed"] as string | undefined;
  if (text !== undefined && !/^\d{1,10}$/.test(text)) fail(`"${text}" is no seed`);
  if (flags["binary"] === "") fail("--binary needs a file");
  return {
    keep: flags["keep"] === true,
    binary: flags["binary"] as string | undefined,
    folder: flags["folder"] as string | undefined || ROOT,
    seed: text === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(text),
  };
}

function fail(message: string): never {
  console.error(`demo: ${message}\n\n${USAGE.trimEnd()}`);
  Deno.exit(2);
}

/** Runs the demo until it ends, or a signal or the time limit ends it; returns the exit status. */
async function main(): Promise<number> {
  const { promise: stopped, reject: stop } = Promise.withResolvers<never>();
  let exitStatus = 1;
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      exitStatus = EXIT_INTERRUPTED;
      stop(new Error(`stopped by ${signal}`));
    });
  }
  const timer = setTimeout(() => stop(new Error(`not done after ${LIMIT_MS / 1_000} s`)), LIMIT_MS);
  const folder = await Deno.makeTempDir({ prefix: "voidkad-demo-" });
  try {
    await using network = new DemoNetwork(programOf(binary), folder, {
      say: console.log,
      random: new SeededRandom(seed),
    });
    const complete = await Promise.race([show(network), stopped]);
    if (keep) {
      clearTimeout(timer);
      console.log(`\nThe network goes on; see it at ${network.page}, and end it with Ctrl-C`);
      await stopped.catch(() => {});
      await network.stop();
    }
    return complete ? 0 : 1;
  } catch (error) {
    console.error(`demo: ${(error as Error).message}`);
    return exitStatus;
  } finally {
    clearTimeout(timer);
    await Deno.remove(folder, { recursive: true });
  }
}

/** The demo itself; says whether all was found each time. */
async function show(network: DemoNetwork): Promise<boolean> {
  console.log(`Seed ${seed}`);
  const { files, bytes, pieces } = await readPieces(source);
  const where = source === ROOT ? "this project" : source;
  console.log(`Cut ${files} files of ${where}, ${bytes} bytes, into ${pieces.length} pieces`);

  console.log(`Starting ${NODES} nodes in ${NODES} processes`);
  await network.start(NODES);

  const before = newMeasured("before the kill", pieces.length);
  console.log("Putting each piece through a random node, to be kept by 5");
  await network.put(pieces, before);
  console.log("Reading each piece through another node");
  await network.get(pieces, before);
  sayFound(before);

  console.log(`Killing ${KILLED} of ${NODES} processes`);
  await network.kill(KILLED, { sparePage: keep });
  const after = newMeasured("after the kill", pieces.length);
  console.log("Reading each piece through a survivor");
  await network.get(pieces, after);
  sayFound(after);
  console.log("Putting each piece again through a survivor");
  await network.put(pieces, after);

  if (!keep) await network.stop();
  console.log("");
  for (const line of formatReport([before, after])) console.log(line);
  return isComplete(before) && isComplete(after);
}

function newMeasured(name: string, pieces: number): Measured {
  return { name, pieces, found: 0, identical: 0, putTimes: [], getTimes: [] };
}

function sayFound({ pieces, found, identical }: Measured): void {
  console.log(`Found ${found} of ${pieces} pieces, ${identical} identical to what was put`);
}
