/**
 * What time it is for a node: the network's time, which a wrong clock of its own does not change.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { idKey } from "../../core/kademlia/node_id.ts";
import { EarlyStamps } from "../../core/time/early_stamps.ts";
import { NetworkTime } from "../../core/time/network_time.ts";
import { StampClock, type StampTime } from "../../core/time/stamp_clock.ts";
import { Alarm } from "../alarm.ts";
import { CLOCK_JUMP_MIN_MS, CLOCK_OFFSET_MAX_MS, CLOCK_WARNING_DELAY_MS } from "../limits.ts";
import type { Ports } from "../ports.ts";
import { describeOffset, isClockWrong } from "./offset.ts";

/** What a contact's clock showed. */
export interface ClockSample {
  /** In milliseconds since 1970, when it wrote. */
  readonly theirs: number;
  /** How long the way there and back took. */
  readonly roundTripMs: number;
}

/** What a node's time calls. */
export interface NodeTimeHooks {
  /** A contact's clock may have changed what the network's time is taken for. */
  onMeasured(): void;
  /** Most clocks agree on the time for the first time. */
  onKnown(): void;
}

/** The network's time, and stamps by it. */
export class NodeTime {
  readonly #hooks: NodeTimeHooks;
  readonly #ports: Pick<Ports, "clock" | "log">;
  readonly #network = new NetworkTime();
  readonly #stamps = new StampClock();
  readonly #earlyStamps = new EarlyStamps();
  #isKnown = false;
  readonly #judging: Alarm;
  /** The wall clock less the one that only goes forward. */
  #difference: number;
  #isWarned = false;
  #isDoubted = false;

  constructor(ports: Pick<Ports, "clock" | "log">, hooks: NodeTimeHooks) {
    this.#ports = ports;
    this.#hooks = hooks;
    this.#judging = new Alarm(ports.clock, () => this.#judge());
    this.#difference = ports.clock.unixNow() - ports.clock.now();
  }

  /** The network's time in milliseconds since 1970; whole. */
  now(): number {
    return Math.floor(this.#wall() + this.#network.offsetMs);
  }

  /** What the own wall clock lacks to the network's time, in milliseconds. */
  get offsetMs(): number {
    this.#wall();
    return this.#network.offsetMs;
  }

  /**
   * What the network's time is ahead of the clock that only goes forward: the same however the wall clock is set. One
   * contact alone does not change it, or by a lie it could end all that is kept beyond the process; nor do clocks of
   * which most do not agree.
   */
  get aheadMs(): number {
    return this.#wall() + this.#network.agreedOffsetMs - this.#ports.clock.now();
  }

  /** Whether most clocks agree on the time. */
  get isAgreed(): boolean {
    return this.#network.isAgreed;
  }

  /** Why the time is in doubt; null if it is not. */
  get trouble(): string | null {
    if (this.isAgreed) return null;
    const { agreeing, samples } = this.#network;
    return `only ${agreeing} of the ${
      samples + 1
    } clocks of this node and its contacts agree on the time: ` +
      "until most do, values may be refused or missed";
  }

  /** Number of contacts whose clocks are known. */
  get samples(): number {
    return this.#network.samples;
  }

  /** Takes in what a contact's clock shows. It must have proven its address: anybody can say anything. */
  measured(contact: Contact, { theirs, roundTripMs }: ClockSample): void {
    const own = this.#wall();
    const now = this.#ports.clock.now();
    this.#network.note(idKey(contact.id), { theirs, own, roundTripMs, now });
    // The first samples of a node that joins say little: it is judged when there are more.
    this.#judging.setFor(now + CLOCK_WARNING_DELAY_MS);
    this.#hooks.onMeasured();
    if (this.#isKnown || !this.#network.isKnown) return;
    this.#isKnown = true;
    this.#hooks.onKnown();
  }

  /**
   * Notes a point of the network's time that the process before has seen. If the wall clock was set back since, the
   * network's time goes on from there until contacts show what it is, as if that had happened while the node ran.
   */
  noteBefore(time: number): void {
    const { clock, log } = this.#ports;
    const behindMs = time - this.aheadMs - clock.now();
    if (this.samples > 0 || behindMs < CLOCK_JUMP_MIN_MS) return;
    this.#network.shift(-behindMs);
    log("info", "The clock of this machine was set back while this node did not run");
  }

  /**
   * What is left of a life that ends at a point of the network's time, in milliseconds: not until nobody can take it
   * for living is it over, or a value would be missed before its end where clocks differ.
   */
  leftMs(expiresAt: number): number {
    return expiresAt - this.now() + this.#network.doubtMs;
  }

  /** How far ahead of the network's time a stamp is accepted, in milliseconds. */
  get stampAheadMaxMs(): number {
    return this.#network.stampAheadMaxMs;
  }

  /** Notes the stamp of a value that another node has given. */
  observe(stamp: number): void {
    this.#stamps.observe(stamp, this.#stampTime());
  }

  /** The stamp of a new PUT: above all that this node has given or seen, and above one that it is to replace. */
  nextStamp(above = 0): number {
    const stamp = this.#stamps.next(this.#stampTime(), above);
    if (!this.#isKnown) this.#earlyStamps.note(stamp, this.now() - this.#ports.clock.now());
    return stamp;
  }

  /**
   * What a stamp lacks that was given before the time was known, in milliseconds; 0 if it was given later, or is right
   * but for some seconds.
   */
  stampLacks(stamp: number): number {
    const lacksMs = this.#earlyStamps.lacks(stamp, this.aheadMs);
    return Math.abs(lacksMs) > CLOCK_OFFSET_MAX_MS ? lacksMs : 0;
  }

  /** Judges no more. */
  close(): void {
    this.#judging.close();
  }

  #stampTime(): StampTime {
    return { networkNow: this.now(), aheadMaxMs: this.stampAheadMaxMs };
  }

  /** The own wall clock. When it has been set, the network's time goes on as if it had not. */
  #wall(): number {
    const { clock, log } = this.#ports;
    const wall = clock.unixNow();
    const jumpMs = wall - clock.now() - this.#difference;
    if (Math.abs(jumpMs) < CLOCK_JUMP_MIN_MS) return wall;
    this.#difference += jumpMs;
    this.#network.shift(jumpMs);
    log("info", `The clock of this machine was set ${jumpMs > 0 ? "forward" : "back"}`);
    return wall;
  }

  #judge(): void {
    const { log } = this.#ports;
    const { trouble } = this;
    if ((trouble !== null) !== this.#isDoubted) {
      this.#isDoubted = trouble !== null;
      if (trouble === null) log("info", "Most clocks of this node and its contacts agree again");
      else log("warn", `The time is in doubt: ${trouble}`);
    }
    const { offsetMs, samples } = this.#network;
    const isWrong = isClockWrong(offsetMs);
    if (isWrong === this.#isWarned) return;
    this.#isWarned = isWrong;
    if (!isWrong) return log("info", "The clock of this node agrees with the network");
    const offset = describeOffset(offsetMs);
    log("warn", `The clock of this node is ${offset} (${samples} measured): it goes by theirs`);
  }
}
