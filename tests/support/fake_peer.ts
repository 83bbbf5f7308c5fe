/**
 * A peer with a real TLS listener that answers as a test says, and not as the protocol does.
 *
 * @module
 */

import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { ALPN_PROTOCOL } from "../../lib/core/wire/versions.ts";
import { Writer } from "../../lib/core/wire/bytes.ts";
import { decodeHello, encodeHello } from "../../lib/core/wire/hello_codec.ts";
import { Credentials } from "../../lib/identity/credentials.ts";
import type { NodeCertificate } from "../../lib/identity/make_certificate.ts";
import { toContact } from "./core/messages.ts";
import { peerFrame, type RawFrame } from "./frames.ts";
import { RawConnection } from "./raw_connection.ts";
import { certificate, contactAt } from "./tls_nodes.ts";

/** What to do with a request: bytes to write as they are, null for nothing, "close" to hang up. */
export type Reaction = (
  frame: RawFrame,
  connection: RawConnection,
) => Uint8Array | null | "close";

/** What a listener says to a dialler that has said who it is. */
export function helloFor({ body }: RawFrame, credentials: Credentials): Uint8Array {
  const { introduction } = decodeHello(peerFrame(668, 0, body), toContact);
  const writer = new Writer();
  encodeHello(writer, credentials.hello("listener", introduction?.self ?? null));
  return writer.written.slice();
}

/** Listens until it is disposed of. */
export class FakePeer implements AsyncDisposable {
  readonly contact: Contact;
  /** Types of the requests that have come. */
  readonly asked: number[] = [];
  /** Connections that were made. */
  connections = 0;
  readonly #listener: Deno.TlsListener;
  readonly #credentials: Credentials;
  readonly #open = new Set<RawConnection>();
  readonly #tasks: Promise<void>[] = [];
  readonly #react: Reaction;

  private constructor(
    listener: Deno.TlsListener,
    { der, keyPem }: NodeCertificate,
    react: Reaction,
  ) {
    this.#listener = listener;
    this.#react = react;
    this.contact = contactAt(listener.addr.port, der);
    this.#credentials = new Credentials({ contact: this.contact, keyPem });
    this.#tasks.push(this.#accept());
  }

  /** Connections that neither side has closed. */
  get open(): number {
    return this.#open.size;
  }

  static async listen(react: Reaction, alpnProtocols = [ALPN_PROTOCOL]): Promise<FakePeer> {
    const own = await certificate();
    const { certificatePem: cert, keyPem: key } = own;
    const alpn = alpnProtocols.length > 0 ? { alpnProtocols } : {};
    const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key, ...alpn });
    return new FakePeer(listener, own, react);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    await Promise.all(this.#tasks);
  }

  /** Says who it is to a dialler that does; one that says something else is served as it is. */
  async #answerHello(connection: RawConnection): Promise<void> {
    const frame = await connection.next();
    if (frame?.type === 668) await connection.tryWrite(helloFor(frame, this.#credentials));
  }

  async #accept(): Promise<void> {
    try {
      for await (const conn of this.#listener) {
        const connection = new RawConnection(conn, 4);
        this.#open.add(connection);
        this.connections++;
        this.#tasks.push(this.#serve(connection));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #serve(connection: RawConnection): Promise<void> {
    await this.#answerHello(connection);
    for (let frame = await connection.next(); frame; frame = await connection.next()) {
      this.asked.push(frame.type);
      const reaction = this.#react(frame, connection);
      if (reaction === "close") break;
      if (reaction) await connection.tryWrite(reaction);
    }
    this.#open.delete(connection);
    connection.close();
  }
}
