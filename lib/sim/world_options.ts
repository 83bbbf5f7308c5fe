/**
 * What can be said about a simulated network and what happens to it.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { RecordToContact } from "../core/wire/contact_codec.ts";
import type { NodeOptions } from "../node/options.ts";
import type { AdversaryKind } from "./faults/conspiracy.ts";
import type { LatencyProfile } from "./faults/latency.ts";
import type { Kept } from "./sim_node.ts";

/**
 * Where nodes are: all in one private network; each in a public network of its own; or the latter, but for adversaries,
 * which are all of one network.
 */
export type AddressPlan = "private" | "diverse" | "equal";

/** What a simulated network is like. */
export interface WorldOptions {
  readonly seed: number;
  readonly latency?: LatencyProfile;
  /** One-way time of a message in milliseconds, in place of a profile's. */
  readonly delayMs?: (from: Contact, to: Contact) => number;
  /** Share of messages that are lost. */
  readonly loss?: number;
  /** Wall clocks are off by up to this much either way, in milliseconds. */
  readonly skewMs?: number;
  /** Clocks run too fast or too slow by up to this many millionths. */
  readonly driftPpm?: number;
  /** Share of nodes whose messages take ten times as long. */
  readonly slowShare?: number;
  /** Share of nodes that are adversaries, and of which kind. */
  readonly adversaryShare?: number;
  readonly adversaryKind?: AdversaryKind;
  /** Where the nodes are; `private` if nothing is said. */
  readonly addresses?: AddressPlan;
  /** Settings of the nodes; without proof of work unless said otherwise. */
  readonly node?: Partial<NodeOptions>;
  /** Whether every message is encoded and decoded; true if nothing is said. */
  readonly throughCodec?: boolean;
  /** Makes contacts of records for all nodes; by default each node has objects of its own. */
  readonly toContact?: RecordToContact;
  /** Connections dialled by others that a node keeps open; as many as a real one if nothing is said. */
  readonly inboundMax?: number;
}

/** How a process is started again. */
export interface RestartOptions {
  /** Whether it finds its replicas and contacts on its disk. */
  readonly keepsData?: boolean;
  /** What it finds there instead: what it had kept before its clock was set, say. */
  readonly kept?: Kept;
  /** The nodes through which it joins; as at its first start if nothing is said. */
  readonly via?: readonly Contact[];
}
