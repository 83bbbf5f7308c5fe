/**
 * What keeping values on the disk costs, and how long a start takes with them: `deno task bench:kept --help`.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import process from "node:process";
import type { Flags } from "../../../lib/cli/spec/flags.ts";
import { writeLine } from "../../../lib/cli/terminal/output.ts";
import { HASH_SEED_BYTES, ValueStore } from "../../../lib/core/store/value_store.ts";
import type { FollowedStore, StoreKeeper } from "../../../lib/core/store/keeper.ts";
import { formatBytes, formatCount, formatMs } from "../../../lib/format/format.js";
import { formatTable } from "../../../lib/format/table.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { Journal } from "../../../lib/persist/journal.ts";
import type { FlagReader } from "../../common/flag_reader.ts";
import { runScript, type ScriptSpec } from "../../common/run_script.ts";

const USAGE = `\
Usage: deno task bench:kept [--values N] [--bytes N] [--folder FOLDER]

Fills a value store in memory, then one that a file follows, starts again from the file, and deletes all values.
Before that, values come slowly for some seconds to one of each: what counts then is the processor time of a batch.

  --values N       values to store (1,000,000)
  --bytes N        size of each (256)
  --folder FOLDER  where the file is made, to be removed at the end (a new one where temporary files are)
`;

const TTL_MS = 3_600_000;
/** Values between two turns of the event loop, as requests of peers come. */
const AT_A_STRETCH = 1_000;
/** A network of ten that takes 400 PUTs a second brings so many to each of its nodes. */
const SLOW_PER_SECOND = 400;
const SLOW_MS = 8_000;
const SLOW_STEP_MS = 10;
const NODE_ID = "00".repeat(32);

const SCRIPT: ScriptSpec = {
  name: "bench:kept",
  usage: USAGE,
  values: ["values", "bytes", "folder"],
};

if (import.meta.main) Deno.exit(await runScript(SCRIPT, main));

async function main(read: FlagReader, flags: Flags): Promise<void> {
  const folder = flags.values.get("folder");
  const load = {
    values: read.integer("values", 1_000_000, 1, 10_000_000),
    bytes: read.integer("bytes", 256, 8, 65_495),
  };
  const made = await Deno.makeTempDir({ prefix: "voidkad-bench-", ...folder && { dir: folder } });
  try {
    await measure(`${made}/kept.db`, load);
  } finally {
    await Deno.remove(made, { recursive: true });
  }
}

interface Load {
  readonly values: number;
  readonly bytes: number;
}

async function measure(path: string, load: Load): Promise<void> {
  await putSlowly(newStore(), load); // until the code has been compiled
  const slowAlone = await putSlowly(newStore(), load);
  const slow = openJournal(`${path}-slow`);
  await slow.journal.open(slow.followed);
  const slowFollowed = await putSlowly(slow.store, load);
  await slow.journal.close();

  const alone = await fill(newStore(), load);
  const first = openJournal(path);
  await first.journal.open(first.followed);
  const followed = await fill(first.store, load);
  const startedAt = performance.now();
  await first.journal.close();
  const closeMs = performance.now() - startedAt;
  const { size } = await Deno.stat(path);

  const second = openJournal(path);
  const openedAt = performance.now();
  const { replicas } = await second.journal.open(second.followed);
  const openMs = performance.now() - openedAt;
  if (replicas !== load.values || second.store.size !== load.values) {
    throw new Error(`${replicas} of ${load.values} values were read`);
  }
  const expiredAt = performance.now();
  while (second.store.expire(Infinity, AT_A_STRETCH) > 0) await turn();
  await second.journal.close();
  const expireMs = performance.now() - expiredAt;
  const left = (await Deno.stat(path)).size;

  const rate = (ms: number) => `${formatCount(Math.round(load.values / ms * 1_000))}/s`;
  const share = (ms: number) => `${formatMs(ms)} a second`;
  const rows = [
    [`${SLOW_PER_SECOND} values a second, memory alone: processor time`, share(slowAlone)],
    [`${SLOW_PER_SECOND} values a second that a file follows`, share(slowFollowed)],
    ["values of memory alone", rate(alone)],
    ["values that the file follows", rate(followed)],
    ["  until the last is on the disk, after that", formatMs(closeMs)],
    ["file for each value", `${Math.round(size / load.values)} B`],
    ["start: all values read", `${formatMs(openMs)} (${rate(openMs)})`],
    ["all values deleted and the file closed", formatMs(expireMs)],
    ["  the file then", formatBytes(left)],
  ];
  for (
    const line of formatTable([
      ["", `${formatCount(load.values)} values of ${load.bytes} B`],
      ...rows,
    ])
  ) {
    writeLine(Deno.stdout, line);
  }
}

function newStore(keeper?: StoreKeeper): ValueStore {
  return new ValueStore({ sha256, seed: new Uint8Array(HASH_SEED_BYTES), keeper });
}

function openJournal(path: string) {
  const journal = new Journal({
    path,
    nodeId: NODE_ID,
    durability: "relaxed",
    values: true,
    onState: (failure) => {
      if (failure !== null) throw new Error(failure);
    },
  });
  const store = newStore({
    keep: (replica) => journal.keep(replica),
    forget: (row) => journal.forget(row),
  });
  const followed: FollowedStore = {
    networkNow: Date.now,
    noteKeptAt: () => {},
    restore: (replica) => {
      store.put({ ...replica, ttlMs: TTL_MS }, { now: 0, keptAs: replica.row });
    },
    unkept: () => [],
    noteRestoredLate: () => {},
    keptRows: () => store.keptNumbers(),
    forgetRows: (rows) => store.forgetKept(rows),
  };
  return { journal, store, followed };
}

/** Puts all values; returns how long it took. */
async function fill(store: ValueStore, { values, bytes }: Load): Promise<number> {
  const put = putter(store, bytes);
  const startedAt = performance.now();
  for (let i = 0; i < values; i++) {
    put(i);
    if (i % AT_A_STRETCH === 0) await turn();
  }
  return performance.now() - startedAt;
}

/** Puts values as they come to a node; returns the processor time of all threads in a second, in milliseconds. */
async function putSlowly(store: ValueStore, { bytes }: Load): Promise<number> {
  const put = putter(store, bytes);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let ms = 0;
  for (let i = 0; ms < SLOW_MS; ms = performance.now() - startedAt) {
    while (i < ms * SLOW_PER_SECOND / 1_000) put(i++);
    await delay(SLOW_STEP_MS);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ms;
}

/** Puts the value of a number. */
function putter(store: ValueStore, bytes: number): (i: number) => void {
  const key = new Uint8Array(32);
  const value = new Uint8Array(bytes);
  const nonce = new Uint8Array(32);
  return (i) => {
    new DataView(key.buffer).setUint32(0, Math.imul(i, 0x9e37_79b1));
    new DataView(value.buffer).setUint32(0, i);
    const times = { stamp: 1 + i, expiresAt: 1 + i + TTL_MS, ttlMs: TTL_MS };
    store.put({ key, value, nonce, ...times, replication: 20 }, { now: 0 });
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
