/**
 * The certificate that a node is pinned to, and its key.
 *
 * Others keep a node's certificate as the only one that they trust at its address, so it is made once, on the
 * first start, and kept. It is replaced only when no peer could connect with it any more: when it has expired,
 * or does not name the node. The replaced files stay, under another name. A certificate that other tools have
 * made is never replaced: it is used as it is, or refused. One that is not valid yet is refused as well: it is
 * the clock that is wrong then, as that of a machine without a battery is at first.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Log } from "../node/ports.ts";
import { closeToOthers, describeFileError, lock } from "./atomic_file.ts";
import {
  CertificateError,
  type CertificateFiles,
  moveAside,
  readFiles,
  writeFiles,
} from "./certificate_files.ts";
import { isMadeHere, makeCertificate, type NodeCertificate } from "./make_certificate.ts";
import { serverNameOf } from "./server_name.ts";
import { whyNotFor, type X509 } from "./x509.ts";

/** Where a node's certificate is kept, and what it has to name. */
export interface CertificateOptions extends CertificateFiles {
  /** IPs at which peers reach the node, in canonical text. */
  readonly hostnames: readonly string[];
  /** Called when a certificate is made or replaced. */
  readonly log: Log;
}

/**
 * Reads the certificate and its key, or makes them. Nodes that share the files and start together end up
 * with the same ones.
 *
 * @throws {CertificateError} if the files are there but cannot be used, or cannot be written.
 */
export async function loadOrMakeCertificate(options: CertificateOptions): Promise<NodeCertificate> {
  let firstError: unknown;
  try {
    const found = await findCertificate(options);
    if (found && found.outdated === null) return found.certificate;
  } catch (error) {
    firstError = error; // another node may be writing the files just now: look again when it is done
  }
  await using _lock = await lockFiles(options, firstError);
  const found = await findCertificate(options);
  if (found && found.outdated === null) return found.certificate;
  return await replaceCertificate(options, found?.outdated ?? null);
}

/** The certificate that is there, and why it has to be replaced, if so; null if there is none. */
async function findCertificate(
  options: CertificateOptions,
): Promise<{ certificate: NodeCertificate; outdated: string | null } | null> {
  const found = await readFiles(options);
  if (!found) return null;
  const { certificate, x509 } = found;
  if (Date.now() < x509.notBefore) throw notValidYet(options, x509);
  const outdated = whyOutdated(x509, options.hostnames);
  if (outdated !== null && !isMadeHere(x509)) throw unusable(options, outdated);
  await closeToOthers(options.keyFile, options.log);
  return { certificate, outdated };
}

function whyOutdated(x509: X509, hostnames: readonly string[]): string | null {
  if (Date.now() >= x509.notAfter) return `it expired at ${new Date(x509.notAfter).toISOString()}`;
  const why = whyNotFor(x509, hostnames);
  return why === null ? null : `it ${why}`;
}

function notValidYet({ certFile }: CertificateOptions, { notBefore }: X509): CertificateError {
  const [start, now] = [new Date(notBefore), new Date()].map((date) => date.toISOString());
  return new CertificateError(
    certFile,
    `Cannot use certificate "${certFile}": it is not valid before ${start}, and this machine's ` +
      `clock says ${now}; set the clock`,
  );
}

/** Says what a certificate needs. */
function unusable({ certFile, hostnames }: CertificateOptions, why: string): CertificateError {
  const names = hostnames.map((name) => `IP:${name},DNS:${serverNameOf(name)}`).join(",");
  return new CertificateError(
    certFile,
    `Cannot use certificate "${certFile}": ${why}; it needs subjectAltName=${names} and ` +
      "basicConstraints=CA:FALSE, signed by itself; without the files a node makes its own",
  );
}

/** Makes a certificate and writes it; `outdated` says why the one there cannot stay, if there is one. */
async function replaceCertificate(
  options: CertificateOptions,
  outdated: string | null,
): Promise<NodeCertificate> {
  const { certFile, hostnames, log } = options;
  const certificate = await makeCertificate(...hostnames);
  try {
    const moved = outdated === null ? null : await moveAside(options);
    await writeFiles(options, certificate);
    if (moved) {
      log(
        "warn",
        `Made a new certificate "${certFile}" since ${outdated}; the old one is kept in ` +
          `"${moved.certFile}" and "${moved.keyFile}", peers that trust only that one cannot connect`,
      );
    } else log("info", `Made certificate "${certFile}" for ${hostnames.join(" and ")}`);
  } catch (error) {
    throw cannotWrite(options, error);
  }
  return certificate;
}

/** Keeps other nodes that use the same files from making them too. */
async function lockFiles(
  options: CertificateOptions,
  firstError: unknown,
): Promise<AsyncDisposable> {
  const { certFile, keyFile } = options;
  try {
    for (const file of [certFile, keyFile]) {
      await Deno.mkdir(dirname(file), { recursive: true, mode: 0o755 });
    }
    return await lock(`${certFile}.lock`);
  } catch (error) {
    throw firstError ?? cannotWrite(options, error);
  }
}

function cannotWrite({ certFile, keyFile }: CertificateFiles, error: unknown): CertificateError {
  const why = describeFileError(error);
  const message = `Cannot write certificate "${certFile}" and key "${keyFile}": ${why}`;
  return new CertificateError(certFile, message, { cause: error });
}
