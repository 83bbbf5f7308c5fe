/**
 * The settings of `voidkad start`, checked each by itself and against each other.
 *
 * @module
 */

import { join } from "node:path";
import {
  type Address,
  formatAddress,
  isLoopback,
  isWildcard,
  makeAddress,
  parseAddress,
} from "../../core/kademlia/address.ts";
import {
  BUCKET_SIZE_MAX,
  PARALLELISM_MAX,
  PREFIX_LENGTH_MAX,
  PROOF_OF_WORK_BITS_MAX,
  REPUBLISH_INTERVAL_MAX_MS,
  REPUBLISH_INTERVAL_MIN_MS,
  TTL_MAX_MAX_MS,
} from "../../core/limits.ts";
import { type Invite, readInvite } from "../../identity/invite.ts";
import { NODE_OPTIONS_DEFAULT, type NodeOptions } from "../../node/options.ts";
import type { LogLevel } from "../../node/ports.ts";
import { LOG_LEVELS } from "../terminal/log.ts";
import { readAddress, type Settings } from "./settings.ts";

/** Where a node listens for peers by default. */
const P2P_ADDRESS_DEFAULT = "127.0.0.1:7402";
/** Where a node serves the module API by default. */
const API_ADDRESS_DEFAULT = "127.0.0.1:7401";
/** Where a node serves HTTP by default, if it has no file of settings. */
const HTTP_ADDRESS_DEFAULT = "127.0.0.1:7403";
/** Where a node stores its certificate by default, from the current folder. */
const DATA_DIR_DEFAULT = "voidkad-data";

const SECOND_MS = 1_000;

/** A checked configuration of a node. */
export interface StartOptions {
  readonly p2pAddress: Address;
  /** Where peers reach the node, if that is not where it listens; port 0 means the listener's. */
  readonly publicAddress: Address | null;
  readonly apiAddress: Address;
  /** Where to serve HTTP; null for nowhere. */
  readonly httpAddress: Address | null;
  /** Whether that address is only the default, so that another port may be used if it is taken. */
  readonly httpPortMayDiffer: boolean;
  readonly certFile: string;
  readonly keyFile: string;
  readonly bootstrappers: readonly { readonly address: Address; readonly certFile: string }[];
  /** Nodes to join through that come with their certificates. */
  readonly invites: readonly Invite[];
  readonly node: NodeOptions;
  readonly logLevel: LogLevel;
}

/**
 * Checks the settings of a node.
 *
 * @throws {UsageError} that names the setting that is wrong.
 */
export function readStartOptions(settings: Settings): StartOptions {
  const p2pAddress = settings.address("p2p_address") ?? parseAddress(P2P_ADDRESS_DEFAULT);
  const publicAddress = readPublicAddress(settings, p2pAddress);
  return {
    p2pAddress,
    publicAddress,
    apiAddress: readListenApiAddress(settings),
    httpAddress: readListenHttpAddress(settings),
    httpPortMayDiffer: !settings.has("http_address"),
    ...readCertificateFiles(settings, (publicAddress ?? p2pAddress).hostname),
    bootstrappers: readBootstrappers(settings),
    invites: readInvites(settings),
    node: readNodeOptions(settings),
    logLevel: settings.choice("log_level", LOG_LEVELS, "info"),
  };
}

/**
 * Where a node serves HTTP; null for nowhere. By default it is on without a file of settings, for a first
 * try, and off with one.
 */
export function httpAddressOf(settings: Settings): Address | null {
  const address = settings.addressOrOff("http_address");
  if (address === "off") return null;
  return address ?? (settings.file === null ? parseAddress(HTTP_ADDRESS_DEFAULT) : null);
}

function readListenHttpAddress(settings: Settings): Address | null {
  const address = httpAddressOf(settings);
  const mayBeRemote = settings.boolean("allow_remote_http");
  if (address && !isLoopback(address) && !mayBeRemote) {
    throw settings.error(
      "http_address",
      `${formatAddress(address)} is open to other machines, and the page has no password: ` +
        "add --allow-remote-http to allow it",
    );
  }
  return address;
}

/** Where a node listens for clients of the module API. */
export function apiAddressOf(settings: Settings): Address {
  return settings.address("api_address") ?? parseAddress(API_ADDRESS_DEFAULT);
}

function readListenApiAddress(settings: Settings): Address {
  const address = apiAddressOf(settings);
  const mayBeRemote = settings.boolean("allow_remote_api");
  if (!isLoopback(address) && !mayBeRemote) {
    throw settings.error(
      "api_address",
      `${formatAddress(address)} is open to other machines, and the module API has no password: ` +
        "add --allow-remote-api to allow it",
    );
  }
  return address;
}

function readPublicAddress(settings: Settings, p2pAddress: Address): Address | null {
  const address = settings.address("public_address");
  if (!address) {
    if (!isWildcard(p2pAddress)) return null;
    throw settings.error(
      "p2p_address",
      `${formatAddress(p2pAddress)} is not an address that peers can reach: ` +
        "give one with --public-address",
    );
  }
  if (isWildcard(address)) {
    throw settings.error(
      "public_address",
      `${formatAddress(address)} is not an address to connect to`,
    );
  }
  return address.port === 0 ? makeAddress(address.hostname, p2pAddress.port) : address;
}

function readCertificateFiles(settings: Settings, hostname: string) {
  if (settings.has("cert_file") !== settings.has("key_file")) {
    const [one, other] = settings.has("cert_file")
      ? ["cert_file", "key_file"] as const
      : ["key_file", "cert_file"] as const;
    throw settings.error(one, `it needs ${other} too`);
  }
  const folder = settings.path("data_dir", DATA_DIR_DEFAULT);
  const name = hostname.replaceAll(":", "-");
  return {
    certFile: settings.path("cert_file", join(folder, `${name}.cert.pem`)),
    keyFile: settings.path("key_file", join(folder, `${name}.key.pem`)),
  };
}

function readBootstrappers(settings: Settings): { address: Address; certFile: string }[] {
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
    const address = readAddress(text, settings.where("bootstrapper"));
    if (isWildcard(address) || address.port === 0) {
      throw settings.error(
        "bootstrapper",
        `${formatAddress(address)} is not an address to connect to`,
      );
    }
    return { address, certFile: settings.resolve("bootstrapper_cert", files[i]!) };
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
    key: "ttl_max" | "republish_interval",
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
  };
}
