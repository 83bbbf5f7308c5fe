/**
 * `voidkad export`: writes the replicas of a node, one line of JSON for each.
 *
 * @module
 */

import { join, resolve } from "node:path";
import type { ReplicaDocument, ReplicaPageDocument } from "../../admin/contract.ts";
import { describeReplica } from "../../admin/replica_document.ts";
import { plural } from "../../format/format.js";
import { describeFileError, fillWhole } from "../../identity/atomic_file.ts";
import { KEPT_FILE } from "../../persist/kept_file.ts";
import { readKept } from "../../persist/read_kept.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { EXIT_FAILURE } from "../errors.ts";
import type { Flags } from "../spec/flags.ts";
import { logLine, type Sink, writeJson } from "../terminal/output.ts";

const LIMIT_MS = 30_000;

/** What an export has found besides replicas. */
interface Source {
  /** Parts that could not be read, as sentences. */
  readonly damage: readonly string[];
  readonly replicas: AsyncIterable<ReplicaDocument>;
}

/** Runs the command; returns its exit status. */
export async function exportValues({ values }: Flags): Promise<number> {
  const folder = values.get("data-dir");
  const source = folder === undefined ? await fromNode(values) : fromFile(folder);
  const output = values.get("output");
  const count = output === undefined
    ? await write(source.replicas, Deno.stdout)
    : await writeFile(source.replicas, output);
  for (const line of source.damage) logLine(Deno.stderr, `voidkad: export: ${line}`);
  if (count === null) return 0; // the reader has gone
  logLine(Deno.stderr, `${plural(count, "value")} exported`);
  return source.damage.length > 0 ? EXIT_FAILURE : 0;
}

/** Asks a running node for what it holds. */
async function fromNode(flags: ReadonlyMap<string, string>): Promise<Source> {
  const node = await readHttpAddress(flags);
  async function* pages(): AsyncGenerator<ReplicaDocument> {
    for (let from: number | null = 0; from !== null;) {
      const path = `/v1/replicas?from=${from}`;
      const page: ReplicaPageDocument = await askJson(node, path, LIMIT_MS);
      yield* page.replicas;
      from = page.next;
    }
  }
  return { damage: [], replicas: pages() };
}

/** Reads what a node that does not run has kept. */
function fromFile(folder: string): Source {
  const damage: string[] = [];
  async function* replicas(): AsyncGenerator<ReplicaDocument> {
    const path = join(resolve(folder), KEPT_FILE);
    for (const replica of readKept(path, (line) => damage.push(line))) {
      yield describeReplica(replica);
    }
  }
  return { damage, replicas: replicas() };
}

/** Returns how many lines were written; null if nobody reads them any more. */
async function write(
  replicas: AsyncIterable<ReplicaDocument>,
  sink: Sink,
): Promise<number | null> {
  let count = 0;
  for await (const replica of replicas) {
    if (!writeJson(sink, replica)) return null;
    count++;
  }
  return count;
}

/** Writes a file that has its name once it is whole. */
async function writeFile(
  replicas: AsyncIterable<ReplicaDocument>,
  path: string,
): Promise<number | null> {
  let count: number | null = null;
  try {
    await fillWhole(path, 0o600, async (file) => {
      count = await write(replicas, file);
    });
  } catch (error) {
    if (!isOfFile(error)) throw error;
    throw new Error(`Cannot write "${path}": ${describeFileError(error)}`, { cause: error });
  }
  return count;
}

/** Whether an error comes from the system, and not from what is written. */
function isOfFile(error: unknown): boolean {
  return Object.values(Deno.errors).some((type) => error instanceof type);
}
