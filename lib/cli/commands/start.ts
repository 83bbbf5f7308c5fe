/**
 * `voidkad start`: runs a node until a signal ends it.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { encodeHex } from "@std/encoding/hex";
import { type Address, formatAddress } from "../../core/kademlia/address.ts";
import { formatAddressPair } from "../../core/kademlia/address_pair.ts";
import { loadOrMakeCertificate } from "../../identity/certificate.ts";
import { CertificateError, readCertificate } from "../../identity/certificate_files.ts";
import { plural } from "../../format/format.js";
import type { NetworkKeys } from "../../identity/network.ts";
import { formatInvite, type Invite } from "../../identity/invite.ts";
import type { NodeCertificate } from "../../identity/make_certificate.ts";
import { isServerName } from "../../identity/server_name.ts";
import { readX509 } from "../../identity/x509.ts";
import { CLOSE_LIMIT_MS } from "../../net/limits.ts";
import { type Listened, ListenError } from "../../net/listen_error.ts";
import type { RunningNode } from "../../net/serve.ts";
import { serveKept, type ServeKeptOptions } from "../../net/serve_kept.ts";
import type { Observer } from "../../node/observer.ts";
import type { HandoverReport } from "../../node/replication/handover.ts";
import type { Log } from "../../node/ports.ts";
import { EXIT_FAILURE } from "../errors.ts";
import { dropPermissions } from "../drop_permissions.ts";
import type { Flags } from "../spec/flags.ts";
import { gatherSettings } from "../settings/config.ts";
import { LogWriter } from "../terminal/log.ts";
import { runFileOf, writeRunFile } from "../run_file.ts";
import { writeLine } from "../terminal/output.ts";
import type { Key, Settings } from "../settings/settings.ts";
import { type HttpTokenSettings, readHttpTokens } from "../settings/http_tokens.ts";
import { loadNetworkKeys, loadNetworkRecords, networkKeyFile } from "../settings/network_keys.ts";
import { readStartOptions, type StartOptions } from "../settings/start_options.ts";
import { isTelemetryWanted } from "../telemetry_wanted.ts";
import { stopSignal } from "../terminal/stop_signal.ts";
import { VERSION } from "../version.ts";

/** Keys of lost values in one line of the log. */
const KEYS_PER_LINE = 16;

/** The settings of addresses, by whom they are for. */
const ADDRESS_KEYS: Readonly<Record<Listened, Key>> = {
  "peers": "p2p_address",
  "API clients": "api_address",
  "HTTP": "http_address",
};

/** A node that serves, over HTTP too if it has an address for it. */
type Started = RunningNode & { readonly httpAddress?: Address };

/** Runs the command; returns its exit status. */
export async function start({ values }: Flags): Promise<number> {
  const settings = await gatherSettings(values);
  const options = readStartOptions(settings);
  await using writer = new LogWriter(options.logLevel, Deno.stderr);
  const { log } = writer;
  using stop = stopSignal(log);
  const bootstrappers = [
    ...await readBootstrapperCertificates(options, settings),
    ...options.invites,
  ];
  const { invites } = options;
  const networkKeys = await loadNetworkKeys(settings, { invites, addresses: options, log });
  const tokens = await readHttpTokens(settings, options.httpAddress, log);
  const certificate = await loadOwnCertificate(options, settings, log);
  const observer = await makeTelemetry();
  const networkRecords = await loadNetworkRecords(settings, networkKeys, log);
  await keepNeededPermissions(options, networkRecords ? [networkKeyFile(settings)] : []);
  const node = await serveAll({
    ...options,
    ...tokens,
    observer,
    certificate,
    networkKeys,
    ...networkRecords && { networkRecords },
    bootstrappers,
    log,
    logLinesDropped: () => writer.dropped,
  }).catch((error) => {
    if (!(error instanceof ListenError)) throw error;
    throw new Error(`${settings.where(ADDRESS_KEYS[error.whom])}: ${error.message}`);
  });
  let status = 0;
  try {
    await using _runFile = await announce(node, options, tokens, log);
    log("info", `Other nodes join through this one with: --join ${inviteOf(node, networkKeys)}`);
    await writer.flush();
    writeLine(Deno.stdout, readyLine(node, options));
    await stop.received;
  } finally {
    status = await close(node, options, log);
  }
  return status;
}

/** To be called when all files that the settings name have been read, and the environment. */
async function keepNeededPermissions(
  { keep, folder, httpAddress }: StartOptions,
  networkFiles: readonly string[],
): Promise<void> {
  const served = httpAddress === null
    ? []
    : [(await import("../../admin/page_files.ts")).packageFolder()];
  const written = [
    ...keep ? [keep.file] : [],
    ...folder !== null ? [runFileOf(folder)] : [],
    ...networkFiles,
  ];
  dropPermissions({ written, served });
}

/** Lets commands that are run in the same place find the node. */
async function announce(
  { node: { id }, apiAddress: api, httpAddress }: Started,
  { folder }: StartOptions,
  { httpToken }: HttpTokenSettings,
  log: Log,
): Promise<AsyncDisposable | null> {
  if (folder === null) return null;
  const http = httpAddress ?? null;
  const facts = { id: encodeHex(id), version: VERSION, api, http, httpToken };
  return await writeRunFile(folder, facts, log);
}

/** A network's key does not belong into a log. */
function inviteOf({ node: { self } }: RunningNode, [key]: NetworkKeys): string {
  if (!key) return formatInvite(self);
  return key instanceof Uint8Array
    ? "INVITE, the line that voidkad invite prints here: it has the network key"
    : "INVITE, if one with the network key prints it: this node is a member without it";
}

/** Starts the node. The code of HTTP takes a while to load, so a node without HTTP does not load it. */
async function serveAll(
  options:
    & ServeKeptOptions
    & HttpTokenSettings
    & Pick<StartOptions, "httpAddress" | "httpPortMayDiffer">
    & { readonly logLinesDropped: () => number },
): Promise<Started> {
  const { httpAddress } = options;
  if (!httpAddress) return await serveKept(options);
  const { serveWithHttp } = await import("../../admin/serve_with_http.ts");
  return await serveWithHttp({ ...options, httpAddress, version: VERSION });
}

/** Reports to OpenTelemetry, if the environment asks for it. */
async function makeTelemetry(): Promise<Observer | undefined> {
  if (!isTelemetryWanted()) return undefined;
  const { Telemetry } = await import("../../telemetry/open_telemetry.ts");
  return new Telemetry(VERSION);
}

function readyLine(
  { node, apiAddress, httpAddress }: Started,
  { certFile }: StartOptions,
): string {
  const http = httpAddress ? ` http=${formatAddress(httpAddress)}` : "";
  return `ready id=${encodeHex(node.id)} p2p=${formatAddressPair(node.self)} ` +
    `api=${formatAddress(apiAddress)}${http} cert=${certFile}`;
}

async function readBootstrapperCertificates(
  { bootstrappers }: StartOptions,
  settings: Settings,
): Promise<Invite[]> {
  return await Promise.all(bootstrappers.map(async ({ certFile, ...pair }) => {
    try {
      const certificate = await readCertificate(certFile);
      if (pair.alternate === null) checkNamesOne(certificate, certFile);
      return { ...pair, certificate };
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      throw settings.error("bootstrapper_cert", error.message);
    }
  }));
}

/** A node with two addresses, dialled as one with the second alone, would be taken for another one. */
function checkNamesOne(certificate: Uint8Array, certFile: string): void {
  const { dnsNames } = readX509(certificate);
  if (dnsNames.filter(isServerName).length < 2) return;
  throw new CertificateError(
    certFile,
    `"${certFile}" is of a node with two addresses: give both, with a + between them`,
  );
}

async function loadOwnCertificate(
  { certFile, keyFile, hostnames }: StartOptions,
  settings: Settings,
  log: Log,
): Promise<NodeCertificate> {
  try {
    return await loadOrMakeCertificate({ certFile, keyFile, hostnames, log });
  } catch (error) {
    // Only the names of files that the user gave can be the user's mistake.
    if (!(error instanceof CertificateError) || !settings.has("cert_file")) throw error;
    throw settings.error(error.file === keyFile ? "key_file" : "cert_file", error.message);
  }
}

/**
 * Closes the node, but does not let the process hang.
 *
 * @returns the exit status: a failure if values are lost though others could have taken them.
 */
async function close(
  node: RunningNode,
  { node: { leaveLimitMs } }: StartOptions,
  log: Log,
): Promise<number> {
  try {
    const report = await deadline(node.close(), leaveLimitMs + CLOSE_LIMIT_MS);
    reportLost(report, log);
    return report.lost.length > 0 && report.hadTakers && !report.areKept ? EXIT_FAILURE : 0;
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") throw error;
    log("warn", "Closing takes too long: the process ends now");
    return EXIT_FAILURE;
  }
}

/** Says what has ended with this node. Of values that nobody could take the number is enough. */
function reportLost({ values, lost, hadTakers, areKept }: HandoverReport, log: Log): void {
  if (lost.length === 0) return;
  const howMany = `${lost.length} of ${plural(values, "value")}`;
  if (areKept) {
    const why = hadTakers ? "no other node has confirmed to hold them" : "no other node was there";
    return log("info", `On the disk until the next start: ${howMany}; ${why}`);
  }
  if (!hadTakers) return log("warn", `Lost ${howMany}: no other node was there to take them`);
  log("warn", `Lost ${howMany}: no other node has confirmed to hold them; their keys follow`);
  for (let at = 0; at < lost.length; at += KEYS_PER_LINE) {
    const keys = lost.slice(at, at + KEYS_PER_LINE).map((key) => encodeHex(key));
    log("warn", `Lost: ${keys.join(" ")}`);
  }
}
