/**
 * A node on a host of the wide-area network, in a process of its own that is driven by lines of JSON. Times are taken
 * inside the node.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { linesOf } from "../../../lib/cli/terminal/lines.ts";
import { DENO_RUN } from "../../common/deno_run.ts";
import { ROOT } from "../../common/root.ts";
import { PEERS_FOLDER, pythonWithOpenDht } from "../peers/harness.ts";
import type { WideAreaNetwork } from "./emulator.ts";

/** What is measured. */
export const SYSTEMS = ["voidkad", "hyperdht", "opendht"] as const;
/** One of them. */
export type System = typeof SYSTEMS[number];

const REQUEST_LIMIT_MS = 60_000;

/** What a PUT came to. */
export interface PutAnswer {
  readonly ms: number;
  readonly ok: boolean;
  readonly copies: number;
  /** Under which it is found, in hex: some systems choose it. */
  readonly key: string;
}

/** What a GET came to. */
export interface GetAnswer {
  readonly ms: number;
  readonly found: boolean;
  /** Whether these were the bytes that were put. */
  readonly equal: boolean;
}

/** What a node says that was asked, or that it was not asked. */
type Line =
  & { readonly id?: number; readonly event?: string; readonly error?: string }
  & Record<string, unknown>;

/** One host and its node. */
export class Host {
  /** Counted from 1. */
  readonly index: number;
  readonly #network: WideAreaNetwork;
  readonly #system: System;
  readonly #folder: string;
  #child: Deno.ChildProcess | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #reading: Promise<void> = Promise.resolve();
  #requests = 0;
  readonly #waiting = new Map<number, (line: Line) => void>();
  #events = new Map<string, PromiseWithResolvers<Line>>();

  constructor(index: number, system: System, network: WideAreaNetwork, folder: string) {
    this.index = index;
    this.#network = network;
    this.#system = system;
    this.#folder = `${folder}/${index}`;
  }

  /** Starts the node. `invite` is that of the first; null for the first itself. */
  start(invite: string | null): void {
    this.#events = new Map();
    const [command, ...args] = this.#command(invite ?? "-");
    this.#child = new Deno.Command("ip", {
      args: [...this.#network.on(this.index), command!, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      env: { WAN_PEERS: PEERS_FOLDER },
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read(this.#child);
  }

  /** Waits for an event: `started`, with its invite, or `joined`, with the milliseconds since the start. */
  async event(name: "started" | "joined", limitMs: number): Promise<Line | null> {
    return await deadline(this.#event(name).promise, limitMs).catch(() => null);
  }

  /**
   * Puts a value; null if there was no answer.
   *
   * @param replication 0 for what the system does by itself, as those do that cannot choose.
   */
  async put(key: string, value: string, replication: number): Promise<PutAnswer | null> {
    return await this.#ask({ op: "put", key, value, replication }) as PutAnswer | null;
  }

  /** Gets a value; null if there was no answer. */
  async get(key: string, value: string): Promise<GetAnswer | null> {
    return await this.#ask({ op: "get", key, value }) as GetAnswer | null;
  }

  /** Which of some keys the node has values of, by their places; cached ones too. */
  async holds(keys: readonly string[]): Promise<ReadonlySet<number>> {
    const answer = await this.#ask({ op: "holds", keys });
    const { held = [], copies = [] } = (answer ?? {}) as { held?: number[]; copies?: number[] };
    return new Set([...held, ...copies]);
  }

  /** Requests that the node has sent to others since its start; null if it does not count them. */
  async requests(): Promise<number | null> {
    const answer = await this.#ask({ op: "requests" }) as { requests?: number } | null;
    return answer?.requests ?? null;
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = null;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#writer!.close().catch(() => {});
    await Promise.all([child.status, this.#reading]);
  }

  #command(invite: string): string[] {
    const args = [String(this.index), this.#folder, invite];
    if (this.#system === "hyperdht") return ["node", `${PEERS_FOLDER}/wan_hyperdht.cjs`, ...args];
    if (this.#system === "opendht") {
      return [pythonWithOpenDht(), `${PEERS_FOLDER}/wan_opendht.py`, ...args];
    }
    const agent = `${ROOT}scripts/bench/wan/node_agent.ts`;
    return [Deno.execPath(), ...DENO_RUN, "--allow-all", agent, ...args];
  }

  #event(name: string): PromiseWithResolvers<Line> {
    let found = this.#events.get(name);
    if (!found) this.#events.set(name, found = Promise.withResolvers());
    return found;
  }

  async #ask(question: Record<string, unknown>): Promise<Line | null> {
    if (!this.#child) return null;
    const id = ++this.#requests;
    const { promise, resolve } = Promise.withResolvers<Line>();
    this.#waiting.set(id, resolve);
    const line = `${JSON.stringify({ id, ...question })}\n`;
    try {
      await this.#writer!.write(new TextEncoder().encode(line));
      const answer = await deadline(promise, REQUEST_LIMIT_MS);
      return answer.error === undefined ? answer : null;
    } catch {
      return null;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async #read(child: Deno.ChildProcess): Promise<void> {
    const chunks = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of linesOf(chunks, Infinity)) {
      const line = JSON.parse(text!) as Line;
      if (line.event !== undefined) this.#event(line.event).resolve(line);
      else this.#waiting.get(line.id!)?.(line);
    }
    for (const resolve of this.#waiting.values()) resolve({ error: "it has ended" });
  }
}
