/**
 * PEM: bytes in base64 between two lines that name what they are (RFC 7468).
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";

/** Writes `der` as a PEM block, e.g. with the label `CERTIFICATE`; ends with a line feed. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * The bytes of the first PEM block with this label, or null if there is none or it is not base64.
 * What stands around the block, and further blocks, are passed over.
 */
export function decodePem(label: string, text: string): Uint8Array<ArrayBuffer> | null {
  const begin = `-----BEGIN ${label}-----`;
  const start = text.indexOf(begin);
  const end = text.indexOf(`-----END ${label}-----`, start);
  if (start < 0 || end < 0) return null;
  try {
    const bytes = decodeBase64(text.slice(start + begin.length, end).replaceAll(/\s/g, ""));
    return bytes.length > 0 ? bytes : null;
  } catch {
    return null;
  }
}
