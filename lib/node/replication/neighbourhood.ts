/**
 * Watches who lives near this node, and says when many have changed.
 *
 * The values that a node keeps are kept by its neighbours too. When a good part of them has left, or has
 * joined and holds nothing, waiting for the next periodic republication would be waiting too long; when
 * one in twenty has, republishing at once would be waste.
 *
 * @module
 */

import { type Contact, indexOfContact } from "../../core/kademlia/contact.ts";
import { NEIGHBOURHOOD_CHECK_MS, NEIGHBOURHOOD_TURNOVER } from "../limits.ts";
import { Alarm } from "../alarm.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports } from "../ports.ts";

/** The contacts closest to one node. */
export class Neighbourhood {
  readonly #peers: Peers;
  readonly #options: NodeOptions;
  readonly #ports: Ports;
  readonly #check: Alarm;
  /** Null until the first look. */
  #known: readonly Contact[] | null = null;
  #closed = false;
  /** Called when a good part of the neighbours is not the same as at the last call. */
  onTurnover: () => void = () => {};

  constructor(peers: Peers, options: NodeOptions, ports: Ports) {
    this.#peers = peers;
    this.#options = options;
    this.#ports = ports;
    this.#check = new Alarm(ports.clock, () => this.#compare());
  }

  /** Notes that a contact has come or gone; what that means is looked at a little later. */
  changed(): void {
    if (!this.#closed) this.#check.setFor(this.#ports.clock.now() + NEIGHBOURHOOD_CHECK_MS);
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    this.#check.stop();
  }

  #compare(): void {
    const { table, self } = this.#peers;
    const now = table.closest(self.id, this.#options.bucketSize);
    const known = this.#known ??= now; // who has just come has nothing that others could lack
    const stayed = now.filter((contact) => indexOfContact(known, contact) >= 0).length;
    const size = Math.max(now.length, known.length);
    if (size - stayed < Math.max(1, size * NEIGHBOURHOOD_TURNOVER)) return;
    this.#known = now;
    this.onTurnover();
  }
}
