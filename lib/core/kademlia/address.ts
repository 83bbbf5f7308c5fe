/**
 * Where a node listens: an IP address and a port.
 *
 * On the wire an address is 18 bytes, 16 of IP (IPv4 as IPv4-mapped IPv6) and 2 of port. Two texts of
 * one IP (`::1` and `0:0:0:0:0:0:0:1`) give the same bytes, so bytes are what is compared and hashed.
 *
 * @module
 */

/** Length of an encoded address in bytes. */
export const ADDRESS_BYTES = 18;

/** An IP address and a port, with its text and its wire form. Build with {@linkcode parseAddress}. */
export interface Address {
  /** The IP without brackets, in canonical form: `127.0.0.1`, `2001:db8::1`. */
  readonly hostname: string;
  /** 0 to 65,535; 0 asks the system for any free port and is never sent to a peer. */
  readonly port: number;
  /** The 18 bytes of the wire form. */
  readonly bytes: Uint8Array;
}

/**
 * Reads `ip:port` or `[v6]:port`. Host names are not accepted: a node's id follows from its IP.
 *
 * @throws {SyntaxError} that says which part is wrong.
 */
export function parseAddress(text: string): Address {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:]*)(?::([^:]*))?$/.exec(text);
  const match = bracketed ?? plain;
  if (!match) {
    throw new SyntaxError(
      parseIp(text)
        ? `IPv6 address "${text}" has no brackets: write [${text}]:port`
        : `"${text}" is not ip:port`,
    );
  }
  const [, ip = "", port] = match;
  if (bracketed && !ip.includes(":")) throw new SyntaxError(`"${ip}" is not an IPv6 address`);
  return makeAddress(ip, parsePort(port, text));
}

/**
 * Makes an address of an IP in text form and a port.
 *
 * @throws {SyntaxError} if `ip` is no IP address or `port` is out of range.
 */
export function makeAddress(ip: string, port: number): Address {
  const ipBytes = parseIp(ip);
  if (!ipBytes) throw new SyntaxError(`"${ip}" is not an IP address`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new SyntaxError(`port ${port} is not between 0 and 65535`);
  }
  const bytes = new Uint8Array(ADDRESS_BYTES);
  bytes.set(ipBytes);
  bytes[16] = port >>> 8;
  bytes[17] = port & 0xff;
  return { hostname: formatIp(ipBytes), port, bytes };
}

/** Makes an address of its wire form; the first 18 bytes of `bytes` are copied. */
export function addressFromBytes(bytes: Uint8Array): Address {
  const own = new Uint8Array(bytes.subarray(0, ADDRESS_BYTES));
  return { hostname: formatIp(own), port: own[16]! << 8 | own[17]!, bytes: own };
}

/** `ip:port`, an IPv6 address in brackets. */
export function formatAddress(address: { hostname: string; port: number }): string {
  const { hostname, port } = address;
  return isIpv4(address) ? `${hostname}:${port}` : `[${hostname}]:${port}`;
}

/** Whether the address is one of IPv4. */
export function isIpv4(address: { readonly hostname: string }): boolean {
  return !address.hostname.includes(":");
}

/** Whether the address is a wildcard (`0.0.0.0`, `::`): good to listen on, impossible to dial. */
export function isWildcard(address: Address): boolean {
  return address.hostname === "0.0.0.0" || address.hostname === "::";
}

/** Whether the address is of the loopback range (`127.0.0.0/8`, `::1`). */
export function isLoopback(address: Address): boolean {
  return address.hostname.startsWith("127.") || address.hostname === "::1";
}

/** Why no node can be dialled at an IP, as the end of a sentence about it; null if one can. */
export function whyUndiallable({ hostname, bytes }: Address): string | null {
  if (hostname.includes(":")) {
    if (hostname === "::") return "is a wildcard";
    if (bytes[0] === 0xff) return "is a multicast address";
    const isLinkLocal = bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
    return isLinkLocal ? "is link-local, and says nothing without an interface" : null;
  }
  const first = bytes[12]!;
  if (first === 0) return hostname === "0.0.0.0" ? "is a wildcard" : "is of 0.0.0.0/8, no host's";
  if (hostname === "255.255.255.255") return "is the broadcast address";
  if (first >= 240) return "is of 240.0.0.0/4, which is reserved";
  return first >= 224 ? "is a multicast address" : null;
}

/** Whether no stranger may have this node dial the address: one that nobody can dial, or link-local. */
export function isSpecial(address: Address): boolean {
  const { hostname } = address;
  return whyUndiallable(address) !== null || hostname.startsWith("169.254.");
}

/** Whether the address is of a private network: RFC 1918, RFC 6598, or unique local of IPv6. */
export function isPrivate({ hostname, bytes }: Address): boolean {
  if (hostname.includes(":")) return (bytes[0]! & 0xfe) === 0xfc;
  const [first, second] = [bytes[12]!, bytes[13]!];
  return first === 10 || (first === 172 && second >> 4 === 1) ||
    (first === 192 && second === 168) || (first === 100 && second >> 6 === 1);
}

/**
 * Whether a node may have others dial an address: no special one, and one of the own machine or of a private network
 * only from there.
 */
export function mayName(address: Address, by: Address): boolean {
  if (address.port === 0 || isSpecial(address)) return false;
  if (isLoopback(address)) return isLoopback(by);
  return !isPrivate(address) || isPrivate(by) || isLoopback(by);
}

function parsePort(text: string | undefined, whole: string): number {
  if (text === undefined) throw new SyntaxError(`"${whole}" has no port`);
  if (!/^\d{1,5}$/.test(text)) throw new SyntaxError(`"${text}" is not a port`);
  return Number(text);
}

/** The 16 bytes of an IP in text form, or null if it is none. */
export function parseIp(text: string): Uint8Array | null {
  const bytes = new Uint8Array(16);
  if (!text.includes(":")) {
    if (!parseV4(text, bytes)) return null;
    bytes[10] = bytes[11] = 0xff;
    return bytes;
  }
  return parseV6(text, bytes) ? bytes : null;
}

/** Reads a dotted quad into bytes 12 to 15. */
function parseV4(text: string, into: Uint8Array): boolean {
  const parts = text.split(".");
  if (parts.length !== 4) return false;
  return parts.every((part, i) => {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return false;
    into[12 + i] = Number(part);
    return true;
  });
}

function parseV6(text: string, into: Uint8Array): boolean {
  const dotted = text.lastIndexOf(":") + 1;
  let groupsMax = 8;
  if (text.slice(dotted).includes(".")) {
    if (!parseV4(text.slice(dotted), into)) return false;
    text = text.slice(0, dotted) + "x"; // one placeholder that stands for the two groups just read
    groupsMax = 7;
  }
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const [head = [], tail = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  if (halves.length === 1 ? head.length !== groupsMax : head.length + tail.length >= groupsMax) {
    return false;
  }
  const groups = [...head, ...Array(groupsMax - head.length - tail.length).fill("0"), ...tail];
  return groups.every((group, i) => {
    if (group === "x") return groupsMax === 7 && i === 6;
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return false;
    const value = parseInt(group, 16);
    into[2 * i] = value >>> 8;
    into[2 * i + 1] = value & 0xff;
    return true;
  });
}

/** The canonical text of the first 16 of `bytes` (RFC 5952; an IPv4-mapped address as IPv4). */
export function formatIp(bytes: Uint8Array): string {
  if (isMappedIpv4(bytes)) return bytes.subarray(12, 16).join(".");
  const groups = Array.from({ length: 8 }, (_, i) => bytes[2 * i]! << 8 | bytes[2 * i + 1]!);
  const { start, length } = longestZeroRun(groups);
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** Whether the first 16 of `bytes` are an IPv4-mapped address. */
export function isMappedIpv4(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((b) => b === 0);
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
