/**
 * Certificates that a node does not make: of authorities, signed by them, or with other names.
 *
 * @module
 */

import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { encodePem } from "../../lib/identity/pem.ts";

const HOUR_MS = 3_600_000;
const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/** A subject alternative name. */
export interface Name {
  readonly type: "ip" | "dns";
  readonly value: string;
}

/** A certificate and its key, as PEM. */
export interface PemPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A self-signed certificate that can sign others. */
export interface Authority extends PemPair {
  /** Signs a certificate for these names. */
  sign(names: readonly Name[]): Promise<PemPair>;
}

/** Makes a self-signed certificate. */
export async function makeAuthority(
  { subject = "authority", names, isAuthority }: {
    readonly subject?: string;
    readonly names: readonly Name[];
    readonly isAuthority: boolean;
  },
): Promise<Authority> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...terms(names, isAuthority),
    name: `CN=${subject}`,
    keys,
  });
  return {
    ...await toPem(certificate, keys),
    async sign(names) {
      const own = await makeKeys();
      const signed = await x509.X509CertificateGenerator.create({
        ...terms(names, false),
        subject: "CN=signed",
        issuer: certificate.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
      });
      return await toPem(signed, own);
    },
  };
}

async function makeKeys(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
}

function terms(names: readonly Name[], isAuthority: boolean) {
  const constraints = new x509.BasicConstraintsExtension(isAuthority, undefined, true);
  const extensions: x509.Extension[] = [constraints];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension([...names]));
  return {
    serialNumber: "4001",
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions,
  };
}

async function toPem(certificate: x509.X509Certificate, keys: CryptoKeyPair): Promise<PemPair> {
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificatePem: encodePem("CERTIFICATE", new Uint8Array(certificate.rawData)),
    keyPem: encodePem("PRIVATE KEY", new Uint8Array(key)),
  };
}
