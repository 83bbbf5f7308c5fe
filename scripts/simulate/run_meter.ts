/**
 * Shows on a terminal how far a simulation is, and measures what it takes.
 *
 * @module
 */

// @ts-types="../common/cli_progress.d.ts"
import { SingleBar } from "cli-progress";
import type { World } from "../../lib/sim/world.ts";
import type { Onlooker } from "./course.ts";
import type { Effort } from "./results.ts";
import { formatBytes, formatClock, formatNumber } from "../../lib/format/format.js";

/** Events between two looks at the real clock. */
const LOOK_EVENTS = 4_096;
const SHOW_EVERY_MS = 200;

/** Draws a bar on standard error if that is a terminal; nothing otherwise. */
export class RunMeter implements Onlooker, Disposable {
  readonly #startedAt = performance.now();
  readonly #heapBefore = usedHeap();
  readonly #bar = Deno.stderr.isTerminal() ? makeBar() : null;
  #world: World | null = null;
  #what = "";
  #shownAt = 0;
  #eventsShown = 0;
  #looks = 0;
  #bytesPerNode = NaN;
  #rssBytesMax = 0;

  /** What the run has taken so far. */
  get effort(): Effort {
    return {
      seconds: (performance.now() - this.#startedAt) / 1_000,
      bytesPerNode: this.#bytesPerNode,
      rssBytesMax: this.#rssBytesMax,
    };
  }

  begin(what: string, total: number, world: World): void {
    this.#stop();
    this.#world = world;
    this.#what = what;
    this.#bar?.start(total, 0, this.#payload());
    this.#measure();
  }

  look(done: number): void {
    if (++this.#looks % LOOK_EVENTS !== 0) return;
    if (performance.now() - this.#shownAt < SHOW_EVERY_MS) return;
    this.#measure();
    this.#bar?.update(done, this.#payload());
  }

  onGrown(world: World): void {
    this.#bytesPerNode = (usedHeap() - this.#heapBefore) / world.living.length;
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    this.#measure();
    this.#stop();
  }

  #stop(): void {
    this.#bar?.stop();
  }

  #measure(): void {
    this.#rssBytesMax = Math.max(this.#rssBytesMax, Deno.memoryUsage().rss);
  }

  /** Starts counting events for the next look. */
  #payload(): Record<string, string> {
    const now = performance.now();
    const events = this.#world?.queue.count ?? 0;
    const rate = 1_000 * (events - this.#eventsShown) / Math.max(1, now - this.#shownAt);
    this.#shownAt = now;
    this.#eventsShown = events;
    return {
      what: this.#what.padEnd(21),
      virtual: formatClock(this.#world?.now ?? 0),
      rate: formatNumber(rate),
      memory: formatBytes(Deno.memoryUsage().rss),
    };
  }
}

function makeBar(): SingleBar {
  return new SingleBar({
    format: "{what} {bar} {percentage} %  virtual {virtual}  {rate} events/s  {memory}",
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: false, // a signal ends the process at once, without a chance to show it again
    clearOnComplete: true,
    autopadding: true,
    fps: 10,
    gracefulExit: false,
  });
}

/** Bytes of the heap that are in use, exactly if the collector can be called (`--expose-gc`). */
function usedHeap(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed;
}
