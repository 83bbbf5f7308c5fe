/**
 * Makes a self-signed certificate: ECDSA P-256, no certificate authority, for one node.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { encodePem } from "./pem.ts";
import { serverNameOf } from "./server_name.ts";
import type { X509 } from "./x509.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const LIFE_MS = 3_652 * DAY_MS;
/** Clocks differ: a certificate that is valid from now on only would be refused by some. */
const BACKDATED_MS = DAY_MS;
const SERIAL_BYTES = 16;
/** What the subject of a certificate that is made here begins with. */
const SUBJECT = "voidkad ";
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** A node's certificate with its key. */
export interface NodeCertificate {
  /** The certificate alone, as PEM. */
  readonly certificatePem: string;
  /** The private key, as PEM. */
  readonly keyPem: string;
  /** The certificate's bytes. */
  readonly der: Uint8Array;
}

/**
 * Makes a certificate and its key, and keeps them nowhere. Valid for 10 years, it names the IP and the TLS
 * server name of a node. Peers know a node by its certificate, so a node that is to be known after a restart
 * keeps it in files: see {@linkcode loadOrMakeCertificate}.
 *
 * @param hostnames the IPs at which peers reach the node, in text form.
 * @throws {SyntaxError} if one is no IP.
 */
export async function makeCertificate(...hostnames: string[]): Promise<NodeCertificate> {
  const names = hostnames.flatMap((hostname) => [
    { type: "ip", value: hostname } as const,
    { type: "dns", value: serverNameOf(hostname) } as const,
  ]);
  // Loaded here since this takes longer than the rest of a start, and is needed at the first one only.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]);
  const serial = crypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  serial[0] = serial[0]! & 0x3f | 0x40; // positive, and the same length always
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: encodeHex(serial),
    name: `CN=${SUBJECT}${encodeHex(serial.subarray(8))}`,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + LIFE_MS),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys: keys as CryptoKeyPair,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.SubjectAlternativeNameExtension(names),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  const der = new Uint8Array(certificate.rawData);
  return {
    certificatePem: encodePem("CERTIFICATE", der),
    keyPem: encodePem("PRIVATE KEY", new Uint8Array(key)),
    der,
  };
}

/** Whether {@linkcode makeCertificate} made a certificate: its subject says so. */
export function isMadeHere({ subject }: X509): boolean {
  return new RegExp(`${SUBJECT}[0-9a-f]{16}$`).test(new TextDecoder().decode(subject));
}
