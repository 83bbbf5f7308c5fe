/**
 * `voidkad ping`: measures the way to a node.
 *
 * @module
 */

import { formatAddress } from "../../core/kademlia/address.ts";
import { formatMs } from "../../format/format.js";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import { type Invite, readInvite } from "../../identity/invite.ts";
import { measureWay } from "../../net/tls/ping_client.ts";
import { readCommandLine } from "../spec/command_line.ts";
import { PING } from "../spec/commands.ts";
import { UsageError } from "../errors.ts";
import type { Flags } from "../spec/flags.ts";
import { writeLine } from "../terminal/output.ts";
import { readAddress } from "../settings/settings.ts";

/** Runs the command; returns its exit status. */
export async function ping(args: readonly string[]): Promise<number> {
  const flags = readCommandLine(PING, args);
  if (!flags) return 0;
  const node = await readNode(flags);
  const { handshakeMs, roundTripMs } = await measureWay(node);
  const address = formatAddress(node.address);
  writeLine(
    Deno.stdout,
    flags.values.get("json") === "true"
      ? JSON.stringify({ address, handshakeMs, roundTripMs })
      : `${address} answers: handshake ${formatMs(handshakeMs)}, ` +
        `round trip ${formatMs(roundTripMs)}`,
  );
  return 0;
}

async function readNode({ positionals: [text], values }: Flags): Promise<Invite> {
  const [file, line] = [values.get("cert"), values.get("join")];
  if (line !== undefined) {
    if (text !== undefined || file !== undefined) {
      throw new UsageError("--join says all: it goes with neither ADDRESS nor --cert");
    }
    try {
      return readInvite(line);
    } catch (error) {
      if (error instanceof SyntaxError) throw new UsageError(`--join: ${error.message}`);
      throw error;
    }
  }
  if (text === undefined) throw new UsageError("ADDRESS is missing, or --join with an invite");
  if (file === undefined) throw new UsageError("--cert is missing: the certificate of the node");
  const address = readAddress(text, "ADDRESS");
  try {
    return { address, certificate: await readCertificate(file) };
  } catch (error) {
    if (error instanceof CertificateError) throw new UsageError(`--cert: ${error.message}`);
    throw error;
  }
}
