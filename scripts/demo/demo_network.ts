/**
 * The nodes of the demo: started, filled, read, and some of them killed.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import { getValue, putValue } from "../../lib/cli/clients/api_client.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { NodeProcess, type Program } from "../common/node_process.ts";
import type { Piece } from "./pieces.ts";
import { type ProgressBar, showProgress } from "../common/progress_bar.ts";
import type { Measured } from "./demo_report.ts";

const REPLICATION = 5;
const TTL_SECONDS = 3_600;
/** Processes that start at the same time. */
const STARTS_AT_ONCE = 3;
/** Requests under way at the same time. */
const REQUESTS_AT_ONCE = 4;
const REQUEST_LIMIT_MS = 10_000;

/** Where the demo prints, and its random numbers. */
export interface DemoOptions {
  readonly say: (line: string) => void;
  readonly random: SeededRandom;
}

/** A node and its number, from 1. */
interface Member {
  readonly number: number;
  readonly process: NodeProcess;
}

/** A network of real processes. Disposing of it ends all of them. */
export class DemoNetwork implements AsyncDisposable {
  readonly #program: Program;
  readonly #folder: string;
  readonly #say: (line: string) => void;
  readonly #random: SeededRandom;
  readonly #spawned: NodeProcess[] = [];
  #living: Member[] = [];
  #numbers = 0;
  #page: Member | undefined;
  #progress: ProgressBar | null = null;
  #ended = false;
  /** The node that took each piece. */
  readonly #putAt = new Map<Piece, Member>();

  constructor(program: Program, folder: string, { say, random }: DemoOptions) {
    this.#program = program;
    this.#folder = folder;
    this.#say = (line) => {
      if (!this.#ended) say(line);
    };
    this.#random = random;
  }

  /** Where the first node shows the network to a browser. */
  get page(): string {
    const address = this.#page?.process.ready.http;
    if (!address) throw new Error("No node shows a page");
    return `http://${formatAddress(address)}/`;
  }

  /** Starts nodes, all but the first joined through it. */
  async start(count: number): Promise<void> {
    const first = await this.#startNode(["--http-address", "127.0.0.1:0"]);
    this.#page = first;
    this.#say(`Node ${first.number} shows the network at ${this.page}`);
    const flags = ["--http-address", "off", ...first.process.joinFlags];
    const startSome = async () => {
      while (this.#numbers < count) await this.#startNode(flags);
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
    const others = this.#living.filter((member) => member !== first);
    await Promise.all(others.map(({ process }) => process.waitUntilJoined()));
    this.#say(`All have joined through node ${first.number}`);
  }

  async #startNode(flags: readonly string[]): Promise<Member> {
    if (this.#ended) throw new Error("The network has ended");
    const number = ++this.#numbers;
    const anyPorts = ["--p2p-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"];
    // All stop together in the end: what they hold is not lost then.
    const keeping = ["--persist", "values"];
    const process = await NodeProcess.start(
      this.#program,
      ["--data-dir", `${this.#folder}/${number}`, ...anyPorts, ...keeping, ...flags],
      (spawned) => this.#spawned.push(spawned),
    );
    const { p2p, api, id } = process.ready;
    this.#say(
      `Node ${number} serves: process ${process.pid}, peers ${formatAddress(p2p)}, ` +
        `API ${formatAddress(api)}, id ${id.slice(0, 8)}...`,
    );
    const member = { number, process };
    this.#living.push(member);
    return member;
  }

  /** Puts pieces through random nodes. */
  async put(pieces: readonly Piece[], { putTimes }: Measured): Promise<void> {
    await this.#forEach("put", pieces, async (piece) => {
      const member = this.#pick();
      const { key, bytes: value } = piece;
      const request = { key, value, ttlSeconds: TTL_SECONDS, replication: REPLICATION };
      const start = performance.now();
      await putValue(member.process.ready.api, { type: "put", ...request }, REQUEST_LIMIT_MS);
      putTimes.push(performance.now() - start);
      this.#putAt.set(piece, member);
    });
  }

  /** Reads pieces through random nodes, never the one that took the piece. */
  async get(pieces: readonly Piece[], measured: Measured): Promise<void> {
    const troubles: string[] = [];
    await this.#forEach("get", pieces, async (piece) => {
      const member = this.#pick(this.#putAt.get(piece));
      const start = performance.now();
      try {
        const value = await getValue(member.process.ready.api, piece.key, REQUEST_LIMIT_MS);
        measured.getTimes.push(performance.now() - start);
        if (value) measured.found++;
        if (value && equals(value, piece.bytes)) measured.identical++;
        else troubles.push(`Node ${member.number} finds ${value ? "other bytes" : "nothing"}`);
      } catch (error) {
        troubles.push(`Node ${member.number}: ${(error as Error).message}`);
      }
    });
    for (const trouble of troubles) this.#say(trouble);
  }

  /** Kills random nodes with SIGKILL, but not the one with the page if that is to be spared. */
  async kill(count: number, { sparePage }: { readonly sparePage: boolean }): Promise<void> {
    for (let i = 0; i < count; i++) {
      const victim = this.#pick(sparePage ? this.#page : undefined);
      this.#living = this.#living.filter((member) => member !== victim);
      await victim.process.end("SIGKILL");
      this.#say(`Node ${victim.number} is killed: process ${victim.process.pid}`);
    }
  }

  /** Asks all nodes to close, and waits. */
  async stop(): Promise<void> {
    const ends = await Promise.all(this.#living.map(({ process }) => process.end("SIGTERM")));
    const clean = ends.filter(({ code }) => code === 0).length;
    const slowestMs = Math.max(...ends.map(({ afterMs }) => afterMs));
    this.#say(
      `${clean} of ${ends.length} nodes have closed cleanly, in ${
        (slowestMs / 1_000).toFixed(1)
      } s`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#progress?.[Symbol.dispose](); // a bar would stay behind
    await Promise.all(this.#spawned.map((process) => process[Symbol.asyncDispose]()));
  }

  /** A random living node, but not this one. */
  #pick(except?: Member): Member {
    const choice = this.#living.filter((member) => member !== except);
    return choice[this.#random.below(choice.length)]!;
  }

  /** Does something with each piece, a few at a time, and shows how far it is. */
  async #forEach(
    what: string,
    pieces: readonly Piece[],
    action: (piece: Piece) => Promise<void>,
  ): Promise<void> {
    using progress = showProgress(what, pieces.length);
    this.#progress = progress;
    let next = 0;
    const work = async () => {
      while (next < pieces.length && !this.#ended) {
        await action(pieces[next++]!);
        progress.step();
      }
    };
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work));
  }
}
