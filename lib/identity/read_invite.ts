/**
 * Reads an invite as its user pastes it, and looks into the certificate that it carries.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createPublicKey, verify } from "node:crypto";
import { type Invite, parseInvite } from "./invite.ts";
import { type CertificateFields, readCertificateFields } from "./certificate_fields.ts";

/** Hashes of the algorithms of signatures that are checked. */
const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "sha256", // ECDSA
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.113549.1.1.11": "sha256", // RSA
};

/**
 * Reads an invite whose certificate is sound and names the address that it comes with.
 *
 * @throws {SyntaxError} that says what is wrong.
 */
export function readInvite(text: string): Invite {
  const invite = parseInvite(text.trim());
  const { hostname } = invite.address;
  const fields = readFields(invite.certificate);
  if (!isSignedByItself(fields)) {
    throw new SyntaxError("the invite's certificate is damaged: its own signature does not fit it");
  }
  if (fields.ipAddresses.includes(hostname)) return invite;
  throw new SyntaxError(`the invite's certificate does not name ${hostname}`);
}

/** Only such a certificate can be pinned; and whatever was damaged in it does not fit its signature. */
function isSignedByItself(fields: CertificateFields): boolean {
  const { issuer, subject, publicKeyInfo, signature: { algorithm, over, bytes } } = fields;
  if (!equals(issuer, subject) || algorithm === null) return false;
  const hash = HASHES[algorithm];
  if (hash === undefined) return true;
  try {
    const key = createPublicKey({ key: publicKeyInfo as never, format: "der", type: "spki" });
    return verify(hash, over, key, bytes);
  } catch {
    return false; // no key that could have signed anything
  }
}

function readFields(certificate: Uint8Array) {
  try {
    return readCertificateFields(certificate);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`the invite's certificate is damaged: ${error.message}`);
  }
}
