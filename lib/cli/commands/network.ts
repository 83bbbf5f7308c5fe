/**
 * `voidkad network`: changes the key of a private network, node by node, without an outage.
 *
 * @module
 */

import { plural } from "../../format/format.js";
import type { NetworkKeys } from "../../identity/network.ts";
import { readInvite } from "../../identity/invite.ts";
import {
  hasKey,
  makeNetworkKey,
  NetworkKeyError,
  parseNetworkKey,
  readNetworkKeys,
  writeNetworkKeys,
} from "../../identity/network_key.ts";
import { UsageError } from "../errors.ts";
import { gatherSettings } from "../settings/config.ts";
import { networkKeyFile } from "../settings/network_keys.ts";
import { askHttp, refusal } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { writeLine } from "../terminal/output.ts";

/** Runs the command; returns its exit status. */
export async function network({ positionals: [action, line], values }: Flags): Promise<number> {
  if (action === "ban") return await ban(line, values);
  const settings = await gatherSettings(values, ["data_dir", "network_key"]);
  const file = networkKeyFile(settings);
  if (!(action! in DONE)) {
    throw new UsageError(`"${action}" is not one of rotate, adopt, finish, ban`);
  }
  if (action !== "adopt" && line !== undefined) throw new UsageError("only adopt takes an INVITE");
  if (parseNetworkKey(settings.text("network_key") ?? "")) {
    throw settings.error(
      "network_key",
      "it is the key itself: keep the key in a file to change it",
    );
  }
  try {
    const keys = await readNetworkKeys(file, () => {});
    if (!keys) throw new UsageError(`there is no network key in "${file}"`);
    await writeNetworkKeys(file, change(action, keys, line));
  } catch (error) {
    if (error instanceof NetworkKeyError) throw new UsageError(error.message);
    throw error;
  }
  writeLine(Deno.stdout, `${DONE[action as keyof typeof DONE]}; restart the node to use it`);
  return 0;
}

/** Has the node itself do it, which knows its members. */
async function ban(id: string | undefined, values: Flags["values"]): Promise<number> {
  if (!/^[0-9a-f]{64}$/i.test(id ?? "")) throw new UsageError("ban needs an ID of 64 hex digits");
  const node = await readHttpAddress(values);
  const answer = await askHttp(node, {
    path: `/v1/bans/${id!.toLowerCase()}`,
    method: "PUT",
    limitMs: LIMIT_MS,
  });
  if (answer.status !== 200) throw refusal(answer);
  writeLine(Deno.stdout, "Shut out; the members tell each other");
  return 0;
}

const LIMIT_MS = 10_000;

const DONE = {
  rotate: "Made a new key, and kept the one before it: then run `voidkad network adopt` with the " +
    "node's invite for each other node",
  adopt: "Took the invite's key, and kept the one before it",
  finish: "Dropped the key before the one in use",
};

function change(action: string | undefined, keys: NetworkKeys, line?: string): NetworkKeys {
  const [current, before] = keys;
  if (action === "finish") {
    if (!before) throw new UsageError("there is no key before the one in use");
    return [current!];
  }
  if (before) {
    throw new UsageError(`there are ${plural(keys.length, "key")} already: run finish first`);
  }
  if (!(current instanceof Uint8Array)) {
    throw new UsageError(
      "this node is a member without the key, and is given what it needs by others",
    );
  }
  if (action === "rotate") return [makeNetworkKey(), current];
  const key = keyOf(line);
  if (hasKey(keys, key)) throw new UsageError("INVITE: its key is in use here already");
  return [key, current!];
}

function keyOf(line: string | undefined): Uint8Array {
  if (line === undefined) {
    throw new UsageError("INVITE is missing: that of a node with the new key");
  }
  try {
    const { networkKey } = readInvite(line);
    if (networkKey instanceof Uint8Array) return networkKey;
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`INVITE: ${error.message}`);
    throw error;
  }
  throw new UsageError("INVITE: it has no network key");
}
