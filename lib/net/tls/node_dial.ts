/**
 * Dialling by `node:tls`, which frees a connection whatever it is doing.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Address } from "../../core/kademlia/address.ts";
import { equalBytes } from "../../core/equal_bytes.ts";
import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import { encodePem } from "../../identity/pem.ts";
import { serverNameOf } from "../../identity/server_name.ts";
import { NodeConn } from "../node_conn.ts";
import type { Dial } from "./dial.ts";

/** A dial under way. */
export class NodeDial implements Dial {
  readonly conn: Promise<NodeConn | null>;
  readonly #plain: Socket;

  /**
   * Begins to connect to an address where a certificate (DER) is held.
   *
   * @param onReached called when TCP is connected.
   */
  constructor(
    { hostname, port }: Address,
    certificate: Uint8Array,
    onReached: () => void = () => {},
  ) {
    this.#plain = connect({ host: hostname, port, noDelay: true });
    this.#plain.once("connect", onReached);
    this.conn = this.#connect(hostname, certificate);
    this.conn.catch(() => this.#plain.destroy());
  }

  abort(): void {
    this.#plain.destroy();
  }

  async #connect(hostname: string, certificate: Uint8Array): Promise<NodeConn | null> {
    const plain = this.#plain;
    await eventOf(plain, "connect");
    const socket = connectTls({
      socket: plain,
      servername: serverNameOf(hostname),
      ca: [encodePem("CERTIFICATE", certificate)],
      ALPNProtocols: [ALPN_PROTOCOL],
      minVersion: "TLSv1.3",
    });
    await eventOf(socket, "secureConnect");
    if (socket.alpnProtocol === ALPN_PROTOCOL && holds(socket, certificate)) {
      return new NodeConn(socket, plain);
    }
    plain.destroy();
    return null;
  }
}

/** Whether the other end has shown exactly this certificate. */
function holds(socket: TLSSocket, certificate: Uint8Array): boolean {
  const { raw } = socket.getPeerCertificate();
  if (raw && equalBytes(new Uint8Array(raw), certificate)) return true;
  throw Object.assign(new Error("it shows another certificate"), { code: "CERT_OTHER" });
}

/** Resolves with the event; rejects if the socket ends before. */
function eventOf(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on("error", reject);
    socket.once("close", () => reject(new Deno.errors.ConnectionReset("it closed the connection")));
  });
}
