/**
 * Settings as the user wrote them. Reads each kind of value, with errors that name the setting.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Address, parseAddress } from "../../core/kademlia/address.ts";
import { type AddressPair, parseAddressPair } from "../../core/kademlia/address_pair.ts";
import { type IpNetwork, parseIpNetwork } from "../../core/kademlia/ip_network.ts";
import { UsageError } from "../errors.ts";

/** What can be set in the section `[dht]`, and by the flag of the same name with dashes. */
export const KEYS = [
  "p2p_address",
  "api_address",
  "http_address",
  "public_address",
  "bootstrapper",
  "bootstrapper_cert",
  "join",
  "cert_file",
  "key_file",
  "data_dir",
  "network_key",
  "open_network",
  "persist",
  "durability",
  "republish_interval",
  "prefix_length",
  "bucket_size",
  "parallelism",
  "replication",
  "ttl_max",
  "ttl_min",
  "proof_of_work_bits",
  "leave_limit",
  "certificate_kept",
  "diversity",
  "log_level",
  "listener",
  "api_idle_limit",
  "api_networks",
  "allow_remote_api",
  "allow_remote_http",
  "http_token",
  "http_read_token",
] as const;

/** The name of a setting. */
export type Key = typeof KEYS[number];

/** A value as it was written, and where. */
export interface Setting {
  readonly value: string;
  /** How messages name it: `--ttl-max`, `node.ini:7: ttl_max`. */
  readonly where: string;
  /** Folder that a relative path starts from. */
  readonly folder: string;
}

/** The flag that sets a key. */
export function flagOf(key: Key): string {
  return key.replaceAll("_", "-");
}

/** Reads a whole number. */
export function readInteger(text: string, where: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${where}: "${text}" is not a whole number between ${min} and ${max}`);
}

/** Reads `ip:port` or `[v6]:port`. */
export function readAddress(text: string, where: string): Address {
  return readWith(parseAddress, text, where);
}

/** Reads one or two addresses, as {@linkcode readAddress} does, with a plus sign between. */
export function readAddressPair(text: string, where: string): AddressPair {
  return readWith(parseAddressPair, text, where);
}

/** Reads `ip/bits`, or an IP alone. */
export function readIpNetwork(text: string, where: string): IpNetwork {
  return readWith(parseIpNetwork, text, where);
}

/** Says where the text stands that a parser refuses. */
function readWith<Result>(parse: (text: string) => Result, text: string, where: string): Result {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}

/** The settings. Each reader throws a {@linkcode UsageError} that names the setting whose value is wrong. */
export class Settings {
  readonly #settings: ReadonlyMap<Key, Setting>;
  /** The file that some of them may come from; null if none was given. */
  readonly file: string | null;

  constructor(settings: ReadonlyMap<Key, Setting>, file: string | null = null) {
    this.#settings = settings;
    this.file = file;
  }

  has(key: Key): boolean {
    return this.#settings.has(key);
  }

  /** How messages name this setting, also if it has its default. */
  where(key: Key): string {
    return this.#settings.get(key)?.where ?? `--${flagOf(key)}`;
  }

  /** An error that names this setting. */
  error(key: Key, message: string): UsageError {
    return new UsageError(`${this.where(key)}: ${message}`);
  }

  address(key: Key): Address | null {
    const text = this.#text(key);
    return text === null ? null : readAddress(text, this.where(key));
  }

  addressPair(key: Key): AddressPair | null {
    const text = this.#text(key);
    return text === null ? null : readAddressPair(text, this.where(key));
  }

  /** As {@linkcode address}, but the word `off` stands for none. */
  addressOrOff(key: Key): Address | "off" | null {
    return this.#text(key) === "off" ? "off" : this.address(key);
  }

  integer(key: Key, min: number, max: number, standard: number): number {
    const text = this.#text(key);
    return text === null ? standard : readInteger(text, this.where(key), min, max);
  }

  boolean(key: Key): boolean {
    const text = this.#text(key);
    if (text === null || text === "false" || text === "no") return false;
    if (text === "true" || text === "yes") return true;
    throw this.error(key, `"${text}" is neither true nor false`);
  }

  choice<T extends string>(key: Key, choices: readonly T[], standard: T): T {
    const text = this.#text(key);
    if (text === null) return standard;
    const choice = choices.find((one) => one === text);
    if (choice === undefined) {
      throw this.error(key, `"${text}" is not one of ${choices.join(", ")}`);
    }
    return choice;
  }

  /** The value as it was written; null if there is none. */
  text(key: Key): string | null {
    return this.#text(key);
  }

  /** An absolute path. */
  path(key: Key, standard: string): string {
    return this.resolve(key, this.#text(key) ?? standard);
  }

  /** A path named by this setting, from the folder that its relative paths start from. */
  resolve(key: Key, path: string): string {
    return resolve(this.#settings.get(key)?.folder ?? ".", path);
  }

  /** The parts of a comma-separated list; nothing at all is an empty list. */
  list(key: Key): string[] {
    const text = this.#settings.get(key)?.value ?? "";
    if (text === "") return [];
    const parts = text.split(",").map((part) => part.trim());
    if (parts.includes("")) throw this.error(key, `"${text}" has an empty part`);
    return parts;
  }

  #text(key: Key): string | null {
    const setting = this.#settings.get(key);
    if (setting?.value === "") throw this.error(key, "it has no value");
    return setting?.value ?? null;
  }
}
