/**
 * The settings of `voidkad start`, checked each by itself and against each other.
 *
 * @module
 */

import { join } from "node:path";
import { type AddressPair, whyNoPeer } from "../../core/kademlia/address_pair.ts";
import {
  BUCKET_SIZE_MAX,
  CERTIFICATE_KEPT_MAX_MS,
  LEAVE_LIMIT_MAX_MS,
  PARALLELISM_MAX,
  PREFIX_LENGTH_MAX,
  PROOF_OF_WORK_BITS_MAX,
  REPUBLISH_INTERVAL_MAX_MS,
  REPUBLISH_INTERVAL_MIN_MS,
  TTL_MAX_MAX_MS,
} from "../../core/limits.ts";
import { type Invite, readInvite } from "../../identity/invite.ts";
import { API_IDLE_LIMIT_MAX_MS, LISTENER_KINDS } from "../../net/limits.ts";
import type { ListenerKind } from "../../net/tls/open_listener.ts";
import type { KeepOptions } from "../../net/serve_kept.ts";
import { KEPT_FILE } from "../../persist/kept_file.ts";
import { DIVERSITY_SETTINGS, NODE_OPTIONS_DEFAULT, type NodeOptions } from "../../node/options.ts";
import type { LogLevel } from "../../node/ports.ts";
import { LOG_LEVELS } from "../terminal/log.ts";
import { type ListenAddresses, readListenAddresses } from "./addresses.ts";
import { readAddressPair, type Settings } from "./settings.ts";

/** Where a node keeps what is its own by default, from the current folder. */
export const DATA_DIR_DEFAULT = "voidkad-data";

const SECOND_MS = 1_000;

/** Clients of the module API ask for a second, and look for the value when a person has typed the next line. */
const TTL_MIN_DEFAULT_MS = 60 * SECOND_MS;

/** A checked configuration of a node. */
export interface StartOptions extends ListenAddresses {
  readonly certFile: string;
  readonly keyFile: string;
  /** The node's own folder; null if it has none. */
  readonly folder: string | null;
  readonly bootstrappers: readonly (AddressPair & { readonly certFile: string })[];
  /** Nodes to join through that come with their certificates. */
  readonly invites: readonly Invite[];
  readonly node: NodeOptions;
  /** What outlives the process; null for nothing. */
  readonly keep: KeepOptions | null;
  readonly logLevel: LogLevel;
  readonly listener: ListenerKind;
  readonly apiIdleLimitMs: number;
  readonly apiTtlMinMs: number;
}

/**
 * Checks the settings of a node.
 *
 * @throws {UsageError} that names the setting that is wrong.
 */
export function readStartOptions(settings: Settings): StartOptions {
  const addresses = readListenAddresses(settings);
  const node = readNodeOptions(settings);
  return {
    ...addresses,
    ...readCertificateFiles(settings, addresses),
    folder: folderOf(settings),
    bootstrappers: readBootstrappers(settings),
    invites: readInvites(settings),
    node,
    keep: readKeepOptions(settings, addresses),
    logLevel: settings.choice("log_level", LOG_LEVELS, "info"),
    listener: settings.choice("listener", LISTENER_KINDS, "auto"),
    apiIdleLimitMs: SECOND_MS *
      settings.integer("api_idle_limit", 0, API_IDLE_LIMIT_MAX_MS / SECOND_MS, 0),
    apiTtlMinMs: readTtlMin(settings, node),
  };
}

function readTtlMin(settings: Settings, { ttlMaxMs }: NodeOptions): number {
  const ttlMinMs = SECOND_MS * settings.integer(
    "ttl_min",
    0,
    TTL_MAX_MAX_MS / SECOND_MS,
    Math.min(TTL_MIN_DEFAULT_MS, ttlMaxMs) / SECOND_MS,
  );
  if (ttlMinMs <= ttlMaxMs) return ttlMinMs;
  const [least, most] = [ttlMinMs / SECOND_MS, ttlMaxMs / SECOND_MS];
  throw settings.error("ttl_min", `${least} is more than ttl_max, ${most}`);
}

function readCertificateFiles(settings: Settings, { hostnames }: ListenAddresses) {
  if (settings.has("cert_file") !== settings.has("key_file")) {
    const [one, other] = settings.has("cert_file")
      ? ["cert_file", "key_file"] as const
      : ["key_file", "cert_file"] as const;
    throw settings.error(one, `it needs ${other} too`);
  }
  const folder = settings.path("data_dir", DATA_DIR_DEFAULT);
  const name = hostnames[0]!.replaceAll(":", "-");
  return {
    certFile: settings.path("cert_file", join(folder, `${name}.cert.pem`)),
    keyFile: settings.path("key_file", join(folder, `${name}.key.pem`)),
  };
}

/** The folder of a node. One whose certificate lies elsewhere has none, unless it is named: null. */
export function folderOf(settings: Settings): string | null {
  const hasFolder = settings.has("data_dir") || !settings.has("cert_file");
  return hasFolder ? settings.path("data_dir", DATA_DIR_DEFAULT) : null;
}

/** A node without a folder keeps nothing by default, nor does one with port 0: it is another node at each start. */
function readKeepOptions(settings: Settings, { p2pAddress }: ListenAddresses): KeepOptions | null {
  const byDefault = folderOf(settings) !== null && p2pAddress.port !== 0 ? "values" : "off";
  const persist = settings.choice("persist", ["values", "contacts", "off"], byDefault);
  const durability = settings.choice("durability", ["relaxed", "full"], "relaxed");
  if (persist === "off") return null;
  const file = join(settings.path("data_dir", DATA_DIR_DEFAULT), KEPT_FILE);
  return { file, values: persist === "values", durability };
}

function readBootstrappers(settings: Settings): (AddressPair & { certFile: string })[] {
  const addresses = settings.list("bootstrapper");
  const files = settings.list("bootstrapper_cert");
  if (addresses.length !== files.length) {
    const key = settings.has("bootstrapper_cert") ? "bootstrapper_cert" : "bootstrapper";
    const count = `${addresses.length} bootstrapper${addresses.length === 1 ? "" : "s"}`;
    throw settings.error(
      key,
      `${count} and ${files.length} of bootstrapper_cert: each bootstrapper needs its certificate`,
    );
  }
  return addresses.map((text, i) => {
    const pair = readAddressPair(text, settings.where("bootstrapper"));
    const why = whyNoPeer(pair);
    if (why !== null) throw settings.error("bootstrapper", why);
    return { ...pair, certFile: settings.resolve("bootstrapper_cert", files[i]!) };
  });
}

function readInvites(settings: Settings): Invite[] {
  return settings.list("join").map((text) => {
    try {
      return readInvite(text);
    } catch (error) {
      if (error instanceof SyntaxError) throw settings.error("join", error.message);
      throw error;
    }
  });
}

function readNodeOptions(settings: Settings): NodeOptions {
  const standard = NODE_OPTIONS_DEFAULT;
  const bucketSize = settings.integer("bucket_size", 1, BUCKET_SIZE_MAX, standard.bucketSize);
  const replicationDefault = Math.min(standard.replication, bucketSize);
  const replication = settings.integer("replication", 1, BUCKET_SIZE_MAX, replicationDefault);
  if (replication > bucketSize) {
    throw settings.error("replication", `${replication} is more than bucket_size, ${bucketSize}`);
  }
  const seconds = (
    key: "ttl_max" | "republish_interval" | "leave_limit" | "certificate_kept",
    minMs: number,
    maxMs: number,
    ms: number,
  ) => SECOND_MS * settings.integer(key, minMs / SECOND_MS, maxMs / SECOND_MS, ms / SECOND_MS);
  return {
    prefixLength: settings.integer("prefix_length", 1, PREFIX_LENGTH_MAX, standard.prefixLength),
    bucketSize,
    parallelism: settings.integer("parallelism", 1, PARALLELISM_MAX, standard.parallelism),
    replication,
    ttlMaxMs: seconds("ttl_max", SECOND_MS, TTL_MAX_MAX_MS, standard.ttlMaxMs),
    republishIntervalMs: seconds(
      "republish_interval",
      REPUBLISH_INTERVAL_MIN_MS,
      REPUBLISH_INTERVAL_MAX_MS,
      standard.republishIntervalMs,
    ),
    proofOfWorkBits: settings.integer(
      "proof_of_work_bits",
      0,
      PROOF_OF_WORK_BITS_MAX,
      standard.proofOfWorkBits,
    ),
    leaveLimitMs: seconds("leave_limit", 0, LEAVE_LIMIT_MAX_MS, standard.leaveLimitMs),
    certificateKeptMs: seconds(
      "certificate_kept",
      0,
      CERTIFICATE_KEPT_MAX_MS,
      standard.certificateKeptMs,
    ),
    diversity: settings.choice("diversity", DIVERSITY_SETTINGS, standard.diversity),
  };
}
