/**
 * One node of a simulated network: its identity, and what outlives its process.
 *
 * @module
 */

import type { Address } from "../core/kademlia/address.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import type { KeptReplica } from "../core/store/keeper.ts";
import type { NodeSettings } from "../node/context.ts";
import type { Node } from "../node/node.ts";
import type { NodeOptions } from "../node/options.ts";
import type { Ports } from "../node/ports.ts";
import type { ClockFaults, SimClock } from "./sim_clock.ts";
import type { SimTransport } from "./transport.ts";

/** What one node is like, where it differs from the others. */
export interface AddOptions {
  /** Whether it joins; true if nothing is said. */
  readonly joins?: boolean;
  /** Its contact; by default one with the next number. */
  readonly self?: Contact;
  /** The nodes through which it joins; by default some that live, picked at random. */
  readonly via?: readonly Contact[];
  /** Settings besides those of the whole network. */
  readonly options?: Partial<NodeOptions>;
  /** How its clock is wrong, besides what befalls the whole network. */
  readonly clock?: ClockFaults;
  /** Where its packets come from, if that is not where it listens. */
  readonly source?: Address;
  /** Makes the node of its settings and ports, for tests that look into it. */
  readonly makeNode?: (settings: NodeSettings, ports: Ports) => Node;
}

/** A node of a simulated network: one process, from its start to its end. */
export interface SimNode {
  readonly index: number;
  readonly node: Node;
  readonly transport: SimTransport;
  readonly clock: SimClock;
  readonly isAdversary: boolean;
  /** When it was started. */
  readonly bornAt: number;
  /** What it was started with. */
  readonly options: AddOptions;
  /** Whether it has neither left nor been killed. */
  alive: boolean;
  joined: boolean;
}

/** Whether a node answers: it has joined, and its process runs. */
export function isWell({ joined, clock }: SimNode): boolean {
  return joined && clock.isRunning;
}

/** What a process finds on its disk: the replicas and contacts of the one before. */
export function keptBy({ node }: SimNode): Kept {
  let row = 0;
  const { followed } = node;
  const replicas = [...followed.unkept(() => ++row)];
  return { contacts: node.contacts(), replicas, keptAt: followed.networkNow() };
}

/** What is on a node's disk. */
export interface Kept {
  readonly replicas: readonly KeptReplica[];
  readonly contacts: readonly Contact[];
  /** The network's time when that was kept. */
  readonly keptAt: number;
}
