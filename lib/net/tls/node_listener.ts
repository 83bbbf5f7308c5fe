/**
 * Listening for peers by `node:net` and `node:tls`, which free a connection whatever it is doing.
 *
 * So handshakes under way are few for each network and in all: beyond, the one of that network, or of the network
 * that has most, which began first is ended. An honest one takes some milliseconds, and is not among the oldest.
 *
 * @module
 */

import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { type Address, makeAddress } from "../../core/kademlia/address.ts";
import { networkOf } from "../../core/kademlia/diversity.ts";
import { HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import { UNFINISHED_PER_NETWORK_MAX } from "../limits.ts";
import { ListenerCheck } from "../listener_check.ts";
import { NodeConn } from "../node_conn.ts";
import {
  failureOf,
  type Handshake,
  NO_PROTOCOL,
  OTHER_PROTOCOL,
  TOO_LATE,
} from "./handshake_failure.ts";
import type { PeerListener, PeerListenerHandler, PeerListenerOptions } from "./peer_listener.ts";

/** A handshake under way. */
interface Unfinished {
  readonly network: string;
  end(outcome: Handshake): void;
}

/** A listener of `node:net`. */
export class NodeListener implements PeerListener {
  readonly address: Address;
  readonly ready: Promise<void>;
  /** Nobody is kept out by those who do not end their handshakes. */
  readonly isFull = false;
  readonly isPrompt = true;
  readonly #unfinishedMax: number;
  readonly #context: ReturnType<typeof createSecureContext>;
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true });
  /** Those that have come before it serves. */
  readonly #early: Socket[] = [];
  /** In the order in which they began. */
  readonly #unfinished = new Set<Unfinished>();
  readonly #ended = Promise.withResolvers<void>();
  #handler: PeerListenerHandler | null = null;
  #check: ListenerCheck | null = null;
  #closed = false;

  /** @throws {Error} of the runtime if it cannot listen. */
  constructor(at: Address, { certificate, unfinishedMax }: PeerListenerOptions) {
    const { hostname, port } = at;
    const { certificatePem, keyPem } = certificate;
    this.#unfinishedMax = unfinishedMax;
    // A server of node:net says only later whether it can listen, and at which port.
    const first = Deno.listen({ hostname, port });
    first.close();
    this.address = makeAddress(hostname, first.addr.port);
    this.#context = createSecureContext({ cert: certificatePem, key: keyPem });
    this.#server.on("connection", (socket) => {
      this.#check?.note();
      if (this.#handler) this.#admit(socket);
      else this.#early.push(socket);
    });
    this.ready = new Promise((resolve, reject) => {
      this.#server.once("listening", () => resolve());
      this.#server.on("error", (error) => {
        reject(error);
        if (!this.#closed) this.#handler?.onError(error);
      });
    });
    this.ready.catch(() => {});
    this.#listen();
  }

  get unfinished(): number {
    return this.#unfinished.size;
  }

  serve(handler: PeerListenerHandler): Promise<void> {
    this.#handler = handler;
    for (const socket of this.#early.splice(0)) this.#admit(socket);
    this.#check = new ListenerCheck({
      address: this.address,
      log: handler.log,
      listenAnew: () => {
        this.#server.close();
        this.#listen();
      },
    });
    return this.#ended.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#check?.close();
    for (const handshake of this.#unfinished) handshake.end(TOO_LATE);
    for (const socket of this.#early) socket.destroy();
    this.#server.close();
    this.#ended.resolve();
  }

  #listen(): void {
    this.#server.listen({ host: this.address.hostname, port: this.address.port });
  }

  #admit(plain: Socket): void {
    plain.on("error", () => {}); // "close" follows
    if (this.#closed || !plain.remoteAddress) return void plain.destroy();
    const { clock, onEnded } = this.#handler!;
    const address = makeAddress(plain.remoteAddress, plain.remotePort ?? 0);
    const startedAt = clock.now();
    const socket = new TLSSocket(plain, {
      isServer: true,
      secureContext: this.#context,
      ALPNProtocols: [ALPN_PROTOCOL],
    });
    const end = (outcome: Handshake) => {
      if (!this.#unfinished.delete(handshake)) return;
      stopLimit();
      if ("failure" in outcome) plain.destroy();
      if (!this.#closed) onEnded({ address, outcome, ms: clock.now() - startedAt });
    };
    const handshake: Unfinished = { network: networkOf(address), end };
    this.#makeRoom(handshake.network);
    this.#unfinished.add(handshake);
    const stopLimit = clock.runAt(startedAt + HANDSHAKE_LIMIT_MS, () => end(TOO_LATE));
    socket.on("error", (error) => end(failureOf(error)));
    plain.on("close", () => end(GONE));
    socket.once("secure", () => end(this.#judge(socket, plain)));
  }

  #judge(socket: TLSSocket, plain: Socket): Handshake {
    if (socket.getProtocol() !== "TLSv1.3") return OTHER_PROTOCOL;
    if (socket.alpnProtocol !== ALPN_PROTOCOL) return NO_PROTOCOL;
    return new NodeConn(socket, plain);
  }

  #makeRoom(network: string): void {
    const mine = [...this.#unfinished].filter((other) => other.network === network);
    if (mine.length >= Math.min(UNFINISHED_PER_NETWORK_MAX, this.#unfinishedMax)) {
      return mine[0]!.end(TOO_MANY);
    }
    if (this.#unfinished.size < this.#unfinishedMax) return;
    const byNetwork = Map.groupBy(this.#unfinished, (handshake) => handshake.network);
    const largest = [...byNetwork.values()].reduce((a, b) => b.length > a.length ? b : a);
    largest[0]!.end(TOO_MANY);
  }
}

const GONE = { failure: "unreachable", reason: "it closed the connection" } as const;
const TOO_MANY = {
  failure: "unreachable",
  reason: "it has too many handshakes under way",
} as const;
