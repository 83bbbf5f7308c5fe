/**
 * `voidkad invite`: prints the line by which other nodes join.
 *
 * @module
 */

import { whyNoPeer } from "../../core/kademlia/address_pair.ts";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import { formatInvite, readInvite } from "../../identity/invite.ts";
import { UsageError } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import type { Flags } from "../spec/flags.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { readAddressPair } from "../settings/settings.ts";

const LIMIT_MS = 10_000;

/** Runs the command; returns its exit status. */
export async function invite({ values }: Flags): Promise<number> {
  const isMade = values.has("cert") || values.has("address");
  const line = isMade ? await makeInvite(values) : await askInvite(values);
  if (values.get("json") === "true") writeJson(Deno.stdout, { invite: line });
  else writeLine(Deno.stdout, line);
  return 0;
}

async function askInvite(values: ReadonlyMap<string, string>): Promise<string> {
  const node = await readHttpAddress(values);
  return (await askJson<{ invite: string }>(node, "/v1/node", LIMIT_MS)).invite;
}

async function makeInvite(values: ReadonlyMap<string, string>): Promise<string> {
  const [file, text] = [values.get("cert"), values.get("address")];
  if (file === undefined) throw new UsageError("--address needs --cert too");
  if (text === undefined) throw new UsageError("--cert needs --address too");
  const unused = ["http-address", "config"].find((name) => values.has(name));
  if (unused) throw new UsageError(`--${unused} cannot go with --cert: no node is asked then`);
  const pair = readAddressPair(text, "--address");
  const why = whyNoPeer(pair);
  if (why !== null) throw new UsageError(`--address: ${why}`);
  try {
    const line = formatInvite({ ...pair, certificate: await readCertificate(file) });
    readInvite(line); // the certificate must be for that address
    return line;
  } catch (error) {
    if (error instanceof CertificateError) throw new UsageError(`--cert: ${error.message}`);
    if (error instanceof SyntaxError) throw new UsageError(`--cert: ${error.message}`);
    throw error;
  }
}
