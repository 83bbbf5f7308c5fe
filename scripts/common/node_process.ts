/**
 * A node in a process of its own: started, watched through what it prints, and ended.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { PERMISSIONS } from "./permissions.ts";
import { ROOT } from "./root.ts";
import { resolve } from "node:path";
import { type Address, parseAddress } from "../../lib/core/kademlia/address.ts";

/** How to run the program: an executable, and what comes before the program's own arguments. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** How a process ended. */
export interface Ended {
  /** Exit status; 128 and the signal's number if a signal ended it. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** From the signal to the end, in milliseconds. */
  readonly afterMs: number;
}

/** The fields of the line `ready ...`. */
interface Ready {
  /** 64 hex digits. */
  readonly id: string;
  readonly p2p: Address;
  readonly api: Address;
  /** Null if it is off. */
  readonly http: Address | null;
  /** The file of the node's certificate. */
  readonly cert: string;
}

const READY_LIMIT_MS = 30_000;
const JOIN_LIMIT_MS = 20_000;
/** How long a node may take to close before it is killed; more than it should need. */
const CLOSE_LIMIT_MS = 10_000;

/** The program that was compiled into a binary; without one, `main.ts` by the Deno that runs this. */
export function programOf(binary?: string): Program {
  if (binary) return { command: resolve(binary), args: [] };
  const main = `${ROOT}main.ts`;
  return { command: Deno.execPath(), args: ["run", "--cached-only", ...PERMISSIONS, main] };
}

/** The whole text of a stream, in which one can wait for a match. */
class Output {
  text = "";
  readonly ended: Promise<void>;
  readonly #watchers = new Set<() => void>();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.ended = this.#collect(stream);
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
      this.text += chunk;
      for (const watcher of this.#watchers) watcher();
    }
  }

  /** The first match in whole lines; null if the stream ends, or the time does, without one. */
  async find(pattern: RegExp, limitMs: number): Promise<RegExpExecArray | null> {
    const { promise, resolve } = Promise.withResolvers<RegExpExecArray | null>();
    const look = () => {
      const match = pattern.exec(this.text.slice(0, this.text.lastIndexOf("\n") + 1));
      if (match) resolve(match);
    };
    this.#watchers.add(look);
    void this.ended.then(() => resolve(null));
    look();
    try {
      return await deadline(promise, limitMs);
    } catch {
      return null;
    } finally {
      this.#watchers.delete(look);
    }
  }
}

/** A running node. Disposing of it kills the process. */
export class NodeProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Output;
  readonly #stderr: Output;
  #ready: Ready | null = null;
  #status: Deno.CommandStatus | null = null;

  private constructor(
    { command, args }: Program,
    flags: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.#child = new Deno.Command(command, {
      args: [...args, "start", ...flags],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = new Output(this.#child.stdout);
    this.#stderr = new Output(this.#child.stderr);
    void this.#child.status.then((status) => this.#status = status);
  }

  /**
   * Starts a node and waits until it serves.
   *
   * @param onSpawned gets it as soon as there is a process to be ended.
   * @param env variables of its environment besides those of this process.
   * @throws {Error} with the output of the node, if it does not become ready.
   */
  static async start(
    program: Program,
    flags: readonly string[],
    onSpawned: (node: NodeProcess) => void = () => {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<NodeProcess> {
    const node = new NodeProcess(program, flags, env);
    onSpawned(node);
    const match = await node.#stdout.find(
      /^ready id=([0-9a-f]{64}) p2p=(\S+) api=(\S+)(?: http=(\S+))? cert=(.+)\n/,
      READY_LIMIT_MS,
    );
    if (!match) {
      await node[Symbol.asyncDispose]();
      throw new Error(`The node did not become ready: ${node.stdout}${node.stderr}`);
    }
    const [, id = "", p2p = "", api = "", http, cert = ""] = match;
    node.#ready = {
      id,
      p2p: parseAddress(p2p),
      api: parseAddress(api),
      http: http === undefined ? null : parseAddress(http),
      cert,
    };
    return node;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What the node printed when it became ready. */
  get ready(): Ready {
    if (!this.#ready) throw new Error("The node is not ready yet");
    return this.#ready;
  }

  /** All that it has written to standard output so far. */
  get stdout(): string {
    return this.#stdout.text;
  }

  /** All that it has written to standard error so far. */
  get stderr(): string {
    return this.#stderr.text;
  }

  /** Flags by which another node joins through this one. */
  get joinFlags(): string[] {
    const { p2p, cert } = this.ready;
    return ["--bootstrapper", `${p2p.hostname}:${p2p.port}`, "--bootstrapper-cert", cert];
  }

  /**
   * Waits for something in the log.
   *
   * @throws {Error} with the log, if it does not appear in time.
   */
  async waitForLog(pattern: RegExp, limitMs: number): Promise<RegExpExecArray> {
    const match = await this.#stderr.find(pattern, limitMs);
    if (match) return match;
    throw new Error(`${pattern} is not in the log after ${limitMs} ms:\n${this.stderr}`);
  }

  /**
   * Waits until the node knows its network. Nodes that join at the same time learn of each other at their
   * second attempt, which follows the first after a quarter of a second.
   *
   * @throws {Error} with the log, if that takes too long.
   */
  async waitUntilJoined(): Promise<void> {
    await this.waitForLog(/Joined: [^]*Joined: /, JOIN_LIMIT_MS);
  }

  /** Sends a signal; a process that has ended takes none, and does not mind. */
  signal(signal: Deno.Signal): void {
    try {
      if (!this.#status) this.#child.kill(signal);
    } catch {
      // It ended a moment ago.
    }
  }

  /** Resolves when the process has ended, however it did. */
  async untilEnded(): Promise<void> {
    await this.#child.status;
  }

  /** Sends a signal that ends it, and waits; kills it if that takes too long. */
  async end(signal: Deno.Signal = "SIGTERM", limitMs = CLOSE_LIMIT_MS): Promise<Ended> {
    const start = performance.now();
    this.signal(signal);
    const timer = setTimeout(() => this.signal("SIGKILL"), limitMs);
    const status = await this.#child.status;
    const afterMs = performance.now() - start;
    clearTimeout(timer);
    await Promise.all([this.#stdout.ended, this.#stderr.ended]);
    return { code: status.code, signal: status.signal, afterMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
