/**
 * Finds the tests with random numbers, and runs each of them with one seed after another.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../common/root.ts";

/** The module from which every random test gets its seed. */
const SEED_MODULE = join(ROOT, "tests/support/core/seed.ts");
/** Folders whose tests start processes: they take seconds each, and little in them is random. */
const PASSED_OVER = ["browser", "processes"];

/** One registered test. */
export interface RegisteredTest {
  readonly name: string;
  readonly fn: (context: Deno.TestContext) => void | Promise<void>;
}

/** A run of a test that failed. */
export interface FailedRun {
  readonly seed: number;
  readonly error: unknown;
}

/** How often to run a test. */
export interface RunOptions {
  /** The first seed; the next ones follow it. */
  readonly seed: number;
  readonly runs: number;
  /** No further run begins after so many seconds. */
  readonly secondsMax: number;
}

/** What came of the runs of one test. */
export interface TestRuns {
  readonly runs: number;
  readonly seconds: number;
  readonly failed: readonly FailedRun[];
}

/** Paths of all test files that import the module of seeds, directly or through others. */
export function findRandomTests(): string[] {
  const files = walk(join(ROOT, "tests"));
  const importers = new Map<string, string[]>();
  for (const path of files) {
    for (const imported of importsOf(path)) {
      importers.set(imported, [...importers.get(imported) ?? [], path]);
    }
  }
  const found = new Set([SEED_MODULE]);
  for (const path of found) for (const importer of importers.get(path) ?? []) found.add(importer);
  return [...found].filter((path) => path.endsWith("_test.ts")).sort();
}

function walk(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (PASSED_OVER.includes(name)) return [];
    const path = join(folder, name);
    return isDirectory ? walk(path) : [path];
  });
}

function importsOf(path: string): string[] {
  const names = Deno.readTextFileSync(path).matchAll(/ from "(\..*?)"/g);
  return [...names].map(([, name]) => join(dirname(path), name!));
}

/** Loads a file and returns the tests that it registers. */
export async function loadTests(path: string): Promise<RegisteredTest[]> {
  const tests: RegisteredTest[] = [];
  const register = (nameOrTest: string | RegisteredTest, fn?: RegisteredTest["fn"]) => {
    tests.push(typeof nameOrTest === "string" ? { name: nameOrTest, fn: fn! } : nameOrTest);
  };
  const { test } = Deno;
  Object.defineProperty(Deno, "test", { value: register, configurable: true, writable: true });
  try {
    await import(pathToFileURL(path).href);
  } finally {
    Object.defineProperty(Deno, "test", { value: test, configurable: true, writable: true });
  }
  return tests;
}

/** Runs a test with one seed after another; once only if it asks for none. Returns null then. */
export async function runWithSeeds(
  test: RegisteredTest,
  { seed: first, runs, secondsMax }: RunOptions,
): Promise<TestRuns | null> {
  const failed: FailedRun[] = [];
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  let done = 0;
  while (done < runs && (done === 0 || seconds() < secondsMax)) {
    const seed = (first + done++) >>> 0;
    const { error, isRandom } = await runOnce(test, seed);
    if (error !== null) failed.push({ seed, error });
    if (!isRandom) return error === null ? null : { runs: 1, seconds: seconds(), failed };
  }
  return { runs: done, seconds: seconds(), failed };
}

/** Runs a test with a seed in the environment. A random test says which one it uses, see the module of seeds. */
async function runOnce({ fn }: RegisteredTest, seed: number) {
  const { log } = console;
  let isRandom = false;
  Deno.env.set("SEED", `${seed}`);
  console.log = (...words: unknown[]) => {
    if (words[0] === `seed ${seed}`) isRandom = true;
  };
  try {
    await fn(CONTEXT);
    return { error: null, isRandom };
  } catch (error) {
    return { error: error ?? new Error("nothing was thrown"), isRandom };
  } finally {
    console.log = log;
  }
}

/** What a test may want of its context: steps. */
const CONTEXT = {
  step: async (_name: string, fn: RegisteredTest["fn"]) => {
    await fn(CONTEXT);
    return true;
  },
} as unknown as Deno.TestContext;
