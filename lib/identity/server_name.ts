/**
 * The name that a node's certificate bears, made of the IP at which peers reach the node.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { parseIp } from "../core/kademlia/address.ts";

/**
 * The TLS server name of the node at an IP: the bytes of the IP in hex, then `.invalid`.
 *
 * `.invalid` is reserved (RFC 6761): no public authority certifies a name under it, while some certify IP
 * addresses. So no certificate but the pinned one satisfies a dialler, even if its program trusts others.
 *
 * @param hostname an IP in text form.
 * @returns e.g. `7f000001.invalid` for 127.0.0.1; 32 digits for IPv6.
 */
export function serverNameOf(hostname: string): string {
  const bytes = parseIp(hostname);
  if (!bytes) throw new SyntaxError(`"${hostname}" is not an IP address`);
  return `${encodeHex(hostname.includes(":") ? bytes : bytes.subarray(12))}.invalid`;
}

/** Whether a name is the server name of the node at some IP. */
export function isServerName(name: string): boolean {
  return /^([0-9a-f]{8}|[0-9a-f]{32})\.invalid$/.test(name);
}
