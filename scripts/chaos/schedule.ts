/**
 * Carries a plan out on a fleet.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { askJson } from "../../lib/cli/clients/http_client.ts";
import type { NodeDocument } from "../../lib/admin/contract.ts";
import type { History } from "../../lib/sim/measure/history.ts";
import type { Fleet } from "./fleet.ts";
import { until } from "./means.ts";
import type { Member } from "./member.ts";
import { describeStep, RECOVERY_MS, type Step } from "./plan.ts";
import type { Workload } from "./workload.ts";

/** After all were killed, every value is to be found by then. */
const ALL_BACK_MS = 10_000;
/** With relaxed durability, what the last moment has brought may be lost when all are killed. */
const RELAXED_MS = 100;
/** Between two attempts to find what is missing. */
const RETRY_MS = 100;
const CLOCK_LIMIT_MS = 5_000;
const CLOCK_ERROR_MS = 1_500;

/** What a schedule is carried out on. */
export interface ScheduleOptions {
  readonly fleet: Fleet;
  readonly history: History;
  readonly workload: Workload;
  /** So many nodes may be in trouble at a time. */
  readonly atOnce: number;
  readonly durability: "relaxed" | "full";
  readonly say: (line: string) => void;
}

/** Lets things happen to nodes. */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #begin = performance.now();

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /**
   * Lets a plan happen. Where nodes took longer to start than it reckons with, what comes next waits: never are more
   * nodes in trouble than may be. It ends early when a process is gone for good.
   */
  async carryOut(plan: readonly Step[]): Promise<void> {
    const { fleet, atOnce } = this.#options;
    const underWay: Promise<void>[] = [];
    for (const step of plan) {
      await delay(Math.max(0, this.#begin + step.atMs - performance.now()));
      const troubledMax = step.node === 0 ? 0 : atOnce - 1;
      const isNext = () =>
        fleet.hasLost ||
        fleet.troubled.length <= troubledMax && fleet.members[step.node - 1]?.calmSince !== null;
      await until(isNext, Infinity);
      if (fleet.hasLost) break;
      this.#say(describeStep(step));
      const task = step.node === 0 ? this.#killAll(step) : this.#befall(step);
      // A node that does not start, say.
      underWay.push(task.catch(({ message }) => void fleet.broken.push(message)));
    }
    await Promise.all(underWay);
  }

  /** Restarts every node once, in order. */
  async rollOnce(
    fault: "kill" | "stop",
    { pauseMs, downMsMax }: { readonly pauseMs: number; readonly downMsMax: number },
  ): Promise<void> {
    for (const member of [...this.#options.fleet.members]) {
      this.#say(`${member.node}: ${fault}`);
      const endTrouble = member.beginTrouble();
      await this.#restart(member, fault, downMsMax);
      endTrouble();
      await delay(pauseMs);
    }
  }

  async #befall(step: Step): Promise<void> {
    const { fleet } = this.#options;
    const member = step.fault === "join" ? fleet.add() : fleet.members[step.node - 1]!;
    const endTrouble = member.beginTrouble();
    try {
      await this.#happen(member, step);
      this.#say(`${member.node}: that is over`);
      await delay(RECOVERY_MS[step.fault]);
    } finally {
      endTrouble();
    }
  }

  async #happen(member: Member, step: Step): Promise<void> {
    const { fault, forMs } = step;
    switch (fault) {
      case "join":
        return await member.start();
      case "kill":
      case "lose":
      case "stop":
        return await this.#restart(member, fault, forMs);
      case "freeze":
        member.freeze();
        await delay(forMs);
        return member.thaw();
      case "clock":
        return await this.#setClock(member, step);
      case "disk":
        await member.fillDisk(true);
        await this.#wait(member, step);
        return await member.fillDisk(false);
      case "cut":
        member.door.cut(step.cut!);
        if (step.cut === "unreachable") await delay(forMs);
        return member.door.heal();
    }
  }

  async #restart(member: Member, fault: "kill" | "lose" | "stop", downMs: number): Promise<void> {
    const ended = await member.end(fault === "stop" ? "SIGTERM" : "SIGKILL");
    if (fault === "stop" && ended && ended.code !== 0) {
      this.#options.fleet.broken.push(
        `${member.name}: an orderly stop ended with status ${ended.code}`,
      );
    }
    if (fault === "lose") await member.dropData();
    await delay(downMs);
    await member.start();
  }

  /** Lets a fault last, with a crash in its middle if there is to be one. */
  async #wait(member: Member, { fault, kills, forMs }: Step): Promise<void> {
    await delay(forMs / 2);
    if (kills) {
      await member.end("SIGKILL");
      await member.start({ isDiskFull: fault === "disk" });
    }
    await delay(forMs / 2);
  }

  async #setClock(member: Member, step: Step): Promise<void> {
    await member.setClock(step.offsetMs);
    if (!await until(() => hasClock(member, step.offsetMs), CLOCK_LIMIT_MS)) {
      throw new Error(`The clock of ${member.name} cannot be set: libfaketime has no effect`);
    }
    await this.#wait(member, step);
    await member.setClock(0);
  }

  async #killAll({ fault, forMs }: Step): Promise<void> {
    const { fleet, history, workload, durability } = this.#options;
    const members = fleet.up;
    const endTroubles = members.map((member) => member.beginTrouble());
    const from = performance.now();
    await Promise.all(members.map((member) => member.end("SIGKILL")));
    if (durability === "relaxed") workload.excuseSince(from - RELAXED_MS);
    await delay(forMs);
    await fleet.startAll(members);
    const backAt = performance.now();
    history.excuse(null, from, backAt + ALL_BACK_MS);
    await this.#expectAll(workload.livingKeys(), members);
    await delay(Math.max(0, backAt + RECOVERY_MS[fault] - performance.now()));
    for (const endTrouble of endTroubles) endTrouble();
  }

  /** After all were killed, every value is found soon. What is found later is judged by the history. */
  async #expectAll(keys: readonly string[], members: readonly Member[]): Promise<void> {
    const { workload, fleet } = this.#options;
    const backAt = performance.now();
    let left = keys;
    for (;;) {
      const sinceMs = performance.now() - backAt;
      const missing = await workload.findMissing(left, members);
      if (missing.size === 0) break;
      left = [...missing.keys()];
      await delay(RETRY_MS);
      // On a slow machine asking for all takes longer: what was missing in time is asked for once more.
      if (sinceMs < ALL_BACK_MS) continue;
      const some = [...missing].slice(0, 5).map(([key, what]) => `${key.slice(0, 8)}: ${what}`);
      fleet.broken.push(
        `${missing.size} of ${keys.length} values are not found ${Math.round(sinceMs)} ms ` +
          `after all run again: ${some.join("; ")}`,
      );
      return;
    }
    const ms = Math.round(performance.now() - backAt);
    this.#say(`all run again: each of ${keys.length} values is found after ${ms} ms`);
  }

  #say(line: string): void {
    const seconds = (performance.now() - this.#begin) / 1_000;
    this.#options.say(`${seconds.toFixed(1).padStart(6)} s  ${line}`);
  }
}

async function hasClock({ http }: Member, offsetMs: number): Promise<boolean> {
  const { now } = await askJson<NodeDocument>(http, "/v1/node", CLOCK_LIMIT_MS);
  return Math.abs(now - Date.now() - offsetMs) < CLOCK_ERROR_MS;
}
