/**
 * Which network a node is of: the keys in its settings, in its folder, or in the invites by which it joins.
 *
 * @module
 */

import { join } from "node:path";
import { formatAddress, isLoopback } from "../../core/kademlia/address.ts";
import { addressesOf } from "../../core/kademlia/address_pair.ts";
import type { NetworkRecords } from "../../identity/credentials.ts";
import type { NetworkKeys } from "../../identity/network.ts";
import type { Invite } from "../../identity/invite.ts";
import {
  hasKey,
  makeNetworkKey,
  NETWORK_KEY_FILE,
  NetworkKeyError,
  parseNetworkKey,
  readNetworkKeys,
  writeNetworkKeys,
} from "../../identity/network_key.ts";
import { openNetworkRecords } from "../../identity/network_records.ts";
import type { Log } from "../../node/ports.ts";
import type { ListenAddresses } from "./addresses.ts";
import type { Settings } from "./settings.ts";
import { DATA_DIR_DEFAULT } from "./start_options.ts";

/** The file of a node's network keys: the one that its settings name, or the one in its folder. */
export function networkKeyFile(settings: Settings): string {
  return namesFile(settings.text("network_key"))
    ? settings.path("network_key", NETWORK_KEY_FILE)
    : join(settings.path("data_dir", DATA_DIR_DEFAULT), NETWORK_KEY_FILE);
}

function namesFile(networkKey: string | null): boolean {
  return networkKey !== null && networkKey !== "auto" && !parseNetworkKey(networkKey);
}

/**
 * The keys that a node has been given or has kept; null if it has none.
 *
 * @throws {UsageError} that names the setting that is wrong.
 */
export async function readOwnKeys(settings: Settings, log: Log): Promise<NetworkKeys | null> {
  const text = settings.text("network_key");
  const key = parseNetworkKey(text ?? "");
  if (key) return [key];
  const keys = await naming(settings, () => readNetworkKeys(networkKeyFile(settings), log));
  if (keys || !namesFile(text)) return keys;
  throw settings.error("network_key", `"${text}" is neither auto, nor 64 hex digits, nor a file`);
}

/**
 * The keys of a node's network, none if that is open. What a node has made, or an invite has brought, is kept in the
 * node's folder.
 *
 * @throws {UsageError} that names the setting that is wrong, or missing.
 */
export async function loadNetworkKeys(
  settings: Settings,
  { invites, addresses, log }: {
    readonly invites: readonly Invite[];
    readonly addresses: ListenAddresses;
    readonly log: Log;
  },
): Promise<NetworkKeys> {
  const isOpen = settings.boolean("open_network");
  const keys = await findKeys(settings, invites, log);
  for (const { networkKey } of invites) {
    if (networkKey && !hasKey(keys, networkKey)) {
      throw settings.error("join", "the invite is of another network than this node's network_key");
    }
  }
  const listening = addressesOf({
    address: addresses.p2pAddress,
    alternate: addresses.alternateP2pAddress,
  });
  const remote = listening.find((address) => !isLoopback(address));
  if (remote && keys.length === 0 && !isOpen) {
    throw settings.error(
      "p2p_address",
      `${formatAddress(remote)} is open to other machines: add --network-key auto for a private ` +
        "network, or --open-network to let everybody in",
    );
  }
  return keys;
}

async function findKeys(
  settings: Settings,
  invites: readonly Invite[],
  log: Log,
): Promise<NetworkKeys> {
  const own = await readOwnKeys(settings, log);
  const invited = invites.find(({ networkKey }) => networkKey)?.networkKey;
  const isPrivate = own || invited || settings.text("network_key") === "auto";
  if (isPrivate && settings.boolean("open_network")) {
    throw settings.error("open_network", "a network with a network_key is not open");
  }
  if (own) return own;
  if (!isPrivate) return [];
  const file = networkKeyFile(settings);
  const keys = [invited ?? makeNetworkKey()];
  // An invite for one node has no key: what it is exchanged for is kept.
  if (!(keys[0] instanceof Uint8Array)) return keys;
  await naming(settings, () => writeNetworkKeys(file, keys));
  log("info", `${invited ? "Kept the invite's" : "Made a"} network key in "${file}"`);
  return keys;
}

/** Has a trouble with the file name the setting. */
async function naming<Result>(settings: Settings, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof NetworkKeyError) throw settings.error("network_key", error.message);
    throw error;
  }
}

/** What the node keeps beside its network key; nothing in an open network. */
export async function loadNetworkRecords(
  settings: Settings,
  keys: NetworkKeys,
  log: Log,
): Promise<NetworkRecords | undefined> {
  if (keys.length === 0) return undefined;
  return await naming(settings, () => openNetworkRecords(networkKeyFile(settings), log));
}
