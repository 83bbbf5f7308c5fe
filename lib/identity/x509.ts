/**
 * Reads from an X.509 certificate what matters to a node: validity, key, names, and who has signed it.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { createPublicKey, verify } from "node:crypto";
import {
  type Element,
  expectTag,
  readElements,
  readObjectId,
  readSequence,
  readTime,
  Tag,
} from "./der.ts";
import { serverNameOf } from "./server_name.ts";

/** The parts of a certificate that are checked. */
export interface X509 {
  /** Start of its validity, in milliseconds since 1970. */
  readonly notBefore: number;
  /** End of its validity, in milliseconds since 1970. */
  readonly notAfter: number;
  /** Its public key as SubjectPublicKeyInfo (DER). */
  readonly publicKeyInfo: Uint8Array;
  /** Who has signed it (DER). */
  readonly issuer: Uint8Array;
  /** For whom it was signed (DER). */
  readonly subject: Uint8Array;
  /** The DNS names among its subject alternative names. */
  readonly dnsNames: readonly string[];
  /** Whether it is meant to sign others. */
  readonly isAuthority: boolean;
  readonly signature: Signature;
}

/** The signature of a certificate. */
export interface Signature {
  /** The object identifier of how it was made; null if the certificate names two. */
  readonly algorithm: string | null;
  /** What was signed. */
  readonly over: Uint8Array;
  readonly bytes: Uint8Array;
}

const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;
const TAG_DNS_NAME = 0x82;
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";

/** Hashes of the algorithms of signatures that are checked. */
const HASHES: Readonly<Record<string, string>> = {
  "1.2.840.10045.4.3.2": "sha256", // ECDSA
  "1.2.840.10045.4.3.3": "sha384",
  "1.2.840.113549.1.1.11": "sha256", // RSA
};

/**
 * Reads a certificate.
 *
 * @throws {SyntaxError} if `der` is none, or has bytes after it.
 */
export function readX509(der: Uint8Array): X509 {
  const [certificate, ...rest] = readElements(der);
  if (rest.length > 0) throw new SyntaxError("bytes follow the certificate");
  const [signed, algorithm, signature] = readSequence(certificate);
  const parts = readSequence(signed);
  if (parts[0]?.tag === TAG_VERSION) parts.shift();
  // After the version: serial, signature algorithm, issuer, validity, subject, key, then what is optional.
  const [, signedAlgorithm, issuer, validity, subject, publicKey, ...optional] = parts;
  const [notBefore, notAfter] = readSequence(validity);
  expectTag(publicKey, Tag.sequence);
  const extensions = readExtensions(optional.find(({ tag }) => tag === TAG_EXTENSIONS));
  return {
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKeyInfo: publicKey!.whole,
    issuer: expectTag(issuer, Tag.sequence),
    subject: expectTag(subject, Tag.sequence),
    dnsNames: readDnsNames(extensions.get(SUBJECT_ALT_NAME)),
    isAuthority: readIsAuthority(extensions.get(BASIC_CONSTRAINTS)),
    signature: {
      algorithm: readAlgorithm(algorithm, signedAlgorithm),
      over: signed!.whole,
      bytes: readBits(signature),
    },
  };
}

/**
 * Why no node at some IPs could be pinned to a certificate, null if one can: `does not name
 * 127.0.0.1 (7f000001.invalid)`.
 */
export function whyNotFor(certificate: X509, hostnames: readonly string[]): string | null {
  const { issuer, subject, isAuthority, dnsNames } = certificate;
  if (!equals(issuer, subject)) return "is not signed by itself";
  if (isAuthority) return "is one of an authority (CA:TRUE)";
  const missing = hostnames.find((hostname) => !dnsNames.includes(serverNameOf(hostname)));
  return missing === undefined ? null : `does not name ${missing} (${serverNameOf(missing)})`;
}

/**
 * Whether a certificate's signature was made with its own key. Damaged bytes do not fit the signature. One of an algorithm that is not known here passes.
 */
export function isSignatureIntact({ publicKeyInfo, signature }: X509): boolean {
  const { algorithm, over, bytes } = signature;
  if (algorithm === null) return false;
  const hash = HASHES[algorithm];
  if (hash === undefined) return true;
  try {
    const key = createPublicKey({ key: publicKeyInfo as never, format: "der", type: "spki" });
    return verify(hash, over, key, bytes);
  } catch {
    return false; // no key that could have signed anything
  }
}

/** The contents of the extensions by object identifier. */
function readExtensions(extensions: Element | undefined): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  if (!extensions) return found;
  const [list] = readElements(extensions.content);
  for (const extension of readSequence(list)) {
    const parts = readSequence(extension); // identifier, whether it is critical, content
    found.set(readObjectId(parts[0]), expectTag(parts.at(-1), Tag.octetString));
  }
  return found;
}

function readDnsNames(content: Uint8Array | undefined): string[] {
  if (!content) return [];
  return readSequence(readElements(content)[0])
    .filter(({ tag }) => tag === TAG_DNS_NAME)
    .map((name) => new TextDecoder().decode(name.content));
}

function readIsAuthority(content: Uint8Array | undefined): boolean {
  if (!content) return false;
  const [first] = readSequence(readElements(content)[0]);
  return first?.tag === Tag.boolean && first.content[0] !== 0;
}

/** The algorithm stands twice in a certificate, once within what is signed. */
function readAlgorithm(one: Element | undefined, other: Element | undefined): string | null {
  const [identifier] = readSequence(one);
  if (!equals(one!.content, expectTag(other, Tag.sequence))) return null;
  return readObjectId(identifier);
}

/** The first byte of a bit string says how many bits of its last one are not used. */
function readBits(element: Element | undefined): Uint8Array {
  const content = expectTag(element, Tag.bitString);
  if (content[0] !== 0) throw new SyntaxError("its signature is not one of whole bytes");
  return content.subarray(1);
}
