/**
 * How much of the store one source may fill: as long as much is free as much as it likes, then no more than its share.
 * So nobody keeps the others out, whatever keys he chooses.
 *
 * @module
 */

import { HOUR_MS } from "../../core/units.ts";
import { QUOTA_BEGINS_AT_FILL, QUOTA_SHARE_MAX, QUOTA_SOURCES_MAX } from "../limits.ts";

/** What one source has stored: bytes by the hour in which they end. */
interface Account {
  bytes: number;
  readonly byHour: Map<number, number>;
}

/** A value that is to be stored. */
export interface QuotaRequest {
  readonly bytes: number;
  /** When it ends, by the clock. */
  readonly endsAt: number;
  readonly now: number;
}

/** How full the store is. */
export interface QuotaStore {
  readonly bytesMax: number;
  /** 0 to 1. */
  readonly fill: number;
}

/** The accounts of those that store at one node, by name. */
export class StoreQuota {
  readonly #accounts = new Map<string, Account>();

  /** Whether a source may store a value. */
  allows(source: string, { bytes, now }: QuotaRequest, { bytesMax, fill }: QuotaStore): boolean {
    if (fill < QUOTA_BEGINS_AT_FILL) return true;
    const account = this.#accounts.get(source);
    if (account) dropEnded(account, now);
    return (account?.bytes ?? 0) + bytes <= QUOTA_SHARE_MAX * bytesMax;
  }

  /** Notes that a source has stored a value. What others replace counts until its end. */
  note(source: string, { bytes, endsAt, now }: QuotaRequest): void {
    const account = this.#accountOf(source);
    const hour = Math.floor(endsAt / HOUR_MS);
    if (!account.byHour.has(hour)) dropEnded(account, now);
    account.byHour.set(hour, (account.byHour.get(hour) ?? 0) + bytes);
    account.bytes += bytes;
    if (this.#accounts.size > QUOTA_SOURCES_MAX) this.#forgetSmallest();
  }

  #accountOf(source: string): Account {
    let account = this.#accounts.get(source);
    if (!account) this.#accounts.set(source, account = { bytes: 0, byHour: new Map() });
    return account;
  }

  #forgetSmallest(): void {
    let smallest = "";
    let least = Infinity;
    for (const [source, { bytes }] of this.#accounts) {
      if (bytes < least) [smallest, least] = [source, bytes];
    }
    this.#accounts.delete(smallest);
  }
}

function dropEnded(account: Account, now: number): void {
  for (const [hour, bytes] of account.byHour) {
    if ((hour + 1) * HOUR_MS > now) continue;
    account.byHour.delete(hour);
    account.bytes -= bytes;
  }
}
