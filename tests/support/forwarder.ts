/**
 * A forwarder of TCP connections that can go dead, as a firewall does that has lost its state.
 *
 * @module
 */

/** Listens on a free port of 127.0.0.1 and forwards to another, until it is disposed of. */
export class Forwarder implements AsyncDisposable {
  /** Connections that were made. */
  connections = 0;
  readonly #target: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks: Promise<void>[] = [];
  /** Connections up to this one are dead: what comes on them vanishes. */
  #dead = 0;

  /** @param target the port to forward to. */
  constructor(target: number) {
    this.#target = target;
    this.#tasks.push(this.#accept());
  }

  /** Its port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Lets what comes on the connections that are open vanish; new ones work. */
  killConnections(): void {
    this.#dead = this.connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) closeQuietly(conn);
    await Promise.allSettled(this.#tasks);
  }

  async #accept(): Promise<void> {
    try {
      for await (const inbound of this.#listener) {
        const number = ++this.connections;
        const outbound = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
        this.#tasks.push(this.#forward(number, inbound, outbound));
        this.#tasks.push(this.#forward(number, outbound, inbound));
      }
    } catch {
      // The listener was closed.
    }
  }

  async #forward(number: number, from: Deno.Conn, to: Deno.Conn): Promise<void> {
    this.#open.add(from);
    const buffer = new Uint8Array(65_536);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (number <= this.#dead) continue;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // Closed.
    }
    if (number > this.#dead) closeQuietly(to);
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
