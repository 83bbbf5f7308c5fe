/**
 * How long messages take: named profiles of a network.
 *
 * Each pair of nodes has a distance of its own, the same in both directions and at all times; each message
 * adds a little to it. Both follow a log-normal distribution: most are near the median, a few are far.
 *
 * @module
 */

import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { SeededRandom } from "../random/seeded_random.ts";

/** A profile. One-way times in milliseconds. */
export interface LatencyProfile {
  /** Half of the messages between random nodes are faster. */
  readonly medianMs: number;
  /** Spread between pairs: standard deviation of the logarithm. */
  readonly pairSpread: number;
  /** Spread between messages of one pair. */
  readonly messageSpread: number;
}

/** The profiles by name: `internet` has a median round trip of 80 ms and a long tail. */
export const LATENCY_PROFILES: Readonly<Record<"lan" | "internet", LatencyProfile>> = {
  lan: { medianMs: 0.2, pairSpread: 0.2, messageSpread: 0.2 },
  internet: { medianMs: 40, pairSpread: 0.6, messageSpread: 0.1 },
};

/** The time of one message between two nodes. */
export function sampleLatencyMs(
  profile: LatencyProfile,
  from: NodeId,
  to: NodeId,
  random: SeededRandom,
): number {
  const pair = pairNormal(from, to);
  const message = normal(unit(random.u32()), unit(random.u32()));
  return profile.medianMs * Math.exp(profile.pairSpread * pair + profile.messageSpread * message);
}

/** The median time of a message between two nodes, either way. */
export function pairLatencyMs(profile: LatencyProfile, a: NodeId, b: NodeId): number {
  return profile.medianMs * Math.exp(profile.pairSpread * pairNormal(a, b));
}

function pairNormal(a: NodeId, b: NodeId): number {
  return normal(unit(mix(a) ^ mix(b)), unit(Math.imul(mix(a) + mix(b), 0x9e3779b1)));
}

/** 32 bits that stand for an id; ids are hashes, so that their first bytes will do. */
function mix(id: NodeId): number {
  return id[4]! << 24 | id[5]! << 16 | id[6]! << 8 | id[7]!;
}

/** 32 bits as a number above 0 and below 1. */
function unit(bits: number): number {
  return ((bits >>> 0) + 0.5) / 0x1_0000_0000;
}

/** A sample of the normal distribution from two uniform ones (Box and Muller). */
function normal(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}
