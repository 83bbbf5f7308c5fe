/**
 * Reads an invite as its user pastes it, and looks into the certificate that it carries.
 *
 * @module
 */

import { type Invite, parseInvite } from "../core/invite.ts";
import { readCertificateFields } from "./certificate_fields.ts";

/**
 * Reads an invite whose certificate is sound and names the address that it comes with.
 *
 * @throws {SyntaxError} that says what is wrong.
 */
export function readInvite(text: string): Invite {
  const invite = parseInvite(text.trim());
  const { hostname } = invite.address;
  const { ipAddresses } = readFields(invite.certificate);
  if (ipAddresses.includes(hostname)) return invite;
  throw new SyntaxError(`the invite's certificate does not name ${hostname}`);
}

function readFields(certificate: Uint8Array) {
  try {
    return readCertificateFields(certificate);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`the invite's certificate is damaged: ${error.message}`);
  }
}
