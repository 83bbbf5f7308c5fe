/**
 * Nodes that may have few file descriptors, and connections that say nothing.
 *
 * @module
 */

import type { Program } from "../../../scripts/common/node_process.ts";
import { program } from "../test_node_process.ts";

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
