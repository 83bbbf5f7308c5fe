/**
 * Nodes in processes of their own, as tests need them: any ports, a folder that goes away, and no process
 * that outlives its test.
 *
 * What runs is `main.ts`, or the compiled binary that the variable `VOIDKAD_BINARY` names.
 *
 * @module
 */

import { formatAddress } from "../../lib/core/kademlia/address.ts";
import { NodeProcess, type Program, programOf } from "../../scripts/common/node_process.ts";

export type { NodeProcess };

/** Processes that start at the same time: more would only wait for each other. */
const STARTS_AT_ONCE = 3;

const LOOPBACK = [
  ...["--p2p-address", "127.0.0.1:0"],
  ...["--api-address", "127.0.0.1:0"],
  ...["--http-address", "off"],
];

/** Flags of a node that serves HTTP. */
export const HTTP_FLAGS = ["--http-address", "127.0.0.1:0"];

/** Flags of a node that keeps its values though it takes any port. */
export const KEEPING_FLAGS = ["--persist", "values"];

/** Flags by which a command asks a node over HTTP, and in no other way. */
export function askOverHttp({ ready }: NodeProcess): string[] {
  return ["--http-address", formatAddress(ready.http!)];
}

/** The program under test. */
export function program(): Program {
  return programOf(Deno.env.get("VOIDKAD_BINARY"));
}

/** What a command wrote, and its exit status. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  stdin: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): Promise<CommandResult> {
  const { command, args: before } = program();
  const child = new Deno.Command(command, {
    args: [...before, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const feed = async () => {
    const writer = child.stdin.getWriter();
    await writer.write(stdin);
    await writer.close();
  };
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), feed()]);
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

/** How a node is started. */
export interface StartOptions {
  readonly flags?: readonly string[];
  /** Of its files. */
  readonly folder?: string;
  /** What is run; the program under test if nothing is said. */
  readonly from?: Program;
}

/** The nodes of one test. Disposing of it kills them and removes their files. */
export class TestNetwork implements AsyncDisposable {
  readonly nodes: NodeProcess[] = [];
  readonly #folder: string;
  readonly #all: NodeProcess[] = [];
  #folders = 0;

  constructor() {
    this.#folder = Deno.makeTempDirSync({ prefix: "voidkad-test-" });
  }

  /** A network of this many nodes, all joined through the first. */
  static async of(count: number, flags: readonly string[] = []): Promise<TestNetwork> {
    const network = new TestNetwork();
    try {
      const first = await network.start({ flags });
      await network.#startOthers(count - 1, [...first.joinFlags, ...flags]);
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startOthers(count: number, flags: readonly string[]): Promise<void> {
    let left = count;
    const startSome = async () => {
      while (left-- > 0) await this.start({ flags });
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
    await Promise.all(this.nodes.slice(1).map((node) => node.waitUntilJoined()));
  }

  /** A folder of its own for a node's files. */
  newFolder(): string {
    return `${this.#folder}/${this.#folders++}`;
  }

  /** Starts one node on loopback and any ports; a flag that is given again replaces what stands here. */
  async start(
    { flags = [], folder = this.newFolder(), from = program() }: StartOptions = {},
  ): Promise<NodeProcess> {
    const given = nodeFlags(folder, flags);
    const node = await NodeProcess.start(from, given, (spawned) => this.#all.push(spawned));
    this.nodes.push(node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((node) => node[Symbol.asyncDispose]()));
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** All flags of a node; those that are given win over those for any port. */
export function nodeFlags(folder: string, flags: readonly string[]): string[] {
  const own = ["--data-dir", folder];
  for (let i = 0; i < LOOPBACK.length; i += 2) {
    if (!flags.includes(LOOPBACK[i]!)) own.push(LOOPBACK[i]!, LOOPBACK[i + 1]!);
  }
  return [...own, ...flags];
}
