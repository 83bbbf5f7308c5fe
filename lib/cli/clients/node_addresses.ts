/**
 * Where a command finds the node that it is to ask.
 *
 * @module
 */

import type { Address } from "../../core/kademlia/address.ts";
import { gatherSettings } from "../settings/config.ts";
import { UsageError } from "../errors.ts";
import type { Key, Settings } from "../settings/settings.ts";
import { apiAddressOf, httpAddressOf } from "../settings/start_options.ts";

/** The addresses of a node. */
export interface NodeAddresses {
  /** Where it serves HTTP; null if that is off, or only the module API is meant. */
  readonly http: Address | null;
  readonly api: Address;
}

/**
 * Reads where a node is. Whoever names only the module API means that node, and not the one whose HTTP is
 * at the usual place.
 *
 * @param flags values of flags by name.
 * @throws {UsageError} if a setting is no address that can be dialled.
 */
export async function readNodeAddresses(
  flags: ReadonlyMap<string, string>,
): Promise<NodeAddresses> {
  const settings = await gatherSettings(flags, ["api_address", "http_address"]);
  const apiOnly = flags.has("api-address") && !flags.has("http-address");
  return {
    http: apiOnly ? null : dialled(httpAddressOf(settings), "http_address", settings),
    api: dialled(apiAddressOf(settings), "api_address", settings),
  };
}

/**
 * Reads where a node serves HTTP, for what needs it.
 *
 * @throws {UsageError} also if it is off.
 */
export async function readHttpAddress(flags: ReadonlyMap<string, string>): Promise<Address> {
  const settings = await gatherSettings(flags, ["http_address"]);
  const address = dialled(httpAddressOf(settings), "http_address", settings);
  if (address) return address;
  throw new UsageError("the node's HTTP is off: say where it is by --http-address");
}

function dialled<T extends Address | null>(address: T, key: Key, settings: Settings): T {
  if (address?.port === 0) throw settings.error(key, "port 0 is no port of a node");
  return address;
}
