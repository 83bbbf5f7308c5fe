/**
 * Real nodes in processes of their own.
 *
 * @module
 */

import { askHttp, parseJson } from "../../lib/cli/clients/http_client.ts";
import type { HealthDocument } from "../../lib/admin/contract.ts";
import type { NodeProcess } from "../common/node_process.ts";
import { until } from "./means.ts";
import { Member, type MemberOptions } from "./member.ts";

/** Processes that start at the same time: more would only wait for each other. */
const STARTS_AT_ONCE = 3;
const ASK_LIMIT_MS = 5_000;

/** How a fleet's nodes are started. */
export type FleetOptions = Omit<MemberOptions, "joinFlags" | "onSpawned" | "onBroken">;

/** All nodes of a run. Disposing of it ends every process. */
export class Fleet implements AsyncDisposable {
  readonly members: Member[] = [];
  /** What nodes did that no node may do, besides what the history shows. */
  readonly broken: string[] = [];
  /** Each process with its name, those that have ended too. */
  readonly processes: { readonly name: string; readonly process: NodeProcess }[] = [];
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Members that can be asked. */
  get up(): Member[] {
    return this.members.filter(({ isUp }) => isUp);
  }

  /** Members that something befalls, or has just befallen. */
  get troubled(): Member[] {
    return this.members.filter(({ calmSince }) => calmSince === null);
  }

  /** Whether one is gone for good. */
  get hasLost(): boolean {
    return this.members.some(({ isGone }) => isGone);
  }

  /** A node that is not started yet. */
  add(): Member {
    const member = new Member(`n${this.members.length + 1}`, {
      ...this.#options,
      joinFlags: () => this.#joinFlags(),
      onSpawned: (process, name) => void this.processes.push({ name, process }),
      onBroken: (what) => void this.broken.push(what),
    });
    this.members.push(member);
    return member;
  }

  /** Starts nodes, some at a time. */
  async startAll(members: readonly Member[]): Promise<void> {
    const left = [...members];
    const startSome = async () => {
      for (let member = left.shift(); member; member = left.shift()) await member.start();
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
  }

  /** Waits until every node says that it is well, and notes those that do not. */
  async expectHealth(limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    for (const member of this.up) {
      let last = "no answer";
      const isWell = async () => {
        const { verdict, reasons } = await askHealth(member);
        last = reasons.join("; ");
        return verdict === "healthy";
      };
      if (!await until(isWell, Math.max(0, deadline - performance.now()))) {
        this.broken.push(`${member.name} is not healthy again: ${last}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.processes) process.signal("SIGCONT");
    await Promise.all(this.members.map((member) => member.end("SIGKILL")));
    await Promise.all(this.processes.map(({ process }) => process[Symbol.asyncDispose]()));
    await Promise.all(this.members.map((member) => member.close()));
  }

  /** Several bootstrappers are one flag each for addresses and certificates, separated by commas. */
  #joinFlags(): string[] {
    const calm = this.members.filter(({ calmSince }) => calmSince !== null);
    const members = [...new Set([...calm, ...this.up])].slice(0, 2);
    const flags = members.flatMap(({ process }) => process.joinFlags);
    const values = (name: string) => flags.filter((_, i) => flags[i - 1] === name).join(",");
    if (flags.length === 0) return [];
    return [
      ...["--bootstrapper", values("--bootstrapper")],
      ...["--bootstrapper-cert", values("--bootstrapper-cert")],
    ];
  }
}

async function askHealth({ http }: Member): Promise<HealthDocument> {
  try {
    // Of a degraded node the status is 503, with a document all the same.
    return parseJson(
      await askHttp(http, { path: "/healthz", limitMs: ASK_LIMIT_MS }),
    ) as HealthDocument;
  } catch (error) {
    return { verdict: "degraded", reasons: [(error as Error).message] };
  }
}
