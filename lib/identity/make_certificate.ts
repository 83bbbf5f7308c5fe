/**
 * Makes a self-signed certificate: ECDSA P-256, no certificate authority, one IP as its name.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";

const DAY_MS = 24 * 60 * 60 * 1_000;
const LIFE_MS = 3_652 * DAY_MS;
/** Clocks differ: a certificate that is valid from now on only would be refused by some. */
const BACKDATED_MS = DAY_MS;
const SERIAL_BYTES = 16;
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/**
 * Makes a certificate that names `hostname`, an IP in text form, and is valid for 10 years.
 *
 * @returns the certificate (DER) and its private key (PKCS #8, DER).
 */
export async function makeCertificate(
  hostname: string,
): Promise<{ der: Uint8Array; privateKey: Uint8Array }> {
  // Loaded here since this takes longer than the rest of a start, and is needed at the first one only.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
  const serial = crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  serial[0] = serial[0]! & 0x3f | 0x40; // positive, and the same length always
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: encodeHex(serial),
    name: `CN=voidkad ${encodeHex(serial.subarray(8))}`,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + LIFE_MS),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys: keys as CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension([{ type: "ip", value: hostname }]),
    ],
  });
  const privateKey = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { der: new Uint8Array(certificate.rawData), privateKey: new Uint8Array(privateKey) };
}
