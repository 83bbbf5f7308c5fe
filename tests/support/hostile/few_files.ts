/**
 * Nodes that may have few file descriptors, and connections that say nothing.
 *
 * @module
 */

import type { Program } from "../../../scripts/common/node_process.ts";
import { apiGet, apiPut, join } from "../frames.ts";
import { RawConnection } from "../raw_connection.ts";
import { type NodeProcess, program } from "../test_node_process.ts";
import { bytesOf, keyOf } from "../values.ts";

const SUCCESS = 652;

/** The program under test, in a process that may have so many file descriptors. */
export function withFiles(count: number): Program {
  const { command, args } = program();
  return {
    command: "bash",
    args: ["-c", `ulimit -n ${count}; exec "$@"`, "bash", command, ...args],
  };
}

/** Many connections on which nothing is ever said. Disposing of it ends them. */
export class SilentCrowd implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #connecting: Promise<void>[] = [];
  readonly #conns: Deno.Conn[] = [];

  /** Begins to connect so many times; most of them may have to wait. */
  constructor(port: number, count: number) {
    // Else connections that are made at the moment of the abort are lost.
    Object.defineProperty(this.#abort.signal, "throwIfAborted", { value: () => {} });
    for (let i = 0; i < count; i++) this.#connecting.push(this.#connect(port));
  }

  /** Connections that the system of the other side has taken. */
  get connected(): number {
    return this.#conns.length;
  }

  async #connect(port: number): Promise<void> {
    try {
      const { signal } = this.#abort;
      this.#conns.push(await Deno.connect({ hostname: "127.0.0.1", port, signal }));
    } catch {
      // Refused, or given up at the end.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#connecting);
    for (const conn of this.#conns) conn.close();
  }
}

/** What `/healthz` says; null if it says nothing within a time. */
export async function health({ ready }: NodeProcess, limitMs = 5_000): Promise<string | null> {
  try {
    const { port } = ready.http!;
    const signal = AbortSignal.timeout(limitMs);
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
    return await answer.text();
  } catch {
    return null;
  }
}

/** Whether a value that is put through one node is found through another. */
export async function passes(from: NodeProcess, to: NodeProcess): Promise<boolean> {
  const key = keyOf(`${Math.random()}`);
  using putting = await RawConnection.toApi(from.ready.api.port);
  await putting.write(join(apiPut(key, bytesOf("value"), { replication: 2 }), apiGet(key)));
  await putting.next();
  using getting = await RawConnection.toApi(to.ready.api.port);
  await getting.write(apiGet(key));
  return (await getting.next())?.type === SUCCESS;
}
