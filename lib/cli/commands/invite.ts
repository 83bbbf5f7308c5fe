/**
 * `voidkad invite`: prints the line by which others join.
 *
 * @module
 */

import { isWildcard } from "../../core/kademlia/address.ts";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import { formatInvite, readInvite } from "../../identity/invite.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { INVITE } from "../spec/commands.ts";
import { UsageError } from "../errors.ts";
import { askJson } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { writeLine } from "../terminal/output.ts";
import { readAddress } from "../settings/settings.ts";

const LIMIT_MS = 10_000;

/** Runs the command; returns its exit status. */
export async function invite(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(INVITE, args);
  if (!flags) return 0;
  const { values } = flags;
  const made = values.has("cert") || values.has("address");
  const line = made ? await makeInvite(values) : await askInvite(values);
  writeLine(Deno.stdout, values.get("json") === "true" ? JSON.stringify({ invite: line }) : line);
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
  const address = readAddress(text, "--address");
  if (isWildcard(address) || address.port === 0) {
    throw new UsageError(`--address: ${text} is no address to reach`);
  }
  try {
    const line = formatInvite({ address, certificate: await readCertificate(file) });
    readInvite(line); // it would be of no use with another's certificate
    return line;
  } catch (error) {
    if (error instanceof CertificateError) throw new UsageError(`--cert: ${error.message}`);
    if (error instanceof SyntaxError) throw new UsageError(`--cert: ${error.message}`);
    throw error;
  }
}
