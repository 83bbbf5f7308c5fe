/**
 * The file in its folder by which a running node is found: where it listens, and what its HTTP asks for.
 *
 * @module
 */

import { join } from "node:path";
import { decodeHex } from "@std/encoding/hex";
import { type Address, formatAddress, parseAddress } from "../core/kademlia/address.ts";
import { ID_BYTES } from "../core/limits.ts";
import { describeFileError, writeWhole } from "../identity/atomic_file.ts";
import type { Log } from "../node/ports.ts";
import type { HttpNode } from "./clients/http_client.ts";
import { UsageError } from "./errors.ts";

const RUN_FILE = "run.json";

/** The file of a node's folder. */
export function runFileOf(folder: string): string {
  return join(folder, RUN_FILE);
}

/** What stands in it, as JSON. */
interface RunDocument {
  /** Of the process. */
  readonly pid: number;
  /** Of the node: 64 hex digits. */
  readonly id: string;
  readonly version: string;
  /** Addresses as `ip:port`. */
  readonly api: string;
  readonly http: string | null;
  /** The token that HTTP asks for; null for none. */
  readonly httpToken: string | null;
}

/** A node that runs, as its folder says. */
export interface RunningIn {
  readonly http: HttpNode | null;
  readonly api: Address;
}

/** What a node says of itself. */
export interface RunFacts {
  readonly id: string;
  readonly version: string;
  readonly api: Address;
  readonly http: Address | null;
  readonly httpToken: string | null;
}

/**
 * Writes where a node is into its folder, until disposed of. A node that cannot write there runs all the same, and says
 * so: commands then need its address.
 */
export async function writeRunFile(
  folder: string,
  { api, http, ...facts }: RunFacts,
  log: Log,
): Promise<AsyncDisposable> {
  const path = runFileOf(folder);
  const document: RunDocument = {
    pid: Deno.pid,
    ...facts,
    api: formatAddress(api),
    http: http && formatAddress(http),
  };
  try {
    await writeWhole(path, `${JSON.stringify(document)}\n`, 0o600);
  } catch (error) {
    log(
      "warn",
      `Commands must be given this node's address: cannot write "${path}": ${
        describeFileError(error)
      }`,
    );
  }
  return { [Symbol.asyncDispose]: () => removeOwn(path) };
}

/**
 * Reads where the node of a folder is.
 *
 * @returns null if no node has written there, or it has ended in order.
 * @throws {UsageError} if the file is none of a node.
 */
export async function readRunFile(folder: string): Promise<RunningIn | null> {
  const path = runFileOf(folder);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotADirectory) return null;
    throw new UsageError(`Cannot read "${path}": ${describeFileError(error)}`);
  }
  try {
    const { id, pid, api, http, httpToken: token } = JSON.parse(text) as RunDocument;
    if (decodeHex(id).length !== ID_BYTES) throw new SyntaxError("its id is no id");
    const ended = `the node of "${folder}", process ${pid}, has ended without removing ${RUN_FILE}`;
    return {
      api: parseAddress(api),
      http: http === null ? null : { ...parseAddress(http), token, id, whenRefused: ended },
    };
  } catch (error) {
    throw new UsageError(`"${path}" is not what a node has written: ${(error as Error).message}`);
  }
}

/** Removes the file, unless another process has written it since. */
async function removeOwn(path: string): Promise<void> {
  try {
    const { pid } = JSON.parse(await Deno.readTextFile(path)) as RunDocument;
    if (pid === Deno.pid) await Deno.remove(path);
  } catch {
    // It is not there, or not to be read: the next start writes it anew.
  }
}
