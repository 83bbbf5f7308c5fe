/**
 * The certificate that a node is pinned to, and its key.
 *
 * Others keep a node's certificate as the only one they trust at its address, so it is made once, on the
 * first start, and kept. It is replaced only when nobody could connect with it any more: when it is not
 * valid at this time, or does not name the node's IP. The replaced files stay, under another name.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { dirname } from "node:path";
import { CERTIFICATE_BYTES_MAX } from "../core/limits.ts";
import type { Log } from "../node/ports.ts";
import { type CertificateFields, readCertificateFields } from "./certificate_fields.ts";
import { describeFileError, exists, lock, writeWhole } from "./atomic_file.ts";
import { makeCertificate } from "./make_certificate.ts";
import { decodePem, encodePem } from "./pem.ts";

/** A certificate or key file cannot be used; the message names the file and says what is wrong. */
export class CertificateError extends Error {
  /** The class's name. */
  override readonly name = "CertificateError";
  /** The file that is meant. */
  readonly file: string;

  /** An error about a file. */
  constructor(file: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.file = file;
  }
}

/** Where a node's certificate is kept, and what it has to name. */
export interface CertificateOptions {
  /** PEM file of the certificate. */
  readonly certFile: string;
  /** PEM file of its private key. */
  readonly keyFile: string;
  /** IP at which peers reach the node, in canonical text. */
  readonly hostname: string;
  /** Told when a certificate is made or replaced. */
  readonly log: Log;
}

/** A node's certificate with its key. */
export interface NodeCertificate {
  /** The certificate alone, as PEM. */
  readonly certificatePem: string;
  /** The private key, as PEM. */
  readonly keyPem: string;
  /** The certificate's bytes. */
  readonly der: Uint8Array;
  /** The file that it is kept in. */
  readonly certFile: string;
}

/** A certificate that was found, and why it can be used no longer, if so. */
interface Found {
  readonly certificate: NodeCertificate;
  readonly outdated: string | null;
}

/**
 * Reads the certificate and its key, or makes them. Nodes that share the files and start together end up
 * with the same ones.
 *
 * @throws {CertificateError} if the files are there but cannot be used, or cannot be written.
 */
export async function loadOrMakeCertificate(options: CertificateOptions): Promise<NodeCertificate> {
  let trouble: unknown;
  try {
    const found = await findCertificate(options);
    if (found && found.outdated === null) return found.certificate;
  } catch (error) {
    trouble = error; // maybe another node is just writing the files: look again when it is done
  }
  await using _lock = await lockFiles(options, trouble);
  const found = await findCertificate(options);
  if (found && found.outdated === null) return found.certificate;
  return await replaceCertificate(options, found?.outdated ?? null);
}

/**
 * Reads the certificate of another node from a PEM file; its first one if there are several.
 *
 * @returns the certificate's bytes (DER).
 * @throws {CertificateError} if there is no such file, or no usable certificate in it.
 */
export async function readCertificate(file: string): Promise<Uint8Array> {
  return decodeCertificate(file, await readText("certificate", file)).der;
}

/** Null if there are no files yet. */
async function findCertificate(options: CertificateOptions): Promise<Found | null> {
  const { certFile, keyFile } = options;
  const hasCertificate = await isThere(certFile);
  const hasKey = await isThere(keyFile);
  if (!hasCertificate && !hasKey) return null;
  if (!hasCertificate) throw missingHalf(certFile, "certificate", `the key "${keyFile}"`);
  if (!hasKey) throw missingHalf(keyFile, "key", `the certificate "${certFile}"`);
  const certificateText = await readText("certificate", certFile);
  const keyPem = await readText("key", keyFile);
  const { der, fields } = decodeCertificate(certFile, certificateText);
  checkKey(keyFile, keyPem, fields, certFile);
  const certificatePem = encodePem("CERTIFICATE", der);
  return {
    certificate: { certificatePem, keyPem, der, certFile },
    outdated: whyOutdated(fields, options.hostname),
  };
}

function missingHalf(file: string, what: string, other: string): CertificateError {
  return new CertificateError(
    file,
    `Cannot read ${what} "${file}": no such file, though ${other} is there`,
  );
}

function whyOutdated(fields: CertificateFields, hostname: string): string | null {
  const now = Date.now();
  if (now >= fields.notAfter) return `it expired at ${new Date(fields.notAfter).toISOString()}`;
  if (now < fields.notBefore) {
    return `it is not valid before ${new Date(fields.notBefore).toISOString()}`;
  }
  return fields.ipAddresses.includes(hostname) ? null : `it does not name ${hostname}`;
}

function decodeCertificate(file: string, text: string) {
  const fail = (why: string) =>
    new CertificateError(file, `Cannot use certificate "${file}": ${why}`);
  const der = decodePem("CERTIFICATE", text);
  if (!der) throw fail("there is no certificate in PEM form in it");
  if (der.length > CERTIFICATE_BYTES_MAX) {
    throw fail(`${der.length} bytes are more than the ${CERTIFICATE_BYTES_MAX} allowed`);
  }
  try {
    return { der, fields: readCertificateFields(der) };
  } catch (error) {
    if (error instanceof SyntaxError) throw fail(`it is damaged: ${error.message}`);
    throw error;
  }
}

function checkKey(keyFile: string, keyPem: string, fields: CertificateFields, certFile: string) {
  const fail = (why: string) =>
    new CertificateError(keyFile, `Cannot use key "${keyFile}": ${why}`);
  let publicKey: Uint8Array;
  try {
    const key: KeyObject = createPrivateKey(keyPem);
    publicKey = createPublicKey(key as unknown as string).export({ type: "spki", format: "der" });
  } catch {
    throw fail("there is no private key in PEM form in it");
  }
  if (!equals(publicKey, fields.publicKeyInfo)) {
    throw fail(`it does not belong to the certificate "${certFile}"`);
  }
}

/** Makes a certificate and writes it; `outdated` says why the one there cannot stay, if there is one. */
async function replaceCertificate(
  options: CertificateOptions,
  outdated: string | null,
): Promise<NodeCertificate> {
  const { certFile, keyFile, hostname, log } = options;
  const { der, privateKey } = await makeCertificate(hostname);
  const certificatePem = encodePem("CERTIFICATE", der);
  const keyPem = encodePem("PRIVATE KEY", privateKey);
  try {
    const kept = outdated === null ? null : await keepOld(certFile, keyFile);
    await writeWhole(keyFile, keyPem, 0o600);
    await writeWhole(certFile, certificatePem, 0o644).catch(async (error) => {
      await Deno.remove(keyFile); // worth nothing without its certificate
      throw error;
    });
    if (kept) {
      log(
        "warn",
        `Made a new certificate "${certFile}" since ${outdated}; the old one is kept in ` +
          `"${kept.certFile}" and "${kept.keyFile}", peers that trust only that one cannot connect`,
      );
    } else log("info", `Made certificate "${certFile}" for ${hostname}`);
  } catch (error) {
    throw cannotWrite(certFile, keyFile, error);
  }
  return { certificatePem, keyPem, der, certFile };
}

/** Moves both files to the first pair of names that is free: `.old`, `.old.2`, `.old.3`, ... */
async function keepOld(certFile: string, keyFile: string) {
  for (let count = 1;; count++) {
    const suffix = count === 1 ? ".old" : `.old.${count}`;
    const kept = { certFile: certFile + suffix, keyFile: keyFile + suffix };
    if (await exists(kept.certFile) || await exists(kept.keyFile)) continue;
    await Deno.rename(certFile, kept.certFile);
    await Deno.rename(keyFile, kept.keyFile);
    return kept;
  }
}

/** Keeps other nodes that use the same files from making them too. `trouble` is what reading them gave. */
async function lockFiles(
  { certFile, keyFile }: CertificateOptions,
  trouble: unknown,
): Promise<AsyncDisposable> {
  try {
    await Deno.mkdir(dirname(certFile), { recursive: true });
    await Deno.mkdir(dirname(keyFile), { recursive: true });
    return await lock(`${certFile}.lock`);
  } catch (error) {
    throw trouble ?? cannotWrite(certFile, keyFile, error);
  }
}

function cannotWrite(certFile: string, keyFile: string, error: unknown): CertificateError {
  const why = describeFileError(error);
  const message = `Cannot write certificate "${certFile}" and key "${keyFile}": ${why}`;
  return new CertificateError(certFile, message, { cause: error });
}

async function readText(what: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    const why = describeFileError(error);
    throw new CertificateError(file, `Cannot read ${what} "${file}": ${why}`, { cause: error });
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    return await exists(file);
  } catch (error) {
    throw new CertificateError(file, `Cannot read "${file}": ${describeFileError(error)}`, {
      cause: error,
    });
  }
}
