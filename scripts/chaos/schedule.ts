/**
 * What happens to a fleet, drawn from a seed.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { History } from "../../lib/sim/measure/history.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import type { Fleet, Member } from "./fleet.ts";

/** What may happen. */
export const FAULTS = ["kill", "stop", "freeze", "join", "kill-all"] as const;
/** One of them. */
export type Fault = typeof FAULTS[number];

/** How a schedule goes. */
export interface ScheduleOptions {
  readonly faults: readonly Fault[];
  /** Between the end of one fault and the next. */
  readonly pauseMs: number;
  /** Longest time that a node is down or frozen. */
  readonly downMsMax: number;
  readonly say: (line: string) => void;
}

/** Lets things happen, one after the other. */
export class Schedule {
  readonly #fleet: Fleet;
  readonly #history: History;
  readonly #random: SeededRandom;
  readonly #options: ScheduleOptions;

  constructor(
    { fleet, history, random }: { fleet: Fleet; history: History; random: SeededRandom },
    options: ScheduleOptions,
  ) {
    this.#fleet = fleet;
    this.#history = history;
    this.#random = random;
    this.#options = options;
  }

  /** Goes on until a time of `performance.now()`. */
  async runUntil(end: number): Promise<void> {
    const { faults, pauseMs } = this.#options;
    while (performance.now() < end) {
      await delay(pauseMs * (0.5 + this.#random.next()));
      const fault = faults[this.#random.below(faults.length)]!;
      await this.#happen(fault);
    }
  }

  /** Restarts every node once, in order. */
  async rollOnce(fault: "kill" | "stop"): Promise<void> {
    for (const member of [...this.#fleet.members]) {
      await this.#restart(member, fault);
      await delay(this.#options.pauseMs);
    }
  }

  async #happen(fault: Fault): Promise<void> {
    const { members, up } = this.#fleet;
    if (fault === "join") {
      const member = await this.#fleet.add();
      return this.#options.say(`${member.name} joins`);
    }
    if (fault === "kill-all") return await this.#restartAll(members);
    const member = up[this.#random.below(up.length)]!;
    if (fault === "freeze") return await this.#freeze(member);
    await this.#restart(member, fault);
  }

  async #restart(member: Member, fault: "kill" | "stop"): Promise<void> {
    const downMs = this.#downMs();
    this.#options.say(`${member.name}: ${fault}, down for ${Math.round(downMs)} ms`);
    await member.end(fault === "stop" ? "SIGTERM" : "SIGKILL");
    await delay(downMs);
    await member.start();
  }

  async #freeze(member: Member): Promise<void> {
    const downMs = this.#downMs();
    this.#options.say(`${member.name}: frozen for ${Math.round(downMs)} ms`);
    member.freeze();
    await delay(downMs);
    member.thaw();
  }

  async #restartAll(members: readonly Member[]): Promise<void> {
    this.#options.say("all are killed");
    const from = performance.now();
    await Promise.all(members.map((member) => member.end("SIGKILL")));
    await delay(this.#downMs());
    for (const member of members) await member.start();
    // Values live in memory: what was put before is gone, for good.
    this.#history.excuse(null, from, Infinity);
  }

  #downMs(): number {
    return this.#options.downMsMax * this.#random.next();
  }
}
