/**
 * One node of a fleet: an address, a folder, a clock and a disk that outlive its processes.
 *
 * @module
 */

import type { Address } from "../../lib/core/kademlia/address.ts";
import { Forwarder } from "../common/forwarder.ts";
import { type Ended, NodeProcess, type Program } from "../common/node_process.ts";
import {
  clockVariables,
  limitDisk,
  removeClockTraces,
  withLimitedDisk,
  writeOffset,
} from "./means.ts";

/** Longer than a node may take to hand over what it holds. */
const STOP_LIMIT_MS = 75_000;

/** How nodes are started. */
export interface MemberOptions {
  readonly program: Program;
  /** Each node has a folder in it. */
  readonly folder: string;
  /** Flags of every node besides its addresses. */
  readonly flags: readonly string[];
  /** The library that sets its clock; null if clocks are left alone. */
  readonly faketime: string | null;
  /** Whether its disk can be full. */
  readonly disks: boolean;
  /** Whether connections to it can be cut. */
  readonly cuts: boolean;
  /** By which flags a node can join now; none if no other runs. */
  readonly joinFlags: () => readonly string[];
  /** Gets each process as soon as there is one to be ended, with its name. */
  readonly onSpawned: (process: NodeProcess, name: string) => void;
  /** Hears of what no node may do. */
  readonly onBroken: (what: string) => void;
}

/** A node that is killed, stopped, frozen, cut off, and started again under its address. */
export class Member {
  /** Of the node, the same for all its processes. */
  readonly node: string;
  readonly #options: MemberOptions;
  readonly #folder: string;
  #door: Forwarder | null = null;
  #process: NodeProcess | null = null;
  #starts = 0;
  #isFrozen = false;
  /** Flags of its address, which it keeps. */
  #address: readonly string[] = [];
  #joinFlags: readonly string[] = [];
  #troubles = 0;
  #calmSince = performance.now();

  constructor(node: string, options: MemberOptions) {
    this.node = node;
    this.#options = options;
    this.#folder = `${options.folder}/${node}`;
  }

  /** Names the process: one that was started again is another. */
  get name(): string {
    return this.#starts === 1 ? this.node : `${this.node}.${this.#starts}`;
  }

  /** Whether it runs and is not frozen. */
  get isUp(): boolean {
    return this.#process !== null && !this.#isFrozen;
  }

  /** Since when nothing befalls it; null if something does. */
  get calmSince(): number | null {
    return this.#troubles > 0 || !this.isUp ? null : this.#calmSince;
  }

  /** Whether it does not run though nothing befalls it: it has crashed, or has not started. */
  get isGone(): boolean {
    return this.#process === null && this.#troubles === 0 && this.#starts > 0;
  }

  /** The running process. */
  get process(): NodeProcess {
    if (!this.#process) throw new Error(`Node ${this.node} does not run`);
    return this.#process;
  }

  /** Where it serves HTTP. */
  get http(): Address {
    return this.process.ready.http!;
  }

  /** The connections to it, which can be cut. */
  get door(): Forwarder {
    if (!this.#door) throw new Error("Connections cannot be cut: nodes are dialled directly");
    return this.#door;
  }

  /** Counts it as in trouble until the function that is returned is called. */
  beginTrouble(): () => void {
    this.#troubles++;
    return () => {
      this.#troubles--;
      this.#calmSince = performance.now();
    };
  }

  /** Starts it; later starts keep the address of the first. It joins through nodes that run, if any do. */
  async start({ isDiskFull = false } = {}): Promise<void> {
    const { program, flags, faketime, disks, onSpawned } = this.#options;
    if (this.#starts++ === 0) await this.#prepare();
    const found = this.#options.joinFlags();
    if (found.length > 0) this.#joinFlags = found;
    await this.#door?.accept();
    const started = await NodeProcess.start(
      disks ? withLimitedDisk(program, isDiskFull) : program,
      [
        ...["--data-dir", this.#folder, "--api-address", "127.0.0.1:0"],
        ...["--http-address", "127.0.0.1:0", ...this.#address, ...this.#joinFlags, ...flags],
      ],
      (process) => onSpawned(process, this.name),
      faketime === null ? {} : clockVariables(faketime, this.#clockFile),
    );
    this.#process = started;
    this.#watch(started);
  }

  /** Ends the process: SIGKILL is a crash, SIGTERM an orderly stop. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<Ended | null> {
    const ending = this.#process;
    this.#process = null;
    if (this.#isFrozen) ending?.signal("SIGCONT");
    this.#isFrozen = false;
    if (!ending) return null;
    const ended = await ending.end(signal, STOP_LIMIT_MS);
    this.#door?.refuse();
    if (this.#options.faketime !== null) removeClockTraces([ending.pid]);
    return ended;
  }

  /** Deletes what it has kept, while it does not run. */
  async dropData(): Promise<void> {
    for (const ending of ["", "-wal", "-shm"]) {
      try {
        await Deno.remove(`${this.#folder}/kept.db${ending}`);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  /** Stops it in its tracks. */
  freeze(): void {
    this.#isFrozen = true;
    this.process.signal("SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    this.#process?.signal("SIGCONT");
    this.#isFrozen = false;
  }

  /** Sets its wall clock off by so much, also for processes to come. It follows within a second. */
  async setClock(offsetMs: number): Promise<void> {
    await writeOffset(this.#clockFile, offsetMs);
  }

  /** Fills its disk, or frees it. */
  async fillDisk(isFull: boolean): Promise<void> {
    if (this.#process) await limitDisk(this.#process.pid, isFull);
  }

  /** Ends all that belongs to it but its processes. */
  async close(): Promise<void> {
    await this.#door?.[Symbol.asyncDispose]();
  }

  get #clockFile(): string {
    return `${this.#folder}.clock`;
  }

  async #prepare(): Promise<void> {
    if (this.#options.faketime !== null) await this.setClock(0);
    const port = freePort();
    this.#address = ["--p2p-address", `127.0.0.1:${port}`];
    if (!this.#options.cuts) return;
    this.#door = new Forwarder(port, freePort());
    this.#address = [...this.#address, "--public-address", `127.0.0.1:${this.#door.port}`];
  }

  /** A process that ends though nobody ended it has crashed. A crash damages no file. */
  #watch(process: NodeProcess): void {
    const { name } = this;
    const { onBroken } = this.#options;
    const damage = /.*(?:damaged|cannot be read).*/.exec(process.stderr);
    if (damage) onBroken(`${name}: ${damage[0]}`);
    void process.untilEnded().then(() => {
      if (this.#process !== process) return;
      this.#process = null;
      onBroken(`${name} ended by itself: ${process.stderr.slice(-1_000)}`);
    });
  }
}

/** A free port that no outgoing connection gets while the node is down: systems take those from 32,768 on. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
