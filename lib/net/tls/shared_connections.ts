/**
 * Connections that peers have dialled and that this node uses for its own requests.
 *
 * By HELLO a peer proves who it is, but not where: it could ask for a place in tables at any address. So this node
 * asks nothing on such a connection before it has dialled the peer's address itself and found the same peer there.
 * That counts for a while; then the address is dialled once more when there is something to ask.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import type { Clock } from "../../node/ports.ts";
import { ADDRESS_PROVEN_MS, ADDRESSES_PROVEN_MAX } from "../limits.ts";
import type { PeerConnection } from "./peer_connection.ts";

/** The connections of one node that it may share with those who have dialled them. */
export class SharedConnections {
  readonly #clock: Clock;
  /** By who is at the other end; of several the last one. */
  readonly #connections = new ContactMap<PeerConnection>();
  /** When the address of a contact was last proven, by the clock. */
  readonly #provenAt = new ContactMap<number>();
  /** Those that were left because nothing came on them, and when. */
  readonly #leftAt = new WeakMap<PeerConnection, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a connection in whose dialler has proven who it is. */
  add(connection: PeerConnection): void {
    if (!connection.contact) return;
    this.#leftAt.delete(connection);
    this.#connections.set(connection.contact, connection);
  }

  /** Asks nothing on a connection any more. */
  forget(connection: PeerConnection): void {
    const { contact } = connection;
    if (contact && this.#connections.get(contact) === connection) this.#connections.delete(contact);
  }

  /** Asks nothing on a connection while nothing comes on it. */
  leave(connection: PeerConnection): void {
    this.#leftAt.set(connection, this.#clock.now());
    this.forget(connection);
  }

  /** Whether a connection was left, and something has come on it since. */
  isBack(connection: PeerConnection): boolean {
    return connection.usedAt > (this.#leftAt.get(connection) ?? Infinity);
  }

  /** Notes that a contact has been found at its address. */
  noteReached(contact: Contact): void {
    if (this.#provenAt.size >= ADDRESSES_PROVEN_MAX) this.#provenAt.clear();
    this.#provenAt.set(contact, this.#clock.now());
  }

  /** Notes that a contact has not been found at its address. */
  noteMissed(contact: Contact): void {
    this.#provenAt.delete(contact);
  }

  /** Whether a peer has dialled a connection that is open, wherever it may be. */
  has(contact: Contact): boolean {
    return this.#connections.get(contact) !== undefined;
  }

  /** The connection on which a contact may be asked; null if there is none. */
  find(contact: Contact): PeerConnection | null {
    const connection = this.#connections.get(contact);
    if (!connection) return null;
    const provenAt = this.#provenAt.get(contact) ?? -Infinity;
    return this.#clock.now() - provenAt < ADDRESS_PROVEN_MS ? connection : null;
  }
}
