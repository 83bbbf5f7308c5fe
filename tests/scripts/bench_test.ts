import { assert, assertEquals, assertMatch } from "@std/assert";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { ROOT } from "../../scripts/common/root.ts";
import { type BenchOptions, readOptions, replicasAt } from "../../scripts/bench/bench_flags.ts";
import { PHASES, type RunResult } from "../../scripts/bench/report/run_result.ts";
import { formatSpread, median } from "../../scripts/bench/report/statistics.ts";

async function run(script: string, ...flags: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...DENO_RUN, "--allow-all", `scripts/bench/${script}.ts`, ...flags],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}

async function fails(script: string, flags: string, message: string): Promise<void> {
  const { code, stdout, stderr } = await run(script, ...flags.split(" "));
  assertEquals([stderr, code, stdout], [`${message}\n`, 2, ""]);
}

Deno.test("three nodes in one process do all the work, in the peers' fields", async () => {
  const flags = ["--nodes", "3", "--ops", "10", "--warm", "5", "--rounds", "1", "--json"];
  const { code, stdout, stderr } = await run("bench", ...flags);
  assertEquals([code, stderr], [0, ""], "nothing of progress without a terminal");
  const result = JSON.parse(stdout) as RunResult;
  assertEquals([result.peer, result.nodes, result.processes], ["voidkad", 3, 1]);
  for (const phase of PHASES) {
    const { asked, ok, wrong_bytes, success_rate } = result[phase];
    assertEquals({ asked, ok, wrong_bytes, success_rate }, {
      asked: 10,
      ok: 10,
      wrong_bytes: 0,
      success_rate: 1,
    });
    if (phase.startsWith("get")) {
      assertEquals(result[phase].reader_holds_share, 0, "GETs are remote");
    } else assertEquals(result[phase].acks_per_op, 1);
  }
  assertEquals(result.table_min, 2);
  assertEquals(result.pairs_end, 6);
  assert(result.handshakes_end! >= result.pairs_end!, "every pair that talks has a connection");
});

Deno.test("with a process for each node, the nodes are asked who holds what", async () => {
  const flags = ["--nodes", "3", "--ops", "5", "--warm", "2", "--rounds", "1", "--json"];
  const { code, stdout, stderr } = await run("bench", "--processes", ...flags);
  assertEquals([code, stderr], [0, ""]);
  const { processes, get_c1, get_c32 } = JSON.parse(stdout) as RunResult;
  assertEquals(processes, 4);
  for (const { ok, reader_holds_share, copies_per_value } of [get_c1, get_c32]) {
    assertEquals([ok, reader_holds_share], [5, 0]);
    assert(
      copies_per_value! >= 1 && copies_per_value! <= 2,
      "one replica, and the value cached at the writer",
    );
  }
});

Deno.test("values are printed as a table without --json", async () => {
  const { code, stdout } = await run(
    "bench",
    ...["--nodes", "3", "--ops", "5", "--warm", "2", "--rounds", "1", "--proof-of-work-bits", "1"],
  );
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^Values of 256 bytes, proof of work of 1 bits, all nodes .* in one process$/m,
  );
  assertMatch(stdout, /^get_c32 +ops\/s .*\n3 voidkad R=1( +[\d.]+)+$/m);
});

Deno.test("wrong flags are named", async () => {
  await fails("bench", "--nodes 2", 'bench: --nodes: "2" is not a number between 3 and 1000');
  await fails(
    "bench",
    "--nodes 3 --replication 3",
    "bench: --replication: of 3 nodes, one has to be left to read through: at most 2",
  );
  await fails("bench", "--cold", "bench: --cold: it needs --processes too");
  await fails("echo_limits", "--rounds x", 'bench:limits: --rounds: "x" is not a number');
});

Deno.test("as many replicas as leave one node to read through, or as many as are said", () => {
  const read = (...args: string[]): BenchOptions => readOptions(args)!;
  assertEquals([3, 10, 30].map((nodes) => replicasAt(nodes, read())), [1, 8, 20]);
  assertEquals(replicasAt(30, read("--replication", "8")), 8);
  assertEquals(read("--no-pooling").run.pooling, false);
});

Deno.test("medians and ranges of what is known", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, NaN]);
  assertEquals(formatSpread([1, null, 3, 2]), "2.00 [1.00-3.00]");
  assertEquals(formatSpread([150, 150]), "150");
  assertEquals(formatSpread([null, undefined]), "-");
});
