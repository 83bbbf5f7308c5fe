/**
 * Limits the dial-backs to addresses that are not those of the packets that asked for them.
 *
 * A peer may listen at another address than its packets come from: at a second address of its machine, behind a
 * translator of addresses, at IPv6 while it dials IPv4. Dialling it back is what proves it. But any stranger may
 * name any address, so that few are dialled, and none that no node can have.
 *
 * @module
 */

import { type Address, mayName } from "../../core/kademlia/address.ts";
import { MINUTE_MS } from "../../core/units.ts";
import { FOREIGN_DIAL_BACKS_MAX, FOREIGN_DIAL_BACKS_PER_MINUTE_MAX } from "../limits.ts";

/** The dial-backs of one node to addresses of others' choice. */
export class DialBackBudget {
  #underWay = 0;
  /** When the last ones began, oldest first. */
  readonly #begun: number[] = [];

  /** Begins a dial-back if it is within the limits, and tells whether it is; `end` must follow then. */
  begin(target: Address, origin: Address, now: number): boolean {
    if (!mayName(target, origin)) return false;
    while (this.#begun.length > 0 && now - this.#begun[0]! >= MINUTE_MS) this.#begun.shift();
    if (this.#underWay >= FOREIGN_DIAL_BACKS_MAX) return false;
    if (this.#begun.length >= FOREIGN_DIAL_BACKS_PER_MINUTE_MAX) return false;
    this.#begun.push(now);
    this.#underWay++;
    return true;
  }

  /** A dial-back has ended. */
  end(): void {
    this.#underWay--;
  }
}
