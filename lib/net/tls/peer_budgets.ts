/**
 * What a peer may have this node do: so much on one connection, and so much on all of one network together.
 *
 * The unit is about 10 microseconds of the processor. A peer that has spent its budget is not read from until it has
 * earned what it owes, and its system makes it wait. Peers on loopback have no budget: whoever runs programs on the
 * machine takes its processor anyway.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import { type Address, isLoopback } from "../../core/kademlia/address.ts";
import { networkOf } from "../../core/kademlia/diversity.ts";
import { SECOND_MS } from "../../core/units.ts";
import { DIGEST, FIND_NODE, FIND_VALUE, NUDGE, OFFER, STORE } from "../../core/wire/versions.ts";
import { NETWORK_BUDGETS_KEPT_MAX } from "../limits.ts";

/** What may be spent, in units. */
export interface BudgetLimits {
  /** A second, on one connection and on all of a network. */
  readonly perConnection: number;
  readonly perNetwork: number;
  /** At once, as seconds of the above. */
  readonly burstSeconds: number;
  /** Whether peers on loopback have a budget too. */
  readonly onLoopback: boolean;
}

/** Half of a processor for a network, a quarter for a connection. */
export const BUDGET_LIMITS: BudgetLimits = {
  perConnection: 25_000,
  perNetwork: 50_000,
  burstSeconds: 4,
  onLoopback: false,
};

/** Of members of a private network, who are trusted with more. */
export const MEMBER_BUDGET_LIMITS: BudgetLimits = {
  ...BUDGET_LIMITS,
  perConnection: 100_000,
  perNetwork: 200_000,
};

/** Units of a frame beside those of its bytes; a type that is not named costs one. */
const COSTS: Readonly<Record<number, number>> = {
  [NUDGE]: 0.2,
  [FIND_NODE]: 2,
  [FIND_VALUE]: 2,
  [STORE]: 4,
  [DIGEST]: 20,
  [OFFER]: 50,
};
const BYTES_PER_UNIT = 4_096;

/** Units that handling a whole frame of a peer takes. */
export function costOf(frame: Uint8Array): number {
  return (COSTS[frame[4]! << 8 | frame[5]!] ?? 1) + frame.length / BYTES_PER_UNIT;
}

/** Earns so much a second and keeps so much; may owe. */
class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #countedAt: number;

  constructor(perSecond: number, { burst, now }: { burst: number; now: number }) {
    this.#perSecond = perSecond;
    this.#burst = this.#left = burst;
    this.#countedAt = now;
  }

  /** Takes units out. */
  spend(units: number, now: number): void {
    const earned = (now - this.#countedAt) / SECOND_MS * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned) - units;
    this.#countedAt = now;
  }

  /** Milliseconds until nothing is owed, as of the last time that it was counted. */
  get waitMs(): number {
    return Math.max(0, -this.#left / this.#perSecond * SECOND_MS);
  }

  /** Whether it is as full as a new one. */
  isFull(now: number): boolean {
    this.spend(0, now);
    return this.#left === this.#burst;
  }
}

/** The budget of one connection. */
export class PeerBudget {
  readonly #own: Bucket;
  readonly #network: Bucket;

  constructor(own: Bucket, network: Bucket) {
    this.#own = own;
    this.#network = network;
  }

  /** Counts what a frame takes, and tells how many milliseconds to wait before the next one. */
  spend(units: number, now: number): number {
    this.#own.spend(units, now);
    this.#network.spend(units, now);
    return Math.max(this.#own.waitMs, this.#network.waitMs);
  }
}

/** The budgets of all peers of a node. */
export class PeerBudgets {
  readonly #limits: BudgetLimits;
  readonly #networks = new Map<string, Bucket>();

  constructor(limits = BUDGET_LIMITS) {
    this.#limits = limits;
  }

  /** The budget of a new connection; null if it has no limit. */
  of(address: Address, now: number): PeerBudget | null {
    const { perConnection, perNetwork, burstSeconds, onLoopback } = this.#limits;
    if (!onLoopback && isLoopback(address)) return null;
    const name = networkOf(address);
    let network = this.#networks.get(name);
    if (!network) {
      if (this.#networks.size >= NETWORK_BUDGETS_KEPT_MAX) this.#forgetFull(now);
      network = new Bucket(perNetwork, { burst: perNetwork * burstSeconds, now });
      this.#networks.set(name, network);
    }
    return new PeerBudget(
      new Bucket(perConnection, { burst: perConnection * burstSeconds, now }),
      network,
    );
  }

  /** A network that owes nothing is the same as one never seen. If all owe, the first is forgotten. */
  #forgetFull(now: number): void {
    for (const [name, bucket] of this.#networks) {
      if (bucket.isFull(now)) this.#networks.delete(name);
    }
    forgetOldest(this.#networks, NETWORK_BUDGETS_KEPT_MAX - 1);
  }
}
