/**
 * An invite: one line that is all one needs to join a network through a node.
 *
 * `voidkad://<address>/<certificate>`, the certificate's DER in base64url without padding. It has one
 * spelling only, so that whatever was damaged on the way is noticed rather than guessed at.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { type Address, formatAddress, isWildcard, parseAddress } from "../core/kademlia/address.ts";
import { CERTIFICATE_BYTES_MAX } from "../core/limits.ts";

const SCHEME = "voidkad://";
const SEQUENCE_TAG = 0x30;
/** Larger texts are refused before anything is made of them. */
const TEXT_LENGTH_MAX = 2 * CERTIFICATE_BYTES_MAX;

/** What an invite says of a node. */
export interface Invite {
  /** Where it listens for peers. */
  readonly address: Address;
  /** DER of the certificate that it is pinned to. */
  readonly certificate: Uint8Array;
}

/** The line by which others join through a node. */
export function formatInvite({ address, certificate }: Invite): string {
  return `${SCHEME}${formatAddress(address)}/${encodeBase64Url(certificate)}`;
}

/**
 * Reads an invite.
 *
 * @throws {SyntaxError} that says which part is wrong.
 */
export function parseInvite(text: string): Invite {
  if (!text.startsWith(SCHEME)) throw new SyntaxError(`an invite begins with ${SCHEME}`);
  if (text.length > TEXT_LENGTH_MAX) throw new SyntaxError("the invite is too long to be one");
  const slash = text.indexOf("/", SCHEME.length);
  if (slash < 0) throw new SyntaxError("the invite has no certificate after its address");
  const address = parseAddress(text.slice(SCHEME.length, slash));
  if (isWildcard(address) || address.port === 0) {
    throw new SyntaxError(`${formatAddress(address)} is no address to reach`);
  }
  return { address, certificate: decodeCertificate(text.slice(slash + 1)) };
}

function decodeCertificate(text: string): Uint8Array {
  if (text === "") throw new SyntaxError("the invite has no certificate after its address");
  const strange = /[^A-Za-z0-9_-]/u.exec(text);
  if (strange) throw new SyntaxError(`the invite's certificate has a "${strange[0]}" in it`);
  const bytes = text.length % 4 === 1 ? null : decodeBase64Url(text);
  if (!bytes || encodeBase64Url(bytes) !== text) {
    throw new SyntaxError("the invite's certificate is not base64url: a part of it is missing");
  }
  if (bytes.length > CERTIFICATE_BYTES_MAX) {
    throw new SyntaxError(
      `the invite's certificate has ${bytes.length} bytes, more than ${CERTIFICATE_BYTES_MAX}`,
    );
  }
  const length = derLength(bytes);
  if (length === null) throw new SyntaxError("what the invite carries is not a certificate");
  if (length !== bytes.length) {
    throw new SyntaxError(
      `the invite's certificate has ${bytes.length} bytes where it says ${length}`,
    );
  }
  return bytes;
}

/** The length that a DER sequence says it has, its own header included; null if it is none. */
function derLength(bytes: Uint8Array): number | null {
  const [tag, first = 0] = bytes;
  if (tag !== SEQUENCE_TAG) return null;
  if (first < 0x80) return 2 + first;
  if (first === 0x81) return 3 + bytes[2]!;
  return first === 0x82 ? 4 + (bytes[2]! << 8 | bytes[3]!) : null;
}
