/**
 * The addresses of a node, as its settings have them.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isIpv4,
  isLoopback,
  isWildcard,
  makeAddress,
  parseAddress,
  whyUndiallable,
} from "../../core/kademlia/address.ts";
import {
  addressesOf,
  type AddressPair,
  pairAddresses,
  parseAddressPair,
} from "../../core/kademlia/address_pair.ts";
import type { IpNetwork } from "../../core/kademlia/ip_network.ts";
import { readIpNetwork, type Settings } from "./settings.ts";

/** Where a node listens for peers by default. */
const P2P_ADDRESS_DEFAULT = "127.0.0.1:7402";
/** Where a node serves the module API by default. */
const API_ADDRESS_DEFAULT = "127.0.0.1:7401";
/** Where a node serves HTTP by default, if it has no file of settings. */
const HTTP_ADDRESS_DEFAULT = "127.0.0.1:7403";

/** Where a node listens. */
export interface ListenAddresses {
  readonly p2pAddress: Address;
  /** Where else it listens for peers. */
  readonly alternateP2pAddress: Address | null;
  /** Where peers reach the node, if that is not where it listens; port 0 means the listener's. */
  readonly publicAddress: Address | null;
  /** Where else peers reach it. */
  readonly alternatePublicAddress: Address | null;
  /** The IPs at which peers reach it. */
  readonly hostnames: readonly string[];
  readonly apiAddress: Address;
  /** From where other machines may use the module API; null for from everywhere. */
  readonly apiNetworks: readonly IpNetwork[] | null;
  /** Where to serve HTTP; null for nowhere. */
  readonly httpAddress: Address | null;
  /** Whether that address is only the default, so that another port may be used if it is taken. */
  readonly httpPortMayDiffer: boolean;
}

/**
 * Reads where a node is to listen.
 *
 * @throws {UsageError} that names the setting that is wrong.
 */
export function readListenAddresses(settings: Settings): ListenAddresses {
  const listening = settings.addressPair("p2p_address") ?? parseAddressPair(P2P_ADDRESS_DEFAULT);
  const reached = readPublicAddresses(settings, listening);
  return {
    p2pAddress: listening.address,
    alternateP2pAddress: listening.alternate,
    publicAddress: reached?.address ?? null,
    alternatePublicAddress: reached?.alternate ?? null,
    hostnames: addressesOf(reached ?? listening).map(({ hostname }) => hostname),
    apiAddress: checkRemote(apiAddressOf(settings), "api", settings),
    apiNetworks: readApiNetworks(settings),
    httpAddress: checkRemote(httpAddressOf(settings), "http", settings),
    httpPortMayDiffer: !settings.has("http_address"),
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

/** Where a node listens for clients of the module API. */
export function apiAddressOf(settings: Settings): Address {
  return settings.address("api_address") ?? parseAddress(API_ADDRESS_DEFAULT);
}

/** Refuses an address that is open to other machines, unless the settings allow it. */
function checkRemote<T extends Address | null>(
  address: T,
  server: "api" | "http",
  settings: Settings,
): T {
  const isAllowed = settings.boolean(`allow_remote_${server}`) ||
    (server === "api" && settings.has("api_networks"));
  if (!address || isLoopback(address) || isAllowed) return address;
  throw settings.error(
    `${server}_address`,
    `${formatAddress(address)} is open to other machines` +
      (server === "api"
        ? ", and asks for no password: say which networks may connect with --api-networks, or add " +
          "--allow-remote-api to let everybody"
        : ": add --allow-remote-http to allow it"),
  );
}

function readApiNetworks(settings: Settings): IpNetwork[] | null {
  if (!settings.has("api_networks")) return null;
  if (settings.boolean("allow_remote_api")) {
    throw settings.error(
      "api_networks",
      "allow_remote_api lets everybody connect: give one of both",
    );
  }
  const networks = settings.list("api_networks");
  if (networks.length === 0) throw settings.error("api_networks", "it has no value");
  return networks.map((text) => readIpNetwork(text, settings.where("api_networks")));
}

function readPublicAddresses(settings: Settings, listening: AddressPair): AddressPair | null {
  const given = settings.addressPair("public_address");
  const wildcard = addressesOf(listening).find(isWildcard);
  if (!given && wildcard) {
    throw settings.error(
      "p2p_address",
      `${formatAddress(wildcard)} is not an address that peers can reach: ` +
        "give one with --public-address",
    );
  }
  for (const address of addressesOf(given ?? listening)) {
    const why = whyUndiallable(address);
    if (!why) continue;
    throw settings.error(
      given ? "public_address" : "p2p_address",
      `${formatAddress(address)} is not an address that peers can connect to: it ${why}`,
    );
  }
  if (!given) return null;
  return pairAddresses(
    addressesOf(given).map((address) => {
      if (address.port !== 0) return address;
      const isSameKind = (one: Address) => isIpv4(one) === isIpv4(address);
      const { port } = addressesOf(listening).find(isSameKind) ?? listening.address;
      return makeAddress(address.hostname, port);
    }),
  );
}
