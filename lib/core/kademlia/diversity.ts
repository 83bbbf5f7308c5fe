/**
 * How many nodes of one network may stand together: whoever has one network has all of its addresses.
 *
 * A network is a /24 of IPv4 or a /64 of IPv6, which is about what one customer of a provider gets. The id of a node
 * follows from its address, so that anyone can find the ports of his addresses that are closest to a key.
 *
 * @module
 */

import { type Address, formatAddress } from "./address.ts";
import { type AddressPair, dialledAddress } from "./address_pair.ts";

/** Contacts of one network in a bucket, among those asked in a lookup, and among the holders of a PUT. */
export const CONTACTS_PER_NETWORK_MAX = 2;
/** The same in a whole routing table, as it has many buckets close to home. */
export const TABLE_CONTACTS_PER_NETWORK_MAX = 10;

/** The network of an address: `192.0.2.0/24`, `2001:db8:0:1::/64`. */
export function networkOf({ hostname, bytes }: Address): string {
  if (!hostname.includes(":")) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.0/24`;
  const groups = [0, 2, 4, 6].map((at) => (bytes[at]! << 8 | bytes[at + 1]!).toString(16));
  return `${groups.join(":")}::/64`;
}

/** The rule as it holds for one node. */
export class Diversity {
  /** No limit, for nodes that are all of one network. */
  static readonly OFF: Diversity = new Diversity(null);

  readonly #dialler: Pick<AddressPair, "address"> | null;
  /** Contacts do not change, and the same ones are looked at for each message. */
  readonly #networks = new WeakMap<AddressPair, string>();

  /** @param dialler the node that dials, whose address says which of two addresses of others counts; null for no limit. */
  constructor(dialler: Pick<AddressPair, "address"> | null) {
    this.#dialler = dialler;
  }

  /** Whether there is a limit. */
  get isOn(): boolean {
    return this.#dialler !== null;
  }

  /** The network of the address at which a contact is dialled, as it alone is proven; empty if there is no limit. */
  networkOf(contact: AddressPair): string {
    if (!this.#dialler) return "";
    let network = this.#networks.get(contact);
    if (network === undefined) {
      network = networkOf(dialledAddress(contact, this.#dialler));
      this.#networks.set(contact, network);
    }
    return network;
  }

  /** What stands for all that one may own: its network where networks count, else its address. */
  sourceOf(contact: AddressPair): string {
    return this.networkOf(contact) || formatAddress(contact.address);
  }

  /** Whether a contact may stand beside others, of which no more than so many may be of one network. */
  allows(contact: AddressPair, others: Iterable<AddressPair>, max: number): boolean {
    if (!this.isOn) return true;
    const network = this.networkOf(contact);
    let count = 0;
    for (const other of others) if (this.networkOf(other) === network) count++;
    return count < max;
  }

  /** Those that may stand together: of each network the first ones. */
  spread<Kind extends AddressPair>(contacts: readonly Kind[]): Kind[] {
    if (!this.isOn) return [...contacts];
    const tally = new NetworkTally(this);
    return contacts.filter((contact) => tally.admits(this.networkOf(contact)));
  }
}

/** Counts contacts of each network up to the limit. */
export class NetworkTally {
  readonly #isOn: boolean;
  readonly #counts = new Map<string, number>();

  constructor({ isOn }: Diversity) {
    this.#isOn = isOn;
  }

  /** Whether one more of a network would be within the limit. */
  hasRoomFor(network: string): boolean {
    return !this.#isOn || (this.#counts.get(network) ?? 0) < CONTACTS_PER_NETWORK_MAX;
  }

  /** Counts one more of a network, within the limit or not. */
  count(network: string): void {
    if (this.#isOn) this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1);
  }

  /** Counts one more of a network if that is within the limit; returns whether it is. */
  admits(network: string): boolean {
    const hasRoom = this.hasRoomFor(network);
    if (hasRoom) this.count(network);
    return hasRoom;
  }
}
