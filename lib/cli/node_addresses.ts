/**
 * Where a command finds the node that it is to ask.
 *
 * @module
 */

import type { Address } from "../core/address.ts";
import { gatherSettings } from "./config.ts";
import { UsageError } from "./errors.ts";
import { readNodeAddress, readNodeHttpAddress } from "./start_options.ts";

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
  return { http: apiOnly ? null : readNodeHttpAddress(settings), api: readNodeAddress(settings) };
}

/**
 * Reads where a node serves HTTP, for what needs it.
 *
 * @throws {UsageError} also if it is off.
 */
export async function readHttpAddress(flags: ReadonlyMap<string, string>): Promise<Address> {
  const address = readNodeHttpAddress(await gatherSettings(flags, ["http_address"]));
  if (address) return address;
  throw new UsageError("the node's HTTP is off: say where it is by --http-address");
}
