/**
 * Reads what matters to a node from a certificate (DER): how long it is valid, its key, the IPs it names.
 *
 * A walk over the DER, since a full X.509 library takes longer to load than a node to start, and the
 * runtime's own `X509Certificate` does not tell names and keys in all versions that are supported.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { formatIp } from "../core/kademlia/address.ts";

/** The parts of a certificate that are checked at a start. */
export interface CertificateFields {
  /** Start and end of its validity, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Its public key as SubjectPublicKeyInfo (DER). */
  readonly publicKeyInfo: Uint8Array;
  /** The IPs among its subject alternative names, in canonical text. */
  readonly ipAddresses: readonly string[];
  /** Who has signed it, and for whom, as DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
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

const TAG_BIT_STRING = 0x03;
const TAG_OCTET_STRING = 0x04;
const TAG_OID = 0x06;
const TAG_UTC_TIME = 0x17;
const TAG_GENERALIZED_TIME = 0x18;
const TAG_SEQUENCE = 0x30;
const TAG_VERSION = 0xa0;
const TAG_EXTENSIONS = 0xa3;
const TAG_IP_ADDRESS = 0x87;
const SUBJECT_ALT_NAME_OID = "2.5.29.17";

/** One DER element: `content` is its value, `whole` that with tag and length. */
interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/**
 * Reads a certificate.
 *
 * @throws {SyntaxError} if `der` is none, or has bytes after it.
 */
export function readCertificateFields(der: Uint8Array): CertificateFields {
  const [certificate, ...rest] = readAll(der);
  if (rest.length > 0) throw new SyntaxError("bytes follow the certificate");
  const [signed, algorithm, signature] = readAll(expect(certificate, TAG_SEQUENCE));
  const parts = readAll(expect(signed, TAG_SEQUENCE));
  if (parts[0]?.tag === TAG_VERSION) parts.shift();
  // After the version: serial, signature algorithm, issuer, validity, subject, key, then what is optional.
  const [, signedAlgorithm, issuer, validity, subject, publicKey, ...optional] = parts;
  const [notBefore, notAfter] = readAll(expect(validity, TAG_SEQUENCE));
  expect(publicKey, TAG_SEQUENCE);
  const extensions = optional.find((element) => element.tag === TAG_EXTENSIONS);
  return {
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    publicKeyInfo: publicKey!.whole,
    ipAddresses: extensions ? readIpAddresses(extensions) : [],
    issuer: expect(issuer, TAG_SEQUENCE),
    subject: expect(subject, TAG_SEQUENCE),
    signature: {
      algorithm: readAlgorithm(algorithm, signedAlgorithm),
      over: signed!.whole,
      bytes: readBits(expect(signature, TAG_BIT_STRING)),
    },
  };
}

/** The algorithm is said twice, once within what is signed. */
function readAlgorithm(one: Element | undefined, other: Element | undefined): string | null {
  const content = expect(one, TAG_SEQUENCE);
  if (!equals(content, expect(other, TAG_SEQUENCE))) return null;
  return readOid(expect(readAll(content)[0], TAG_OID));
}

/** The first byte of a bit string says how many bits of its last one are not used. */
function readBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw new SyntaxError("its signature is not one of whole bytes");
  return content.subarray(1);
}

function readIpAddresses(extensions: Element): string[] {
  const [list] = readAll(extensions.content);
  for (const extension of readAll(expect(list, TAG_SEQUENCE))) {
    const parts = readAll(expect(extension, TAG_SEQUENCE));
    if (readOid(expect(parts[0], TAG_OID)) !== SUBJECT_ALT_NAME_OID) continue;
    const [names] = readAll(expect(parts.at(-1), TAG_OCTET_STRING));
    return readAll(expect(names, TAG_SEQUENCE))
      .filter((name) => name.tag === TAG_IP_ADDRESS)
      .map((name) => formatIpName(name.content));
  }
  return [];
}

function formatIpName(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length === 16) return formatIp(bytes);
  throw new SyntaxError("an IP in it is neither 4 nor 16 bytes");
}

/** Splits `bytes` into the elements that it is a row of. */
function readAll(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? 0;
    let start = at + 2;
    if (length >= 0x80) {
      const lengthBytes = length & 0x7f;
      if (lengthBytes < 1 || lengthBytes > 3) throw new SyntaxError("a length in it is not DER");
      length = 0;
      for (let i = 0; i < lengthBytes; i++) length = length << 8 | (bytes[start++] ?? 0);
    }
    const end = start + length;
    if (end > bytes.length) throw new SyntaxError("it is cut short");
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

function expect(element: Element | undefined, tag: number): Uint8Array {
  if (element?.tag !== tag) throw new SyntaxError("its structure is not that of a certificate");
  return element.content;
}

function readOid(bytes: Uint8Array): string {
  const first = bytes[0] ?? 0;
  const numbers = [Math.floor(first / 40), first % 40];
  let number = 0;
  for (const byte of bytes.subarray(1)) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  return numbers.join(".");
}

/** UTCTime has two digits of the year, 50 to 99 meaning 19xx (RFC 5280, 4.1.2.5.1). */
function readTime(element: Element | undefined): number {
  let text = new TextDecoder().decode(element?.content);
  if (element?.tag === TAG_UTC_TIME) text = (text < "5" ? "20" : "19") + text;
  else if (element?.tag !== TAG_GENERALIZED_TIME) throw new SyntaxError("it has no validity");
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw new SyntaxError("a time in it is not DER");
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
