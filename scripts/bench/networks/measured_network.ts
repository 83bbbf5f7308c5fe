/**
 * What the work is done on: a network of real nodes, in one process or in many.
 *
 * @module
 */

import type { NodeId } from "../../../lib/core/kademlia/node_id.ts";

/** What the processes of a network have used. */
export interface Usage {
  /** Processor time since they began, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory, after a collection of garbage where it can be asked for. */
  readonly residentBytes: number;
}

/** How many connections were made, and between how many ordered pairs of nodes anything was asked. */
export interface Connections {
  readonly handshakes: number;
  readonly pairs: number;
}

/** A network under measurement. Disposing of it ends all of it. */
export interface BenchNetwork extends AsyncDisposable {
  readonly nodes: number;
  readonly processes: number;
  /** What a reader of the results has to know. */
  readonly notes: readonly string[];
  /** Starts the nodes; settles when each knows enough others. */
  start(): Promise<void>;
  /** How many others each node knows. */
  tableSizes(): Promise<readonly number[]>;
  /**
   * Puts a value through the module API of a node; settles when all replicas have acknowledged.
   *
   * @returns how many have; null if that cannot be seen.
   * @throws {Error} if some have not.
   */
  put(node: number, key: NodeId, value: Uint8Array): Promise<number | null>;
  /** Gets a value through the module API of a node; null if it finds none. */
  get(node: number, key: NodeId): Promise<Uint8Array | null>;
  /** For each key the nodes that hold its value. */
  holders(keys: readonly NodeId[]): Promise<readonly ReadonlySet<number>[]>;
  usage(): Promise<Usage>;
  /** The processor time alone, which is cheaper to read. */
  cpuMs(): Promise<number>;
  /** Null where it cannot be seen. */
  connections(): Connections | null;
}

/** How many others a node has to know before it counts as bootstrapped, as with the peers. */
export function contactsWanted(nodes: number): number {
  return Math.min(nodes - 1, 8);
}
