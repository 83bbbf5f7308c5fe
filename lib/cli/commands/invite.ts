/**
 * `voidkad invite`: prints the line by which other nodes join.
 *
 * @module
 */

import { formatAddress, isLoopback } from "../../core/kademlia/address.ts";
import { whyNoPeer } from "../../core/kademlia/address_pair.ts";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import {
  networkId,
  type NetworkKey,
  type NetworkKeys,
  publicKeyOf,
} from "../../identity/network.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../core/units.ts";
import { formatInvite, type Invite, readInvite } from "../../identity/invite.ts";
import { NetworkKeyError } from "../../identity/network_key.ts";
import { makeToken } from "../../identity/network_records.ts";
import type { NodeDocument } from "../../admin/contract.ts";
import { UsageError } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { logLine, writeJson, writeLine } from "../terminal/output.ts";
import { gatherSettings } from "../settings/config.ts";
import { networkKeyFile, readOwnKeys } from "../settings/network_keys.ts";
import { readAddressPair } from "../settings/settings.ts";

const LIMIT_MS = 10_000;
const UNITS_MS = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

const LOOPBACK_NOTE = "This invite is for this machine alone. For others, start the node with " +
  "--p2p-address and an address that they reach, and with --network-key auto.";

/** Runs the command; returns its exit status. */
export async function invite({ values }: Flags): Promise<number> {
  const isMade = values.has("cert") || values.has("address");
  const line = isMade
    ? formatInvite({
      ...await makeInvite(values),
      networkKey: await keyForInvite(values, (await readKeys(values))[0] ?? null),
    })
    : await askInvite(values);
  if (values.get("json") === "true") writeJson(Deno.stdout, { invite: line });
  else writeLine(Deno.stdout, line);
  if (Deno.stdout.isTerminal() && isLoopback(readInvite(line).address)) {
    logLine(Deno.stderr, LOOPBACK_NOTE);
  }
  return 0;
}

async function askInvite(values: ReadonlyMap<string, string>): Promise<string> {
  const node = await readHttpAddress(values);
  const { invite, networkId: used } = await askJson<NodeDocument>(node, "/v1/node", LIMIT_MS);
  if (used === null) return invite;
  const keys = await readKeys(values);
  // While the key is being changed, the node may use another key of its file than the first.
  if (keys.some((key) => networkId(key) === used)) {
    return formatInvite({
      ...readInvite(invite),
      networkKey: await keyForInvite(values, keys[0]!),
    });
  }
  const why = keys.length > 0
    ? "uses another network key: name its own folder with --data-dir, or its key with --network-key"
    : "is of a private network: name its folder with --data-dir, where the network key is, or the " +
      "key with --network-key";
  throw new UsageError(`${formatAddress(node)} ${why}`);
}

/** What the invite is to have of a network: its key, or with --once what lets in one node. */
async function keyForInvite(
  values: ReadonlyMap<string, string>,
  key: NetworkKey | null,
): Promise<NetworkKey | null> {
  const isOnce = values.get("once") === "true";
  if (values.has("expires") && !isOnce) throw new UsageError("--expires needs --once too");
  if (!key) {
    if (isOnce) throw new UsageError("--once: the node's network is open");
    return null;
  }
  if (!(key instanceof Uint8Array)) {
    throw new UsageError("this node is a member without the network key, and can invite nobody");
  }
  if (!isOnce) return key;
  const settings = await gatherSettings(values, ["data_dir", "network_key"]);
  const endsAt = Date.now() + readDuration(values.get("expires") ?? "1h");
  try {
    const token = await makeToken(networkKeyFile(settings), endsAt);
    return { publicKey: publicKeyOf(key), signature: null, token };
  } catch (error) {
    if (error instanceof NetworkKeyError) throw new UsageError(error.message);
    throw error;
  }
}

/** `90s`, `30m`, `1h`, `7d`, in milliseconds. */
function readDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match || Number(match[1]) === 0) {
    throw new UsageError(`--expires: "${text}" is not a time like 30m, 1h or 7d`);
  }
  return Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
}

/** The node's network keys, the one for invites first; none if it has none where it was said to be. */
async function readKeys(values: ReadonlyMap<string, string>): Promise<NetworkKeys> {
  return await readOwnKeys(await gatherSettings(values, ["data_dir", "network_key"]), () => {}) ??
    [];
}

async function makeInvite(values: ReadonlyMap<string, string>): Promise<Invite> {
  const [file, text] = [values.get("cert"), values.get("address")];
  if (file === undefined) throw new UsageError("--address needs --cert too");
  if (text === undefined) throw new UsageError("--cert needs --address too");
  const unused = ["http-address", "config"].find((name) => values.has(name));
  if (unused) throw new UsageError(`--${unused} cannot go with --cert: no node is asked then`);
  const pair = readAddressPair(text, "--address");
  const why = whyNoPeer(pair);
  if (why !== null) throw new UsageError(`--address: ${why}`);
  try {
    const invite = { ...pair, certificate: await readCertificate(file) };
    readInvite(formatInvite(invite)); // the certificate must be for that address
    return invite;
  } catch (error) {
    if (error instanceof CertificateError) throw new UsageError(`--cert: ${error.message}`);
    if (error instanceof SyntaxError) throw new UsageError(`--cert: ${error.message}`);
    throw error;
  }
}
