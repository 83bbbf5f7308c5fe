/**
 * How far the own wall clock is from those of the network.
 *
 * Each PONG carries the wall clock of the node that answers. Half the round trip later it has arrived, so that each
 * contact gives one sample of the offset. The median of the samples and of the own clock's zero is what most agree on: a
 * node whose clock is wrong follows the others, and one wrong clock moves nobody. Where no time is left on which most
 * agree, but clocks have been set, the node goes on by the last one, which its own clock has counted since; a node that
 * has known none goes by the median, so that nodes may take the time to be different ones.
 *
 * @module
 */

import { STAMP_AHEAD_MAX_MS, STAMP_AHEAD_MIN_MS } from "../limits.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../units.ts";

/** Contacts whose samples are kept; the oldest goes first. */
const SAMPLES_MAX = 64;
/** An older sample is worth less, since clocks drift, and are set: it goes once there are enough newer ones. */
const SAMPLE_AGE_MAX_MS = 3 * HOUR_MS;
const SAMPLES_MIN = 8;

interface Sample {
  readonly offsetMs: number;
  readonly at: number;
}

/** With fewer there is no majority, and one clock that is wrong, or lies, moves the median by half of that. */
const AGREEING_MIN = 2;
/**
 * Clocks that were so close are kept right: where most of them were, and agree no more, some have been set. In a network
 * whose clocks all differ most agree by chance, of a few of them.
 */
const KEPT_RIGHT_MS = 5 * SECOND_MS;
const OUTGROWN_BY = 2;
/** Clocks that are so close agree well enough: what is too old or too new is judged by minutes. */
const AGREEING_MS = MINUTE_MS;
/** With so many, most of a node's idea of the time comes from others, and what these differ by is known. */
const AGREED_MIN = 3;
/** How much further than the middle one of the clocks a node's idea of the time may be off, at most. */
const SPREADS = 4;
/** How much of it nearly all nodes' ideas of the time differ by at most. */
const DOUBTED_SHARE = 3 / 4;

/** The offset of one node's clock. Times in milliseconds. */
export class NetworkTime {
  /** By contact, the one that was measured last at the end. */
  readonly #samples = new Map<string, Sample>();
  #offsetMs = 0;
  /** The offset on which most clocks agreed last; null if they never have. */
  #agreedMs: number | null = null;
  /** How many clocks were known then, if most were kept right; else 0. */
  #knownThen = 0;
  #agreeing = 1;
  /** How far the clocks are from the offset: the middle one. */
  #spreadMs = 0;
  /** What the own wall clock was set back by in all. */
  #setBackMs = 0;
  /** Whether a sample has come since the offset was reckoned: many come for each time that it is asked for. */
  #isStale = false;

  /** What to add to the own wall clock to get the network's time; 0 while nobody has been measured. */
  get offsetMs(): number {
    this.#reckon();
    return this.#offsetMs;
  }

  /** How far ahead of the network's time the stamp of an honest node may be, in milliseconds. */
  get stampAheadMaxMs(): number {
    if (this.#samples.size < AGREED_MIN) return STAMP_AHEAD_MAX_MS;
    this.#reckon();
    return Math.min(STAMP_AHEAD_MAX_MS, STAMP_AHEAD_MIN_MS + SPREADS * this.#spreadMs);
  }

  /** What this node's idea of the time may differ by from those of others, a minute at most, in milliseconds. */
  get doubtMs(): number {
    this.#reckon();
    return Math.min(DOUBTED_SHARE * this.#spreadMs, AGREEING_MS);
  }

  /**
   * The same, but nothing is taken from one contact alone, nor before most clocks have agreed: the clock goes on as it
   * began.
   */
  get agreedOffsetMs(): number {
    this.#reckon();
    return this.#agreedMs ?? this.#setBackMs;
  }

  /** Whether most clocks agree on the time, or have. */
  get isKnown(): boolean {
    this.#reckon();
    return this.#agreedMs !== null;
  }

  /** Clocks, the own one included, that are near the network's time. */
  get agreeing(): number {
    this.#reckon();
    return this.#agreeing;
  }

  /** Whether these are most clocks; else the network has no time that a node could know. */
  get isAgreed(): boolean {
    return 2 * this.agreeing > this.#samples.size + 1;
  }

  /** Number of contacts that were measured. */
  get samples(): number {
    return this.#samples.size;
  }

  /**
   * Takes in what a contact said.
   *
   * @param contact names it.
   * @param theirs its wall clock when it wrote, in milliseconds since 1970.
   * @param own the own wall clock when that came, likewise.
   * @param roundTripMs what the request and its answer took.
   * @param now the time by a clock that only goes forward, in milliseconds.
   */
  note(
    contact: string,
    { theirs, own, roundTripMs, now }: {
      readonly theirs: number;
      readonly own: number;
      readonly roundTripMs: number;
      readonly now: number;
    },
  ): void {
    this.#samples.delete(contact);
    this.#samples.set(contact, { offsetMs: theirs + roundTripMs / 2 - own, at: now });
    for (const [name, { at }] of this.#samples) {
      const { size } = this.#samples;
      const isFresh = now - at <= SAMPLE_AGE_MAX_MS;
      if (size <= SAMPLES_MAX && (isFresh || size <= SAMPLES_MIN)) break;
      this.#samples.delete(name);
    }
    this.#isStale = true;
  }

  /** The own wall clock has jumped by so much: the samples were taken against the old one. */
  shift(jumpMs: number): void {
    const offsetMs = this.offsetMs - jumpMs;
    for (const [name, { offsetMs, at }] of this.#samples) {
      this.#samples.set(name, { offsetMs: offsetMs - jumpMs, at });
    }
    this.#offsetMs = offsetMs;
    if (this.#agreedMs !== null) this.#agreedMs -= jumpMs;
    this.#setBackMs -= jumpMs;
  }

  #reckon(): void {
    if (!this.#isStale) return;
    const offsets = [0, ...Array.from(this.#samples.values(), ({ offsetMs }) => offsetMs)];
    const middle = median(offsets);
    const countNear = (offsetMs: number, maxMs: number) =>
      offsets.filter((other) => Math.abs(other - offsetMs) <= maxMs).length;
    const areMostWithin = (maxMs: number) => 2 * countNear(middle, maxMs) > offsets.length;
    const isOfMost = areMostWithin(AGREEING_MS);
    if (isOfMost || offsets.length > OUTGROWN_BY * this.#knownThen) this.#offsetMs = middle;
    if (isOfMost && this.#samples.size >= AGREEING_MIN) {
      this.#agreedMs = middle;
      this.#knownThen = areMostWithin(KEPT_RIGHT_MS) ? offsets.length : 0;
    }
    this.#agreeing = countNear(this.#offsetMs, AGREEING_MS);
    this.#spreadMs = median(offsets.map((offsetMs) => Math.abs(offsetMs - this.#offsetMs)));
    this.#isStale = false;
  }
}

/** The middle one of some numbers; of an even count the mean of the two in the middle. */
function median(numbers: number[]): number {
  numbers.sort((a, b) => a - b);
  const middle = numbers.length >>> 1;
  if (numbers.length % 2 === 1) return numbers[middle]!;
  return (numbers[middle - 1]! + numbers[middle]!) / 2;
}
