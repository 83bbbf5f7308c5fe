import { assert, assertEquals, assertMatch } from "@std/assert";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { ROOT } from "../../scripts/common/root.ts";

const SMALL = "--nodes 24 --values 20 --hours 0.2 --churn 15 --churn-shape 0.5 " +
  "--kill 0.2 --slow 0.1 --loss 0.05 --seed 7 --without-codec";

/** Variables that say where the fetched packages are. */
const CACHE = Object.fromEntries(
  ["HOME", "DENO_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }),
);

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  script: string,
  flags: string | readonly string[],
  deno = Deno.execPath(),
): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(deno, {
    args: [
      ...DENO_RUN,
      "--allow-write",
      `scripts/simulate/${script}.ts`,
      ...typeof flags === "string" ? flags.split(" ") : flags,
    ],
    cwd: ROOT,
    clearEnv: true,
    env: { NO_COLOR: "1", ...CACHE },
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}

/** The output without what differs from run to run. */
function steady({ stdout }: Run): string {
  return stdout.replaceAll(/^(real time|memory) .*$/gm, "");
}

function replayLine({ stdout, stderr }: Run): string {
  return /^replay .*$/m.exec(stdout)?.[0] ?? stderr;
}

async function fails(script: string, flags: string, message: string): Promise<void> {
  const { code, stdout, stderr } = await run(script, flags);
  assertEquals([stderr, code, stdout], [`${message}\n`, 2, ""]);
}

Deno.test("the printed line replays the run", async () => {
  const first = await run("simulate", SMALL);
  assertEquals([first.code, first.stderr], [0, ""], "nothing of progress without a terminal");
  const [line] = first.stdout.split("\n");
  assertMatch(
    line!,
    /^deno task simulate --seed 7 --nodes 24 .* --churn-killed 0.5 --without-codec$/,
  );
  assertMatch(replayLine(first), /^replay +[\d,]+ events, hash [0-9a-f]{8}$/);
  const again = await run("simulate", line!.replace("deno task simulate ", ""));
  assertEquals(steady(again), steady(first));
});

Deno.test({
  name: "other versions of Deno, named by DENO_OTHER, replay it too",
  ignore: !Deno.env.get("DENO_OTHER"),
  fn: async () => {
    const here = replayLine(await run("simulate", SMALL));
    for (const deno of Deno.env.get("DENO_OTHER")!.split(":")) {
      assertEquals(replayLine(await run("simulate", SMALL, deno)), here, deno);
    }
  },
});

Deno.test("results for machines, and a page that needs nothing else", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/report.html`;
  const { code, stdout, stderr } = await run("simulate", [
    ...SMALL.split(" "),
    "--json",
    "--report",
    file,
  ]);
  assertMatch(stderr, /^deno task simulate --seed 7 /);
  const { options, replay, gets, samples, marks, puts } = JSON.parse(stdout);
  assertEquals([code, options.seed, puts.count, samples.length], [0, 7, 20, 13]);
  assertMatch(replay.hash, /^[0-9a-f]{8}$/);
  assertEquals(gets.map(({ name }: { name: string }) => name), [
    "before",
    "under faults",
    "at the end",
  ]);
  assertEquals(marks.map(({ label }: { label: string }) => label), ["20 % killed", "churn begins"]);
  const page = await Deno.readTextFile(file);
  assertEquals(page.match(/<svg /g)?.length, 6);
  assert(!/https?:|<script|<link|@import|url\(/.test(page), "nothing is loaded");
  assert(!/NaN|undefined|Infinity/.test(page), "every number is one");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("without hours, values are put and got once", async () => {
  const { code, stdout } = await run("simulate", "--nodes 20 --values 5 --hours 0 --kill 0.5");
  assertEquals(code, 0);
  assertMatch(stdout, /^GETs before +5 .*\nGETs at the end +5 /m);
});

Deno.test("what is wrong with a flag is one line and exit status 2", async () => {
  await Promise.all([
    fails(
      "simulate",
      "--node 5",
      'simulate: Unknown flag "--node" (did you mean "--nodes"?)',
    ),
    fails("simulate", "--nodes 0", "simulate: --nodes: 0 is not between 1 and 1000000"),
    fails("simulate", "--nodes 1.5", "simulate: --nodes: 1.5 is not a whole number"),
    fails("simulate", "--kill half", 'simulate: --kill: "half" is not a number'),
    fails("simulate", "--churn-shape 2", "simulate: --churn-shape: it needs --churn too"),
    fails(
      "simulate",
      "--latency intranet",
      'simulate: --latency: "intranet" is not one of lan, internet (did you mean "internet"?)',
    ),
    fails(
      "simulate",
      "--partition 90",
      "simulate: --partition: 90 minutes are longer than --hours 1",
    ),
    fails("simulate", "--replication 21", "simulate: --replication: 21 is not between 1 and 20"),
    fails(
      "simulate_all",
      "--only study",
      'simulate:all: --only: "study" is not a scenario' +
        ' (did you mean "steady"?)',
    ),
  ]);
  const unwritable = await run("simulate", ["--report", `${ROOT}no/such/folder.html`]);
  assertMatch(unwritable.stderr, /^simulate: .*No such file/);
  assertEquals(unwritable.code, 1);
});

Deno.test("help tells the flags", async () => {
  const { code, stdout } = await run("simulate", "--help");
  assertMatch(stdout, /--adversary-kind collude\|protocolError\|silent\|drop /);
  assertEquals(code, 0);
  assertMatch(stdout, /--partition MINUTES/);
  assertMatch((await run("simulate_all", "--help")).stdout, /--only NAME .*steady/);
});

Deno.test("one scenario runs by its name, and its row says what it measured", async () => {
  const { code, stdout } = await run("simulate_all", "--only first-second --short --seed 3");
  assertEquals(code, 0);
  assertMatch(stdout, /^first-second .* yes +3 +[\d.]+ s +[\d.]+ [MG]B/m);
});

Deno.test("a swarm says how many runs broke a promise, and takes no flags of other runs", async () => {
  const { code, stdout } = await run("simulate", "--swarm 2 --seed 1");
  assertEquals(code, 0, stdout);
  assertMatch(stdout, /^2 runs from seed 1, [\d,]+ PUTs, [\d,]+ GETs: 0 broke a promise\n$/);
  const wrong = await run("simulate", "--swarm 2 --nodes 5");
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /^simulate: .*--nodes/);
});
