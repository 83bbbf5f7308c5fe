/**
 * Listening for peers by `Deno.listenTls`.
 *
 * The runtime (seen from 2.6 to 2.9) frees no connection whose handshake has not ended, even if it is closed: only the
 * other side can end it. So such connections are not closed but counted, and when there are too many of them, none is
 * accepted until one has ended. That keeps descriptors back for all else, and newcomers out: it is for networks whose
 * peers are trusted, as they are on loopback. Elsewhere see `node_listener.ts`.
 *
 * @module
 */

import { type Address, makeAddress } from "../../core/kademlia/address.ts";
import { HANDSHAKE_LIMIT_MS } from "../../core/limits.ts";
import { ALPN_PROTOCOL } from "../../core/wire/versions.ts";
import { acceptAll } from "../accept_all.ts";
import {
  closeQuietly,
  failureOf,
  type HandshakeFailure,
  NO_PROTOCOL,
  TOO_LATE,
} from "./handshake_failure.ts";
import type { PeerListener, PeerListenerHandler, PeerListenerOptions } from "./peer_listener.ts";

/** A listener of the runtime. */
export class DenoListener implements PeerListener {
  readonly address: Address;
  readonly ready: Promise<void> = Promise.resolve();
  readonly #listener: Deno.TlsListener;
  readonly #unfinished = new Set<Deno.TlsConn>();
  readonly isPrompt = false;
  readonly #unfinishedMax: number;
  readonly #tasks = new Set<Promise<void>>();
  #handler: PeerListenerHandler | null = null;
  #onRoom: () => void = () => {};
  #closed = false;

  /** @throws {Error} of the runtime if it cannot listen. */
  constructor(at: Address, { certificate, unfinishedMax }: PeerListenerOptions) {
    const { hostname, port } = at;
    const { certificatePem, keyPem } = certificate;
    this.#unfinishedMax = unfinishedMax;
    this.#listener = Deno.listenTls({
      hostname,
      port,
      cert: certificatePem,
      key: keyPem,
      alpnProtocols: [ALPN_PROTOCOL],
    });
    this.address = makeAddress(hostname, this.#listener.addr.port);
  }

  get unfinished(): number {
    return this.#unfinished.size;
  }

  get isFull(): boolean {
    return this.#unfinished.size >= this.#unfinishedMax;
  }

  async serve(handler: PeerListenerHandler): Promise<void> {
    this.#handler = handler;
    await acceptAll({ accept: () => this.#accept() }, {
      onConn: (conn) => this.#track(this.#admit(conn)),
      onError: (error) => handler.onError(error),
      isClosed: () => this.#closed,
    });
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const conn of this.#unfinished) closeQuietly(conn);
    this.#onRoom();
  }

  async #accept(): Promise<Deno.TlsConn> {
    while (this.isFull && !this.#closed) {
      await new Promise<void>((resolve) => this.#onRoom = resolve);
    }
    return await this.#listener.accept();
  }

  async #admit(conn: Deno.TlsConn): Promise<void> {
    const { clock, onEnded } = this.#handler!;
    const { hostname, port } = conn.remoteAddr;
    const address = makeAddress(hostname, port);
    const startedAt = clock.now();
    let isLate = false;
    const stopLimit = clock.runAt(startedAt + HANDSHAKE_LIMIT_MS, () => {
      isLate = true;
      onEnded({ address, outcome: TOO_LATE, ms: HANDSHAKE_LIMIT_MS });
    });
    this.#unfinished.add(conn);
    const outcome = await this.#handshake(conn);
    stopLimit();
    this.#unfinished.delete(conn);
    this.#onRoom();
    if (isLate || this.#closed || "failure" in outcome) closeQuietly(conn);
    if (!isLate && !this.#closed) onEnded({ address, outcome, ms: clock.now() - startedAt });
  }

  async #handshake(conn: Deno.TlsConn): Promise<Deno.TlsConn | HandshakeFailure> {
    try {
      const { alpnProtocol } = await conn.handshake();
      return alpnProtocol === ALPN_PROTOCOL ? conn : NO_PROTOCOL;
    } catch (error) {
      return failureOf(error);
    }
  }

  #track(task: Promise<void>): void {
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
  }
}
