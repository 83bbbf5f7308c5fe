/**
 * Where a command finds the node that it asks.
 *
 * @module
 */

import { type Address, formatAddress } from "../../core/kademlia/address.ts";
import { gatherSettings } from "../settings/config.ts";
import { UsageError } from "../errors.ts";
import { readHttpToken } from "../settings/http_tokens.ts";
import type { Key, Settings } from "../settings/settings.ts";
import { apiAddressOf, httpAddressOf } from "../settings/addresses.ts";
import { readRunFile, type RunningIn } from "../run_file.ts";
import { folderOf } from "../settings/start_options.ts";
import { logLine } from "../terminal/output.ts";
import { type HttpNode, HttpUnreachable } from "./http_client.ts";

/** The settings that say where a node is. */
const CLIENT_KEYS: readonly Key[] = ["api_address", "http_address", "http_token", "data_dir"];

/** The addresses of a node. At least one of them is there. */
export interface NodeAddresses {
  /** Where it serves HTTP; null if HTTP is off, or the user named only the module API. */
  readonly http: HttpNode | null;
  /** Where it serves the module API; null if the user named only HTTP. */
  readonly api: Address | null;
}

/**
 * Reads where a node is. A user who names one of the two addresses means the node there, and never one
 * that happens to be at the default of the other; one who names none means the node of the folder, wherever it
 * listens.
 *
 * @param flags values of flags by name.
 * @throws {UsageError} if a setting is not an address that can be dialled.
 */
export async function readNodeAddresses(
  flags: ReadonlyMap<string, string>,
): Promise<NodeAddresses> {
  const settings = await gatherSettings(flags, CLIENT_KEYS);
  const names = { http: flags.has("http-address"), api: flags.has("api-address") };
  const own = names.http || names.api ? null : await findOwn(settings);
  // The module API has no names: another node may have taken its port since.
  if (own) return own.http ? { http: await withToken(own.http, settings), api: null } : own;
  const http = names.api && !names.http ? null : await withToken(
    checkPort<HttpNode | null>(httpAddressOf(settings), "http_address", settings),
    settings,
  );
  const api = names.http && !names.api && http
    ? null
    : checkPort(apiAddressOf(settings), "api_address", settings);
  return { http, api };
}

/**
 * Asks a node over HTTP; through the module API if it has no HTTP, or nothing listens there.
 *
 * @throws {HttpUnreachable} if there is no answer, and the request may have been carried out.
 */
export async function askEither<Answer>(
  { http, api }: NodeAddresses,
  ask: {
    readonly http: (node: HttpNode) => Promise<Answer>;
    readonly api: (node: Address) => Promise<Answer>;
  },
): Promise<Answer> {
  if (!http) return await ask.api(api!);
  try {
    return await ask.http(http);
  } catch (error) {
    if (!api || !(error instanceof HttpUnreachable) || error.asked) throw error;
    return await ask.api(api);
  }
}

/**
 * Reads where a node serves HTTP, for commands that need it.
 *
 * @throws {UsageError} also if it is off.
 */
export async function readHttpAddress(flags: ReadonlyMap<string, string>): Promise<HttpNode> {
  const settings = await gatherSettings(flags, ["http_address", "http_token", "data_dir"]);
  const own = flags.has("http-address") ? null : await findOwn(settings);
  const http = own
    ? own.http
    : checkPort<HttpNode | null>(httpAddressOf(settings), "http_address", settings);
  if (http) return await withToken(http, settings);
  throw new UsageError("HTTP is off: give the address of a node with --http-address");
}

/** The node that runs in the folder of the settings. If there is none, says at whose default address it is asked. */
async function findOwn(settings: Settings): Promise<RunningIn | null> {
  const folder = folderOf(settings);
  const own = folder === null ? null : await readRunFile(folder);
  const isNamed = settings.has("http_address") || settings.has("api_address");
  if (own || isNamed || settings.file !== null) return own;
  const there = formatAddress(httpAddressOf(settings)!);
  const text = `voidkad: no node runs in "${folder}": asking whichever is at ${there}`;
  logLine(Deno.stderr, text);
  return null;
}

/** A token that the user names is taken instead of the one that the node has written down. */
async function withToken<T extends HttpNode | null>(node: T, settings: Settings): Promise<T> {
  return node && { ...node, token: await readHttpToken(settings, "http_token") ?? node.token };
}

function checkPort<T extends Address | null>(address: T, key: Key, settings: Settings): T {
  if (address?.port === 0) throw settings.error(key, "port 0 is not the port of a node");
  return address;
}
