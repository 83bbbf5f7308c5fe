/**
 * A wide-area network on one machine: `wan.c`, which gives each host a network namespace and an address, and carries
 * its packets with the delays of six regions, with jitter, loss and cuts.
 *
 * @module
 */

import { linesOf } from "../../../lib/cli/terminal/lines.ts";
import { ROOT } from "../../common/root.ts";

const SOURCE = `${ROOT}scripts/bench/wan/wan.c`;

/** The delays of a network. */
export interface Distances {
  /** Median over all pairs, in milliseconds. */
  readonly median_rtt_ms: number;
  /** Round trips in milliseconds: of host i + 1 to host j + 1. */
  readonly rtt: readonly (readonly number[])[];
}

/** What has been carried since the start, by host. */
export interface Traffic {
  readonly tx_packets: readonly number[];
  readonly tx_bytes: readonly number[];
  readonly rx_bytes: readonly number[];
  /** Packets that were lost by chance. */
  readonly lost: number;
  /** How late packets were delivered since the last time, in microseconds. */
  readonly late_mean_us: number;
}

/** Why this machine cannot have such networks; null if it can. */
export async function whyNoWan(): Promise<string | null> {
  const needs = "the wide-area network needs root, gcc, iproute2 and /dev/net/tun";
  if (Deno.uid() !== 0) return needs;
  for (const [command, flag] of [["gcc", "--version"], ["ip", "-V"]] as const) {
    const asked = new Deno.Command(command, { args: [flag], stdout: "null", stderr: "null" });
    const works = await asked.output().catch(() => null);
    if (!works?.success) return needs;
  }
  const tried = await new Deno.Command("sh", {
    args: ["-c", "test -c /dev/net/tun && ip netns add wantry$$ && ip netns del wantry$$"],
    stdout: "null",
    stderr: "null",
  }).output();
  return tried.success ? null : `${needs}, and the right to make network namespaces`;
}

/** The address of a host, which are counted from 1. */
export function addressOf(host: number): string {
  return `10.99.${Math.floor(host / 250)}.${host % 250}`;
}

/** A network of hosts. Disposing of it removes their namespaces. */
export class WideAreaNetwork implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #lines: AsyncGenerator<string | null>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #prefix: string;
  #asked: Promise<unknown> = Promise.resolve();

  private constructor(child: Deno.ChildProcess, folder: string, prefix: string) {
    this.#child = child;
    this.#folder = folder;
    this.#prefix = prefix;
    this.#writer = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout.pipeThrough(new TextDecoderStream()), Infinity);
  }

  /**
   * Compiles and starts it.
   *
   * @param hosts 2 to 249.
   * @param seed of the regions and the loss.
   */
  static async start(hosts: number, seed: number): Promise<WideAreaNetwork> {
    const folder = await Deno.makeTempDir({ prefix: "voidkad-wan-" });
    const program = `${folder}/wan`;
    const compiled = await new Deno.Command("gcc", {
      args: ["-O2", "-Wall", "-o", program, SOURCE, "-lm"],
    }).output();
    if (!compiled.success) throw new Error(new TextDecoder().decode(compiled.stderr));
    const prefix = `vk${Deno.pid % 100_000}h`;
    const child = new Deno.Command(program, {
      args: ["--hosts", `${hosts}`, "--seed", `${seed}`, "--prefix", prefix],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const network = new WideAreaNetwork(child, folder, prefix);
    await network.#readLine(); // it is ready
    return network;
  }

  /** The arguments of `ip` before a command that is to run on a host. */
  on(host: number): string[] {
    return ["netns", "exec", `${this.#prefix}${host}`];
  }

  /** The delays. */
  distances(): Promise<Distances> {
    return this.#ask("rtt") as Promise<Distances>;
  }

  /** What has been carried. */
  traffic(): Promise<Traffic> {
    return this.#ask("stats") as Promise<Traffic>;
  }

  /** Loses each packet with this probability, 0 to 1. */
  async lose(share: number): Promise<void> {
    await this.#ask(`loss ${share}`);
  }

  /** Nothing comes from a host, or to it, any more. */
  async cut(host: number): Promise<void> {
    await this.#ask(`cut ${host}`);
  }

  /** These hosts and the others do not reach each other. */
  async split(hosts: readonly number[]): Promise<void> {
    await this.#ask(`split ${hosts.join(",")}`);
  }

  /** Ends all cuts. */
  async heal(): Promise<void> {
    await this.#ask("heal");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#lines.return(null);
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Each command has one line as its answer. */
  #ask(command: string): Promise<unknown> {
    const answer = this.#asked.then(async () => {
      await this.#writer.write(new TextEncoder().encode(`${command}\n`));
      return await this.#readLine();
    });
    this.#asked = answer.catch(() => {});
    return answer;
  }

  async #readLine(): Promise<unknown> {
    const { value } = await this.#lines.next();
    if (!value) throw new Error("The wide-area network has ended");
    return JSON.parse(value);
  }
}
