/**
 * Keeps other machines from filling the log: of one kind, an address has one line a minute. What was left out is
 * counted when the minute is over.
 *
 * @module
 */

import { type Address, formatAddress, isIpv4 } from "../core/kademlia/address.ts";
import { networkOf } from "../core/kademlia/diversity.ts";
import { MINUTE_MS } from "../core/units.ts";
import type { Clock, Log, LogLevel } from "../node/ports.ts";
import { LOGGED_KINDS_MAX } from "./limits.ts";

/** What stands for all addresses and kinds beyond {@linkcode LOGGED_KINDS_MAX}. */
const OTHERS = "";

/** A line that was written in this minute. */
interface Written {
  readonly level: LogLevel;
  readonly line: string;
  leftOut: number;
}

/** Writes lines about other machines. */
export class LogLimit {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #written = new Map<string, Written>();
  #stopTimer: (() => void) | null = null;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Writes a line about an address, unless one like it was written about it less than a minute ago. Lines are alike
   * if they differ in numbers alone. Lines for debugging are all written.
   */
  write(level: LogLevel, address: Address, text: (address: string) => string): void {
    const line = text(formatAddress(address));
    if (level === "debug") return this.#log(level, line);
    const where = isIpv4(address) ? address.hostname : networkOf(address);
    let kind = `${where} ${text("").replaceAll(/\d+/g, "")}`;
    if (!this.#written.has(kind) && this.#written.size >= LOGGED_KINDS_MAX) kind = OTHERS;
    const written = this.#written.get(kind);
    if (written) return void written.leftOut++;
    this.#written.set(kind, { level, line, leftOut: 0 });
    this.#log(level, line);
    this.#stopTimer ??= this.#clock.runAt(this.#clock.now() + MINUTE_MS, () => this.#endMinute());
  }

  /** Writes what is still to be counted, and nothing after that. */
  close(): void {
    this.#stopTimer?.();
    this.#count();
  }

  #endMinute(): void {
    this.#stopTimer = null;
    this.#count();
  }

  #count(): void {
    for (const [kind, { level, line, leftOut }] of this.#written) {
      if (leftOut === 0) continue;
      const what = kind === OTHERS ? "about other addresses" : "like this";
      this.#log(level, `${line} (and ${leftOut} more ${what} within a minute)`);
    }
    this.#written.clear();
  }
}
