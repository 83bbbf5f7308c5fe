/**
 * Judges of each lookup that has found the nodes closest to an id whether these stand there by chance.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { chanceOf, densityAround } from "../../core/kademlia/density.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { MINUTE_MS } from "../../core/units.ts";
import type { NodeContext } from "../context.ts";

/**
 * A chance below this is an attack. Much less than one lookup in a million may be taken for one: the own table lags
 * behind a network that grows.
 */
const CHANCE_MIN = 1e-10;
/** Fewer nodes say nothing. */
const NODES_MIN = 8;
/** How long an attack is told. */
const TOLD_MS = 10 * MINUTE_MS;
/** Bytes of the key that are told. */
const KEY_BYTES = 4;

/** What judging takes of a node's parts. */
export interface DensityWatchParts extends NodeContext {
  readonly table: RoutingTable;
}

/** Watches the lookups of one node. */
export class DensityWatch {
  readonly #parts: DensityWatchParts;
  #attack: { readonly key: string; readonly count: number; readonly at: number } | null = null;

  constructor(parts: DensityWatchParts) {
    this.#parts = parts;
  }

  /** The last attack that was seen a short time ago, as a sentence; null if none was. */
  get attack(): string | null {
    if (!this.#attack) return null;
    const { key, count, at } = this.#attack;
    return this.#parts.ports.clock.now() - at < TOLD_MS ? describe(key, count) : null;
  }

  /**
   * Judges the nodes that were found closest to a key, closest first, and the nearer half of them.
   *
   * @returns what is wrong, as a sentence; null if nothing is.
   */
  judge(key: NodeId, closest: readonly Contact[]): string | null {
    const { self, table, options: { bucketSize }, ports: { clock, log } } = this.#parts;
    const near = table.closest(self.id, bucketSize, { includeFailing: true });
    if (near.length < NODES_MIN) return null;
    const usual = densityAround(self.id, near);
    for (const count of [closest.length, Math.ceil(closest.length / 2)]) {
      if (count < NODES_MIN) continue;
      const found = densityAround(key, closest.slice(0, count));
      if (chanceOf(found, usual) >= CHANCE_MIN) continue;
      const name = beginningOf(key);
      const isNews = this.attack === null;
      this.#attack = { key: name, count, at: clock.now() };
      const sentence = describe(name, count);
      if (isNews) log("warn", `An attack is likely: ${sentence}`);
      return sentence;
    }
    return null;
  }
}

function beginningOf(key: NodeId): string {
  return Array.from(key.subarray(0, KEY_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}

function describe(key: string, count: number): string {
  return `the ${count} nodes closest to key ${key}… stand closer to it than chance allows: ` +
    "somebody may have placed them there";
}
