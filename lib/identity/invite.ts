/**
 * An invite: one line that is all one needs to join a network through a node.
 *
 * `voidkad://<address>/<certificate>`, the certificate's DER in base64url without padding. Where the node has an
 * address of IPv4 and one of IPv6, both stand there with a plus sign between them. The certificate has one spelling
 * only, so that damage on the way is noticed. Of a network with a key, 32 bytes in base64url follow, the key: who has
 * such an invite is let in. Or 48 bytes: the network's public key, and a token by which one node is let in.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import {
  addressesOf,
  type AddressPair,
  formatAddressPair,
  parseAddressPair,
  whyNoPeer,
} from "../core/kademlia/address_pair.ts";
import { CERTIFICATE_BYTES_MAX } from "../core/limits.ts";
import { TOKEN_BYTES } from "../core/wire/hello_codec.ts";
import { readHeader, Tag } from "./der.ts";
import type { NetworkKey } from "./network.ts";
import { NETWORK_KEY_BYTES } from "./network_key.ts";
import { isSignatureIntact, readX509, whyNotFor } from "./x509.ts";

const SCHEME = "voidkad://";
/** Longer texts are refused unread. */
const TEXT_LENGTH_MAX = 2 * CERTIFICATE_BYTES_MAX;

/** What an invite says of a node. */
export interface Invite extends AddressPair {
  /** The key of the node's network, if that has one, or what lets one node in. */
  readonly networkKey?: NetworkKey | null;
  /** DER of the certificate that the node is pinned to. */
  readonly certificate: Uint8Array;
}

/** The line by which others join through a node. */
export function formatInvite(invite: Invite): string {
  const { certificate, networkKey } = invite;
  const key = networkKey ? `/${encodeBase64Url(bytesOf(networkKey))}` : "";
  return `${SCHEME}${formatAddressPair(invite)}/${encodeBase64Url(certificate)}${key}`;
}

function bytesOf(key: NetworkKey): Uint8Array {
  return key instanceof Uint8Array ? key : concat([key.publicKey, key.token!]);
}

/**
 * Reads an invite as its user pastes it, and checks that a node at its address can be pinned to its
 * certificate: whole, signed by itself, and for this address.
 *
 * @throws {SyntaxError} that says what is wrong.
 */
export function readInvite(text: string): Invite {
  const invite = parseInvite(text.trim());
  const certificate = intact(() => readX509(invite.certificate));
  if (!isSignatureIntact(certificate)) {
    throw new SyntaxError("the invite's certificate is damaged: its own signature does not fit it");
  }
  const why = whyNotFor(certificate, addressesOf(invite).map(({ hostname }) => hostname));
  if (why !== null) throw new SyntaxError(`the invite's certificate ${why}`);
  return invite;
}

/**
 * Reads an invite without a look into its certificate.
 *
 * @throws {SyntaxError} that says which part is wrong.
 */
export function parseInvite(text: string): Invite {
  if (!text.startsWith(SCHEME)) throw new SyntaxError(`an invite begins with ${SCHEME}`);
  if (text.length > TEXT_LENGTH_MAX) throw new SyntaxError("the invite is too long to be one");
  const slash = text.indexOf("/", SCHEME.length);
  if (slash < 0) throw new SyntaxError("the invite has no certificate after its address");
  const pair = parseAddressPair(text.slice(SCHEME.length, slash));
  const why = whyNoPeer(pair);
  if (why !== null) throw new SyntaxError(why);
  const [certificate = "", key, ...rest] = text.slice(slash + 1).split("/");
  if (rest.length > 0) throw new SyntaxError("the invite has a part too many at its end");
  return {
    ...pair,
    certificate: decodeCertificate(certificate),
    ...key !== undefined && { networkKey: decodeNetworkKey(key) },
  };
}

function decodeNetworkKey(text: string): NetworkKey {
  const bytes = /^[A-Za-z0-9_-]+$/.test(text) ? decodeExact(text) : null;
  if (bytes?.length === NETWORK_KEY_BYTES) return bytes;
  if (bytes?.length === NETWORK_KEY_BYTES + TOKEN_BYTES) {
    const [publicKey, token] = [bytes.slice(0, NETWORK_KEY_BYTES), bytes.slice(NETWORK_KEY_BYTES)];
    return { publicKey, signature: null, token };
  }
  throw new SyntaxError("the invite's network key is damaged: it has 43 letters and digits, or 64");
}

function decodeCertificate(text: string): Uint8Array {
  if (text === "") throw new SyntaxError("the invite has no certificate after its address");
  const strange = /[^A-Za-z0-9_-]/u.exec(text);
  if (strange) throw new SyntaxError(`the invite's certificate has a "${strange[0]}" in it`);
  const bytes = decodeExact(text);
  if (!bytes) {
    throw new SyntaxError("the invite's certificate is not base64url: a part of it is missing");
  }
  if (bytes.length > CERTIFICATE_BYTES_MAX) {
    throw new SyntaxError(
      `the invite's certificate has ${bytes.length} bytes, more than ${CERTIFICATE_BYTES_MAX}`,
    );
  }
  const { tag, end } = intact(() => readHeader(bytes));
  if (tag !== Tag.sequence) throw new SyntaxError("what the invite carries is not a certificate");
  if (end !== bytes.length) {
    throw new SyntaxError(
      `the invite's certificate has ${bytes.length} bytes where it says ${end}`,
    );
  }
  return bytes;
}

/** Null if the text is not the canonical spelling of its bytes. */
function decodeExact(text: string): Uint8Array | null {
  try {
    const bytes = decodeBase64Url(text);
    return encodeBase64Url(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
}

/** What `read` reads of the certificate; its error says that it is the certificate that is damaged. */
function intact<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`the invite's certificate is damaged: ${error.message}`);
  }
}
