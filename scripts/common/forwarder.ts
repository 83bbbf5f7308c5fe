/**
 * A forwarder of TCP connections that can be cut, in the ways in which networks are.
 *
 * @module
 */

import { delay } from "@std/async/delay";

const LISTEN_ATTEMPTS = 50;
const LISTEN_PAUSE_MS = 20;

/** How connections are cut: closed, or dead as when a firewall has lost its state, or dead and new ones as well. */
export const CUTS = ["closed", "silent", "unreachable"] as const;
/** One of them. */
export type Cut = typeof CUTS[number];

/** Listens on a port of 127.0.0.1 and forwards to another, until it is disposed of. */
export class Forwarder implements AsyncDisposable {
  /** Connections that were made. */
  connections = 0;
  readonly #target: number;
  readonly #port: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks: Promise<void>[] = [];
  #listener: Deno.TcpListener | null = null;
  /** Connections up to this one are dead: what comes on them vanishes. */
  #dead = 0;
  #isUnreachable = false;

  /**
   * @param target the port to forward to.
   * @param port where to listen; any free one if nothing is said.
   */
  constructor(target: number, port = 0) {
    this.#target = target;
    this.#port = this.#listen(port);
  }

  /** Its port. */
  get port(): number {
    return this.#port;
  }

  /** Lets what comes on the connections that are open vanish; new ones work. */
  killConnections(): void {
    this.#dead = this.connections;
  }

  /** Cuts the connections that are open. Those that are made from now on work, unless it is unreachable. */
  cut(how: Cut): void {
    if (how === "closed") return this.#closeConnections();
    this.killConnections();
    this.#isUnreachable = how === "unreachable";
  }

  /** Lets new connections work again. Those that were cut stay dead. */
  heal(): void {
    this.#isUnreachable = false;
  }

  /** Refuses connections, as the system does when the target's process is gone. */
  refuse(): void {
    this.#listener?.close();
    this.#listener = null;
    this.#closeConnections();
  }

  /** Takes connections again. */
  async accept(): Promise<void> {
    // The system frees a port a moment after it was closed.
    for (let attempt = 1; !this.#listener; attempt++) {
      try {
        this.#listen(this.#port);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || attempt === LISTEN_ATTEMPTS) throw error;
        await delay(LISTEN_PAUSE_MS);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    await Promise.allSettled(this.#tasks);
  }

  #listen(port: number): number {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#tasks.push(this.#acceptAll(this.#listener));
    return this.#listener.addr.port;
  }

  async #acceptAll(listener: Deno.TcpListener): Promise<void> {
    try {
      for await (const inbound of listener) this.#tasks.push(this.#connect(inbound));
    } catch {
      // The listener was closed.
    }
  }

  async #connect(inbound: Deno.Conn): Promise<void> {
    const number = ++this.connections;
    this.#open.add(inbound);
    if (this.#isUnreachable) {
      this.#dead = number;
      return;
    }
    try {
      const outbound = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#open.add(outbound);
      // It may have been closed meanwhile.
      if (!this.#open.has(inbound)) return this.#close(outbound);
      await Promise.all([
        this.#forward(number, inbound, outbound),
        this.#forward(number, outbound, inbound),
      ]);
    } catch {
      this.#close(inbound);
    }
  }

  async #forward(number: number, from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (number <= this.#dead) continue;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // Closed.
    }
    // Of a dead connection neither end hears that the other has closed it.
    this.#close(from);
    if (number > this.#dead) this.#close(to);
  }

  #closeConnections(): void {
    for (const conn of this.#open) this.#close(conn);
  }

  #close(conn: Deno.Conn): void {
    if (!this.#open.delete(conn)) return;
    // While a read is pending, closing alone tells the other end nothing (denoland/deno#35292).
    void conn.closeWrite().catch(() => {}).finally(() => conn.close());
  }
}
