/**
 * A range of IP addresses as an operator writes it: `10.0.0.0/8`, `fd00::/8`, or one address alone.
 *
 * @module
 */

import { type Address, formatIp, isMappedIpv4, parseIp } from "./address.ts";

/** Bits before an IPv4 address in its 16 bytes. */
const MAPPED_BITS = 96;

/** The addresses whose first bits are those of a prefix. Build with {@linkcode parseIpNetwork}. */
export interface IpNetwork {
  /** 16 bytes, an IPv4 address as IPv4-mapped IPv6; zero after the prefix. */
  readonly bytes: Uint8Array;
  /** Length of the prefix within these bytes, 0 to 128. */
  readonly bits: number;
}

/**
 * Reads `ip/bits`, or an IP for itself alone.
 *
 * @throws {SyntaxError} that says what is wrong.
 */
export function parseIpNetwork(text: string): IpNetwork {
  const [ip = "", length, ...more] = text.split("/");
  const bytes = parseIp(ip);
  if (!bytes || more.length > 0) {
    throw new SyntaxError(`"${text}" is not a network, like 10.0.0.0/8 or fd00::/8`);
  }
  const before = isMappedIpv4(bytes) ? MAPPED_BITS : 0;
  const max = 128 - before;
  if (length === undefined) return { bytes, bits: 128 };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (!(bits <= max)) {
    throw new SyntaxError(`"${text}": "${length}" is not a whole number between 0 and ${max}`);
  }
  const start = bytes.map((byte, i) => byte & maskOf(before + bits, i));
  if (start.some((byte, i) => byte !== bytes[i])) {
    throw new SyntaxError(`"${text}" is not where that network starts: ${formatIp(start)}/${bits}`);
  }
  return { bytes: start, bits: before + bits };
}

/** Whether an address is of a network. */
export function isInNetwork({ bytes }: Address, network: IpNetwork): boolean {
  return network.bytes.every((byte, i) => (bytes[i]! & maskOf(network.bits, i)) === byte);
}

/** Which bits of the byte at `index` are within the first `bits` of all. */
function maskOf(bits: number, index: number): number {
  const within = Math.min(8, Math.max(0, bits - 8 * index));
  return 0xff << (8 - within) & 0xff;
}
