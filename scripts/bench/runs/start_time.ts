/**
 * How long the compiled binary takes to serve, its certificate at hand and nobody to join, beside a
 * `Deno.serve` of one line compiled alike.
 *
 * @module
 */

import { ROOT } from "../../common/root.ts";
import { Samples } from "../../../lib/sim/measure/samples.ts";
import { showProgress } from "../../common/progress_bar.ts";
import { formatTable } from "../../../lib/format/table.ts";
import type { BenchOptions } from "../bench_flags.ts";
import { untilSignal } from "../signals.ts";
import { formatFigure } from "../report/statistics.ts";

const RATIO_MAX = 3;
const HELLO = `Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log("ready", port),
}, () => new Response("hello"));
`;

/** Milliseconds of the starts of each. */
interface Times {
  readonly node: Samples;
  readonly hello: Samples;
}

/** Measures and prints; returns the exit status. */
export async function measureStart(
  { rounds, json }: BenchOptions,
  say: (line: string) => void,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "voidkad-bench-" });
  try {
    const times = await untilSignal(timeBoth(folder, rounds));
    report(times, json, say);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function timeBoth(folder: string, rounds: number): Promise<Times> {
  const [node, hello] = await compileBoth(folder);
  const anyPorts = ["--p2p-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"];
  const nodeCommand = [node, "start", "--data-dir", `${folder}/data`, ...anyPorts];
  await timeToReady(nodeCommand); // makes the certificate
  await timeToReady([hello]);
  const times = { node: new Samples(), hello: new Samples() };
  using progress = showProgress("start", rounds);
  for (let round = 0; round < rounds; round++) {
    times.node.add(await timeToReady(nodeCommand));
    times.hello.add(await timeToReady([hello]));
    progress.step();
  }
  return times;
}

/** Compiles the program, as its task does, and the other; returns where they are. */
async function compileBoth(folder: string): Promise<[string, string]> {
  const [node, hello] = [`${folder}/voidkad`, `${folder}/hello`];
  await Deno.writeTextFile(`${folder}/hello.ts`, HELLO);
  const permissions = ["--no-prompt", "--allow-read", "--allow-run"];
  await run(["run", ...permissions, `${ROOT}scripts/compile.ts`, "--output", node]);
  await run(["compile", "--no-prompt", "--allow-net", "--output", hello, `${folder}/hello.ts`]);
  return [node, hello];
}

async function run(args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const text = new TextDecoder().decode(stderr).trim();
  const reason = /error sending request for url [^:]*:[^:]*/.exec(text)?.[0] ??
    /^error: .*$/m.exec(text)?.[0] ?? text;
  throw new Error(`Cannot compile: ${reason} (DENORT_BIN may name the runtime to compile with)`);
}

/** Milliseconds from the start of a process to the first thing that it says, after which it is ended. */
async function timeToReady([command, ...args]: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = new Deno.Command(command!, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const elapsed = performance.now() - startedAt;
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  if (value && new TextDecoder().decode(value).startsWith("ready")) return elapsed;
  throw new Error(`${command} does not come to serve`);
}

function report(
  { node, hello }: Times,
  json: boolean,
  say: (line: string) => void,
): void {
  const ratio = node.quantile(0.5) / hello.quantile(0.5);
  if (json) {
    const figures = { node_ms: node.values, hello_ms: hello.values, ratio };
    say(JSON.stringify({ peer: "voidkad", mode: "start", ...figures }));
    return;
  }
  const row = (name: string, samples: Samples) => [
    name,
    ...[0.5, 0, 1].map((share) => formatFigure(samples.quantile(share))),
  ];
  const lines = formatTable([
    ["start to ready", "median ms", "least ms", "most ms"],
    row("voidkad", node),
    row("Deno.serve", hello),
  ]);
  for (const line of lines) say(line);
  say(`${formatFigure(ratio)} times the start of Deno.serve; the goal is below ${RATIO_MAX}`);
}
