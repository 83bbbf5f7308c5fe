/**
 * Where peers reach a node: at one address, or at one of IPv4 and one of IPv6.
 *
 * @module
 */

import { type Address, formatAddress, isIpv4, parseAddress, whyUndiallable } from "./address.ts";

/** The addresses of one node. Its id follows from the first. */
export interface AddressPair {
  /** Of IPv4, if the node has an address of IPv4. */
  readonly address: Address;
  /** Of IPv6, beside one of IPv4; null if the node has one address alone. */
  readonly alternate: Address | null;
}

/**
 * Makes a pair of one or two addresses, in either order.
 *
 * @throws {SyntaxError} if there are more, or two of one kind.
 */
export function pairAddresses(addresses: readonly Address[]): AddressPair {
  const [one, other = null] = addresses;
  if (!one) throw new SyntaxError("no address");
  if (!other) return { address: one, alternate: null };
  if (addresses.length > 2 || isIpv4(one) === isIpv4(other)) {
    throw new SyntaxError("a node has one address, or one of IPv4 and one of IPv6");
  }
  return isIpv4(one) ? { address: one, alternate: other } : { address: other, alternate: one };
}

/** The addresses of a pair, one or two. */
export function addressesOf({ address, alternate }: AddressPair): readonly Address[] {
  return alternate ? [address, alternate] : [address];
}

/** `ip:port`, or `ip:port+[ipv6]:port`: a comma would end it where addresses are listed. */
export function formatAddressPair(pair: AddressPair): string {
  return addressesOf(pair).map(formatAddress).join("+");
}

/**
 * Reads one or two addresses with a plus sign between, in either order.
 *
 * @throws {SyntaxError} that says which part is wrong.
 */
export function parseAddressPair(text: string): AddressPair {
  return pairAddresses(text.split("+").map((part) => parseAddress(part.trim())));
}

/** Why nobody can connect to a pair: `0.0.0.0:1 is not an address to connect to: it is a wildcard`. Null if one can. */
export function whyNoPeer(pair: AddressPair): string | null {
  for (const address of addressesOf(pair)) {
    const why = address.port === 0 ? "has port 0" : whyUndiallable(address);
    if (why) return `${formatAddress(address)} is not an address to connect to: it ${why}`;
  }
  return null;
}

/**
 * The address at which one node dials another: that of IPv6 only if it has no other itself. So every node that can
 * makes sure of the address from which an id follows.
 */
export function dialledAddress(
  node: AddressPair,
  dialler: Pick<AddressPair, "address">,
): Address {
  return node.alternate && !isIpv4(dialler.address) ? node.alternate : node.address;
}
