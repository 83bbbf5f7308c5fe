import { assert, assertEquals } from "@std/assert";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { linesOf } from "../../lib/cli/terminal/lines.ts";
import { type Durability, Journal } from "../../lib/persist/journal.ts";
import { newRandom } from "../support/api_clients.ts";
import { writtenReplica } from "../support/written_replica.ts";

const ROUNDS = 4;
/** On a busy machine little is deleted in these. */
const ROUNDS_MAX = 20;
const DELETED_MIN = 100;
const RUNS_MS = 600;
/** What a crash may lose with `relaxed` is 100 ms; a busy machine's disk may take longer. */
const RELAXED_LOSS_MAX_MS = 2_000;

/** What the killed processes have said. */
class Said {
  /** Numbers of replicas that are safe, and when they were written. */
  readonly kept = new Map<number, number>();
  readonly deleting = new Set<number>();
  /** Numbers of replicas that were deleted, and when. */
  readonly gone = new Map<number, number>();
  readonly states: string[] = [];
  holds: readonly number[] = [];
  next = 1;

  note(line: string): void {
    const [word, ...rest] = line.split(" ");
    const numbers = rest.filter((text) => text !== "").map(Number);
    if (word === "holds") this.holds = numbers;
    else if (word === "deleting") this.deleting.add(numbers[0]!);
    else if (word === "state") this.states.push(line);
    else {
      const [at, ...some] = numbers as [number, ...number[]];
      if (word === "kept") { for (const number of some) this.kept.set(number, at); }
      else for (const number of some) this.gone.set(number, at);
    }
  }
}

/** Lets the writer run for a time, and kills it in the middle of what it does. */
async function runAndKill(
  args: readonly string[],
  runsMs: number,
  { said, check }: { readonly said: Said; readonly check: (said: Said) => void },
): Promise<number> {
  const writer = "tests/support/programs/journal_writer.ts";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...DENO_RUN, "--allow-read", "--allow-write", writer, ...args, String(said.next)],
    stdout: "piped",
  }).spawn();
  let killedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lines = linesOf(child.stdout.pipeThrough(new TextDecoderStream()), Infinity);
  for await (const line of lines) {
    if (line === null) continue; // none is too long
    timer ??= setTimeout(() => {
      killedAt = Date.now();
      child.kill("SIGKILL");
    }, runsMs);
    said.note(line);
    if (line.startsWith("holds")) check(said);
  }
  await child.status;
  said.next = 1 + said.next + 1_000_000;
  return killedAt;
}

for (const durability of ["full", "relaxed"] as const satisfies readonly Durability[]) {
  Deno.test(`what was safe is there after SIGKILL at any moment, with ${durability} durability`, async () => {
    const random = newRandom();
    const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
    const path = `${folder}/kept.db`;
    try {
      const said = new Said();
      let killedAt = 0;
      const isDone = (round: number) =>
        round > (said.gone.size > DELETED_MIN ? ROUNDS : ROUNDS_MAX);
      for (let round = 0; !isDone(round); round++) {
        const check = (said: Said) => assertHeld(said, killedAt, durability);
        killedAt = await runAndKill([path, durability], RUNS_MS * random.next(), { said, check });
      }
      assert(said.gone.size > DELETED_MIN, `${said.gone.size} replicas were deleted`);
      await assertWhole(path);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** What a process has found is what those before it have said, but for what the last crash may have lost. */
function assertHeld(said: Said, killedAt: number, durability: Durability): void {
  assertEquals(said.states, []);
  const holds = new Set(said.holds);
  const lossMs = durability === "full" ? 0 : RELAXED_LOSS_MAX_MS;
  const isSafe = (at: number) => at < killedAt - lossMs;
  for (const [number, at] of said.kept) {
    if (isSafe(at) && !said.deleting.has(number)) assert(holds.has(number), `${number} is lost`);
    if (!holds.has(number)) said.kept.delete(number);
  }
  for (const [number, at] of said.gone) {
    if (isSafe(at)) assert(!holds.has(number), `${number} has come back`);
    if (holds.has(number)) said.gone.delete(number);
  }
}

/** Each replica that the file holds is, byte for byte, one that was written. */
async function assertWhole(path: string): Promise<void> {
  let count = 0;
  const journal = new Journal({
    path,
    nodeId: "ab".repeat(32),
    durability: "full",
    values: true,
    onState: () => {},
  });
  await journal.open({
    restore: ({ row: _, ...replica }) => {
      assertEquals(structuredClone(replica), writtenReplica(replica.stamp));
      count++;
    },
    networkNow: Date.now,
    noteKeptAt: () => {},
    unkept: () => [],
    noteRestoredLate: () => {},
    keptRows: () => new Uint32Array(),
    forgetRows: () => {},
  });
  await journal.close();
  assert(count > 0);
}
