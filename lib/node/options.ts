/**
 * What can be set about a node, apart from where it listens.
 *
 * @module
 */

import { isLoopback, isPrivate } from "../core/kademlia/address.ts";
import { addressesOf, type AddressPair } from "../core/kademlia/address_pair.ts";
import { Diversity } from "../core/kademlia/diversity.ts";
import {
  BUCKET_SIZE_DEFAULT,
  BUCKET_SIZE_MAX,
  CERTIFICATE_KEPT_DEFAULT_MS,
  CERTIFICATE_KEPT_MAX_MS,
  LEAVE_LIMIT_DEFAULT_MS,
  LEAVE_LIMIT_MAX_MS,
  PARALLELISM_DEFAULT,
  PARALLELISM_MAX,
  PREFIX_LENGTH_DEFAULT,
  PREFIX_LENGTH_MAX,
  PROOF_OF_WORK_BITS_DEFAULT,
  PROOF_OF_WORK_BITS_MAX,
  REPLICATION_DEFAULT,
  REPUBLISH_INTERVAL_DEFAULT_MS,
  REPUBLISH_INTERVAL_MAX_MS,
  REPUBLISH_INTERVAL_MIN_MS,
  TTL_MAX_DEFAULT_MS,
  TTL_MAX_MAX_MS,
} from "../core/limits.ts";

/**
 * Whether few nodes of one network (/24 of IPv4, /64 of IPv6) may stand together. `auto`: unless the node's own address
 * is one of loopback or of a private network, where all are of one.
 */
export type DiversitySetting = "auto" | "on" | "off";

/** All values of that setting. */
export const DIVERSITY_SETTINGS: readonly DiversitySetting[] = ["auto", "on", "off"];

/** Settings of a node. All nodes of one network should agree on `proofOfWorkBits`. */
export interface NodeOptions {
  /** Bits of the id that one level of buckets matches, 1 to 8; 1 is classic Kademlia. */
  readonly prefixLength: number;
  /** Contacts a bucket holds, and contacts that end a lookup when they have answered (k). */
  readonly bucketSize: number;
  /** Requests in flight per lookup (alpha). */
  readonly parallelism: number;
  /** Replicas of a value whose PUT names no number; at most `bucketSize`. */
  readonly replication: number;
  /** Longest TTL of a value, in milliseconds. */
  readonly ttlMaxMs: number;
  /** Longest time until neighbours compare what both should hold, in milliseconds. */
  readonly republishIntervalMs: number;
  /** Leading zero bits that a STORE's proof of work must have. */
  readonly proofOfWorkBits: number;
  /** How long a node that leaves may take, in milliseconds: its PUTs end, and its replicas are handed over. */
  readonly leaveLimitMs: number;
  /** How long a contact must have failed before another certificate counts at its address, in milliseconds. */
  readonly certificateKeptMs: number;
  /** How many nodes of one network it has to do with. */
  readonly diversity: DiversitySetting;
}

/** The settings of a node that says nothing else. */
export const NODE_OPTIONS_DEFAULT: NodeOptions = {
  prefixLength: PREFIX_LENGTH_DEFAULT,
  bucketSize: BUCKET_SIZE_DEFAULT,
  parallelism: PARALLELISM_DEFAULT,
  replication: REPLICATION_DEFAULT,
  ttlMaxMs: TTL_MAX_DEFAULT_MS,
  republishIntervalMs: REPUBLISH_INTERVAL_DEFAULT_MS,
  proofOfWorkBits: PROOF_OF_WORK_BITS_DEFAULT,
  leaveLimitMs: LEAVE_LIMIT_DEFAULT_MS,
  certificateKeptMs: CERTIFICATE_KEPT_DEFAULT_MS,
  diversity: "auto",
};

/** What each setting that is a number may be. */
const RANGES: Readonly<Record<Exclude<keyof NodeOptions, "diversity">, readonly [number, number]>> =
  {
    prefixLength: [1, PREFIX_LENGTH_MAX],
    bucketSize: [1, BUCKET_SIZE_MAX],
    parallelism: [1, PARALLELISM_MAX],
    replication: [1, BUCKET_SIZE_MAX],
    ttlMaxMs: [1, TTL_MAX_MAX_MS],
    republishIntervalMs: [REPUBLISH_INTERVAL_MIN_MS, REPUBLISH_INTERVAL_MAX_MS],
    proofOfWorkBits: [0, PROOF_OF_WORK_BITS_MAX],
    leaveLimitMs: [0, LEAVE_LIMIT_MAX_MS],
    certificateKeptMs: [0, CERTIFICATE_KEPT_MAX_MS],
  };

/**
 * Checks the settings of a node.
 *
 * @throws {RangeError} that names the setting that is wrong, or missing.
 */
export function checkOptions(options: NodeOptions): void {
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = options[name as keyof typeof RANGES];
    if (Number.isInteger(value) && value >= min && value <= max) continue;
    throw new RangeError(`${name}: ${value} is not a whole number between ${min} and ${max}`);
  }
  const { replication, bucketSize, diversity } = options;
  if (!DIVERSITY_SETTINGS.includes(diversity)) {
    throw new RangeError(`diversity: ${diversity} is none of ${DIVERSITY_SETTINGS.join(", ")}`);
  }
  if (replication > bucketSize) {
    throw new RangeError(`replication: ${replication} is more than bucketSize, ${bucketSize}`);
  }
}

/** The rule of diversity that the settings of a node mean. */
export function diversityOf(self: AddressPair, { diversity }: NodeOptions): Diversity {
  const isNear = addressesOf(self).every((address) => isLoopback(address) || isPrivate(address));
  const isOn = diversity === "on" || (diversity === "auto" && !isNear);
  return isOn ? new Diversity(self) : Diversity.OFF;
}
