/**
 * What every part of a node may know: who the node is, what it was set to, and what it was given.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { Diversity } from "../core/kademlia/diversity.ts";
import type { NodeOptions } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { NodeTime } from "./time/node_time.ts";

/** What a node is made of, besides its ports. */
export interface NodeSettings {
  /** The node as others see it. */
  readonly self: Contact;
  /** See {@linkcode NodeOptions}. */
  readonly options: NodeOptions;
  /** Nodes through which to join; none for the first node of a network. */
  readonly bootstrappers: readonly Contact[];
  /** Called at the end of each attempt to join that reached another node. */
  readonly onJoined?: () => void;
}

/** What all parts of a node share. */
export interface NodeContext extends NodeSettings {
  /** Transport, clock, randomness, hash, log, observer. */
  readonly ports: Ports;
  /** How many nodes of one network may stand together. */
  readonly diversity: Diversity;
  /** The network's time. */
  readonly time: NodeTime;
}
