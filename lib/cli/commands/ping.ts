/**
 * `voidkad ping`: measures the round trip to a node.
 *
 * @module
 */

import { formatAddressPair } from "../../core/kademlia/address_pair.ts";
import { formatMs } from "../../format/format.js";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import { type Invite, readInvite } from "../../identity/invite.ts";
import { measureWay } from "../../net/tls/ping_client.ts";
import { UsageError } from "../errors.ts";
import type { Flags } from "../spec/flags.ts";
import { writeJson, writeLine } from "../terminal/output.ts";
import { readAddress } from "../settings/settings.ts";

/** Runs the command; returns its exit status. */
export async function ping(flags: Flags): Promise<number> {
  const node = await readNode(flags);
  const { networkKey } = node;
  const { handshakeMs, roundTripMs } = await measureWay(node, networkKey ? [networkKey] : []);
  const address = formatAddressPair(node);
  if (flags.values.get("json") === "true") {
    writeJson(Deno.stdout, { address, handshakeMs, roundTripMs });
  } else {
    const times = `handshake ${formatMs(handshakeMs)}, round trip ${formatMs(roundTripMs)}`;
    writeLine(Deno.stdout, `${address} answers: ${times}`);
  }
  return 0;
}

async function readNode({ positionals: [text], values }: Flags): Promise<Invite> {
  const [file, line] = [values.get("cert"), values.get("join")];
  if (line !== undefined) {
    if (text !== undefined || file !== undefined) {
      throw new UsageError("--join replaces ADDRESS and --cert: give either it or them");
    }
    try {
      return readInvite(line);
    } catch (error) {
      if (error instanceof SyntaxError) throw new UsageError(`--join: ${error.message}`);
      throw error;
    }
  }
  if (text === undefined) {
    throw new UsageError("ADDRESS is missing: give it with --cert, or --join with an invite");
  }
  if (file === undefined) throw new UsageError("--cert is missing: the certificate of the node");
  const address = readAddress(text, "ADDRESS");
  try {
    return { address, alternate: null, certificate: await readCertificate(file) };
  } catch (error) {
    if (error instanceof CertificateError) throw new UsageError(`--cert: ${error.message}`);
    throw error;
  }
}
