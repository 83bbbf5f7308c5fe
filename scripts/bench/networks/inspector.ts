/**
 * A client of the peer protocol that asks nodes what they know and hold, and is no node itself.
 *
 * @module
 */

import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import type { PeerAnswer, PeerRequest } from "../../../lib/core/wire/messages.ts";
import type { NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { Credentials } from "../../../lib/identity/credentials.ts";
import { PeerConnection } from "../../../lib/net/tls/peer_connection.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SystemClock } from "../../../lib/net/system.ts";

const CLIENT = new Credentials(null);

/** It never introduces itself, so that no node takes it for one of them. */
export class Inspector implements AsyncDisposable {
  readonly #clock = new SystemClock();
  readonly #contacts = new ContactCache(sha256);
  readonly #handshakes = new Handshakes(this.#clock);
  readonly #connections = new Map<Contact, PeerConnection>();
  readonly #ended: Promise<void>[] = [];

  /** How many others a node knows, counted up to `amount`. */
  async countContacts(node: Contact, amount: number): Promise<number> {
    const answer = await this.#ask(node, { type: "findNode", key: node.id, amount });
    return answer.type === "foundNode" ? answer.contacts.length : 0;
  }

  /** Whether a node holds a value itself. */
  async holds(node: Contact, key: NodeId): Promise<boolean> {
    const answer = await this.#ask(node, { type: "findValue", key, amount: 1 });
    return answer.type === "foundValue";
  }

  /** Ends its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#handshakes.abort();
    for (const connection of this.#connections.values()) connection.close("closed");
    await Promise.all(this.#ended);
  }

  #ask(node: Contact, request: PeerRequest): Promise<PeerAnswer> {
    let connection = this.#connections.get(node);
    if (!connection || connection.closed) {
      connection = this.#connect(node);
      this.#connections.set(node, connection);
    }
    return new Promise((resolve, reject) => {
      connection.request(request, (answer, failure) => {
        if (answer) resolve(answer);
        else reject(new Error(`Cannot ask node ${node.address.port}: ${failure}`));
      });
    });
  }

  #connect(node: Contact): PeerConnection {
    const connection = new PeerConnection(node, {
      clock: this.#clock,
      contacts: this.#contacts,
      credentials: CLIENT,
      onClosed: () => {},
    });
    void this.#handshakes.dial(node.address, node.certificate).then((dialled) => {
      if ("failure" in dialled) connection.close(dialled.failure);
      else this.#ended.push(connection.open(dialled));
    });
    return connection;
  }
}
