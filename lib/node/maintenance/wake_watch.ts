/**
 * Notices that a node was away: its machine slept, its process stood still, or it has started again.
 *
 * Meanwhile values that it holds may have been replaced. Until it has compared with its neighbours it is not to be
 * the first to give one.
 *
 * @module
 */

import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { AWAY_MIN_MS, CATCHING_UP_MS, HEARTBEAT_MS } from "../limits.ts";

/** What the watch calls. */
export interface WakeWatchHooks {
  /** The node was away, and is back. */
  onBack(): void;
}

/** The watch of one node: an alarm that rings at short intervals, and much too late after an absence. */
export class WakeWatch {
  readonly #context: NodeContext;
  readonly #hooks: WakeWatchHooks;
  readonly #alarm: Alarm;
  #seenAt: number;
  #caughtUpAt = -Infinity;
  /** Whether the node holds what an earlier process has kept, and has not joined since. */
  #holdsFormer = false;

  constructor(context: NodeContext, hooks: WakeWatchHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.#alarm = new Alarm(context.ports.clock, () => this.#beat());
    this.#seenAt = context.ports.clock.now();
  }

  /** Whether the node was away and has not compared with its neighbours since, as far as is known. */
  get isCatchingUp(): boolean {
    const now = this.#context.ports.clock.now();
    return now < this.#caughtUpAt || now - this.#seenAt >= AWAY_MIN_MS;
  }

  /** Begins; says whether the node holds what an earlier process has kept. */
  start({ holdsFormer }: { readonly holdsFormer: boolean }): void {
    this.#holdsFormer = holdsFormer;
    this.#setAlarm();
    if (holdsFormer) this.#caughtUpAt = this.#seenAt + CATCHING_UP_MS;
  }

  /** Notes that the node has joined: what an earlier process has kept can be compared from now on. */
  noteJoined(): void {
    if (!this.#holdsFormer) return;
    this.#holdsFormer = false;
    this.#caughtUpAt = this.#context.ports.clock.now() + CATCHING_UP_MS;
  }

  /** Notes that what an earlier process has kept has come only now: it may have been replaced, as after an absence. */
  noteFormer(): void {
    this.#holdsFormer = true;
    this.#noteBack();
  }

  /** Stops, for good. */
  close(): void {
    this.#alarm.close();
  }

  #beat(): void {
    const { clock, log } = this.#context.ports;
    const awayMs = clock.now() - this.#seenAt;
    this.#setAlarm();
    if (awayMs < AWAY_MIN_MS) return;
    log("info", `This node was away for ${Math.round(awayMs / 1_000)} s: it compares its values`);
    this.#noteBack();
  }

  #noteBack(): void {
    this.#caughtUpAt = this.#context.ports.clock.now() + CATCHING_UP_MS;
    this.#hooks.onBack();
  }

  #setAlarm(): void {
    this.#seenAt = this.#context.ports.clock.now();
    this.#alarm.setFor(this.#seenAt + HEARTBEAT_MS);
  }
}
