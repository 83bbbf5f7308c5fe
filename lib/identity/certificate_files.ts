/**
 * A node's certificate and its key as PEM files.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { CERTIFICATE_BYTES_MAX } from "../core/limits.ts";
import { describeFileError, exists, writeWhole } from "./atomic_file.ts";
import type { NodeCertificate } from "./make_certificate.ts";
import { decodePem, encodePem } from "./pem.ts";
import { readX509, type X509 } from "./x509.ts";

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

/** The two files. */
export interface CertificateFiles {
  /** PEM file of the certificate. */
  readonly certFile: string;
  /** PEM file of its private key. */
  readonly keyFile: string;
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

/**
 * Reads both files; null if there are none.
 *
 * @throws {CertificateError} if one is missing, cannot be read, or does not belong to the other.
 */
export async function readFiles(
  { certFile, keyFile }: CertificateFiles,
): Promise<{ readonly certificate: NodeCertificate; readonly x509: X509 } | null> {
  const hasCertificate = await isThere(certFile);
  const hasKey = await isThere(keyFile);
  if (!hasCertificate && !hasKey) return null;
  if (!hasCertificate) throw missingHalf(certFile, "certificate", `the key "${keyFile}"`);
  if (!hasKey) throw missingHalf(keyFile, "key", `the certificate "${certFile}"`);
  const certificateText = await readText("certificate", certFile);
  const keyPem = await readText("key", keyFile);
  const { der, x509 } = decodeCertificate(certFile, certificateText);
  checkKey(keyFile, keyPem, x509, certFile);
  return { certificate: { certificatePem: encodePem("CERTIFICATE", der), keyPem, der }, x509 };
}

/** Writes both files, or neither. */
export async function writeFiles(
  { certFile, keyFile }: CertificateFiles,
  { certificatePem, keyPem }: NodeCertificate,
): Promise<void> {
  await writeWhole(keyFile, keyPem, 0o600);
  await writeWhole(certFile, certificatePem, 0o644).catch(async (error) => {
    await Deno.remove(keyFile); // of no use without its certificate
    throw error;
  });
}

/** Moves both files to the first pair of names that is free: `.old`, `.old.2`, `.old.3`, ... */
export async function moveAside(
  { certFile, keyFile }: CertificateFiles,
): Promise<CertificateFiles> {
  for (let count = 1;; count++) {
    const suffix = count === 1 ? ".old" : `.old.${count}`;
    const moved = { certFile: certFile + suffix, keyFile: keyFile + suffix };
    if (await exists(moved.certFile) || await exists(moved.keyFile)) continue;
    await Deno.rename(certFile, moved.certFile);
    await Deno.rename(keyFile, moved.keyFile);
    return moved;
  }
}

function missingHalf(file: string, what: string, other: string): CertificateError {
  return new CertificateError(
    file,
    `Cannot read ${what} "${file}": no such file, though ${other} is there`,
  );
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
    return { der, x509: readX509(der) };
  } catch (error) {
    if (error instanceof SyntaxError) throw fail(`it is damaged: ${error.message}`);
    throw error;
  }
}

function checkKey(keyFile: string, keyPem: string, { publicKeyInfo }: X509, certFile: string) {
  const fail = (why: string) =>
    new CertificateError(keyFile, `Cannot use key "${keyFile}": ${why}`);
  let publicKey: Uint8Array;
  try {
    const key: KeyObject = createPrivateKey(keyPem);
    publicKey = createPublicKey(key as unknown as string).export({ type: "spki", format: "der" });
  } catch {
    throw fail("there is no private key in PEM form in it");
  }
  if (!equals(publicKey, publicKeyInfo)) {
    throw fail(`it does not belong to the certificate "${certFile}"`);
  }
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
