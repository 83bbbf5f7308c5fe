/**
 * Real nodes in processes of their own that are killed, stopped, frozen and started again under their addresses.
 *
 * @module
 */

import { type Address, formatAddress } from "../../lib/core/kademlia/address.ts";
import { NodeProcess, type Program } from "../common/node_process.ts";

/** How a fleet's nodes are started. */
export interface FleetOptions {
  readonly program: Program;
  /** Each node has a folder in it. */
  readonly folder: string;
  /** Flags of every node besides its addresses. */
  readonly flags: readonly string[];
}

/** One node of a fleet: an address that outlives its processes. */
export class Member {
  readonly name: string;
  readonly #fleet: FleetOptions;
  readonly #spawned: NodeProcess[];
  #process: NodeProcess | null = null;
  #frozen = false;
  /** Flags that keep its address, and by which it joins. */
  #flags: string[] = ["--p2p-address", "127.0.0.1:0"];
  #joinFlags: readonly string[] = [];

  readonly #findJoinFlags: () => readonly string[];

  /** @param findJoinFlags by which nodes it can join now; none if no other runs. */
  constructor(
    name: string,
    fleet: FleetOptions,
    spawned: NodeProcess[],
    findJoinFlags: () => readonly string[],
  ) {
    this.name = name;
    this.#fleet = fleet;
    this.#spawned = spawned;
    this.#findJoinFlags = findJoinFlags;
  }

  /** Whether it runs and is not frozen. */
  get isUp(): boolean {
    return this.#process !== null && !this.#frozen;
  }

  /** The running process. */
  get process(): NodeProcess {
    if (!this.#process) throw new Error(`Node ${this.name} does not run`);
    return this.#process;
  }

  /** Where it serves HTTP. */
  get http(): Address {
    return this.process.ready.http!;
  }

  /** Starts it; later starts keep the address of the first. It joins through nodes that run, if any do. */
  async start(): Promise<void> {
    const found = this.#findJoinFlags();
    if (found.length > 0) this.#joinFlags = found;
    const started = await NodeProcess.start(
      this.#fleet.program,
      [
        ...["--data-dir", `${this.#fleet.folder}/${this.name}`, "--api-address", "127.0.0.1:0"],
        ...[
          "--http-address",
          "127.0.0.1:0",
          ...this.#flags,
          ...this.#joinFlags,
          ...this.#fleet.flags,
        ],
      ],
      (spawned) => this.#spawned.push(spawned),
    );
    this.#flags = ["--p2p-address", formatAddress(started.ready.p2p)];
    this.#process = started;
  }

  /** Ends the process: SIGKILL is a crash, SIGTERM an orderly stop. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    if (this.#frozen) ending?.signal("SIGCONT");
    this.#frozen = false;
    await ending?.end(signal);
  }

  /** Stops it in its tracks. */
  freeze(): void {
    this.#frozen = true;
    this.process.signal("SIGSTOP");
  }

  /** Lets it go on. */
  thaw(): void {
    this.#process?.signal("SIGCONT");
    this.#frozen = false;
  }
}

/** All nodes of a run. Disposing of it ends every process. */
export class Fleet implements AsyncDisposable {
  readonly members: Member[] = [];
  readonly #options: FleetOptions;
  readonly #spawned: NodeProcess[] = [];

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Members that can be asked. */
  get up(): Member[] {
    return this.members.filter(({ isUp }) => isUp);
  }

  /** Starts one more node, which joins through the others. */
  async add(): Promise<Member> {
    const name = `n${this.members.length + 1}`;
    const findJoinFlags = () =>
      mergeJoinFlags(this.up.slice(0, 2).flatMap(({ process }) => process.joinFlags));
    const member = new Member(name, this.#options, this.#spawned, findJoinFlags);
    await member.start();
    this.members.push(member);
    return member;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#spawned) process.signal("SIGCONT");
    await Promise.all(this.#spawned.map((process) => process[Symbol.asyncDispose]()));
  }
}

/** Several bootstrappers are one flag each for addresses and certificates, separated by commas. */
function mergeJoinFlags(flags: readonly string[]): string[] {
  const values = (name: string) => flags.filter((_, i) => flags[i - 1] === name).join(",");
  const addresses = values("--bootstrapper");
  if (addresses === "") return [];
  return ["--bootstrapper", addresses, "--bootstrapper-cert", values("--bootstrapper-cert")];
}
