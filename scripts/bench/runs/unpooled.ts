/**
 * What it would cost to open a connection for each request: a transport without its pool of connections.
 *
 * @module
 */

import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { Credentials } from "../../../lib/identity/credentials.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { PeerConnection } from "../../../lib/net/tls/peer_connection.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import type { TlsTransport } from "../../../lib/net/tls/transport.ts";
import type {
  OnAnswer,
  SentRequest,
  Transport,
  TransportHandler,
} from "../../../lib/node/ports.ts";

const CLIENT = new Credentials(null);

/**
 * A transport that uses its pool of connections until {@linkcode closeAfterEachRequest}. Then each request opens a
 * connection of its own, and closes it after the answer.
 *
 * A PING still takes the kept connection: it introduces the sender once per connection and is then returned
 * by the receiver, so that without kept connections two nodes would go on introducing themselves for ever.
 */
export class UnpooledTransport implements Transport {
  readonly #pooled: TlsTransport;
  readonly #clock = new SystemClock();
  readonly #contacts = new ContactCache(sha256);
  readonly #handshakes = new Handshakes(this.#clock);
  #closesAfterEachRequest = false;

  constructor(pooled: TlsTransport) {
    this.#pooled = pooled;
  }

  /** From here on, no connection is used twice. */
  closeAfterEachRequest(): void {
    this.#closesAfterEachRequest = true;
  }

  attach(handler: TransportHandler): void {
    this.#pooled.attach(handler);
  }

  isConnected(contact: Contact): boolean {
    return !this.#closesAfterEachRequest && this.#pooled.isConnected(contact);
  }

  suspect(contact: Contact, since: number): boolean {
    return this.#pooled.suspect(contact, since);
  }

  close(): Promise<void> {
    return this.#pooled.close();
  }

  request(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    if (!this.#closesAfterEachRequest || request.type === "ping") {
      return this.#pooled.request(contact, request, onAnswer);
    }
    const connection = new PeerConnection(contact, {
      clock: this.#clock,
      contacts: this.#contacts,
      credentials: CLIENT,
      onClosed: () => {},
    });
    const sent = connection.request(request, (answer, failure) => {
      connection.close("closed");
      onAnswer(answer, failure);
    });
    void this.#handshakes.dial(contact.address, contact.certificate).then((dialled) => {
      if ("failure" in dialled) return connection.close(dialled.failure);
      this.#pooled.counts.handshakesOut++;
      if (connection.closed) dialled.close();
      else void connection.open(dialled);
    });
    return {
      cancel: () => {
        sent.cancel();
        connection.close("closed");
      },
    };
  }
}
