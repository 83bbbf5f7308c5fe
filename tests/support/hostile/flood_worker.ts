/**
 * Connects to a node from a thread of its own, and sends the same bytes as fast as the node takes them.
 *
 * @module
 */

import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";

/** What to send, and where. */
export interface FloodOrder {
  readonly port: number;
  readonly certificatePem: string;
  readonly connections: number;
  /** Sent first, once. */
  readonly opening: Uint8Array;
  /** Sent again and again. */
  readonly bytes: Uint8Array;
  readonly ms: number;
}

declare const self: {
  onmessage: (event: { readonly data: FloodOrder }) => void;
  postMessage(message: unknown): void;
};

self.onmessage = async ({ data }) => {
  const conns = await Promise.all(Array.from({ length: data.connections }, () => dial(data)));
  self.postMessage("connected");
  const end = performance.now() + data.ms;
  const counts = await Promise.all(conns.map((conn) => flood(conn, data, end)));
  self.postMessage(counts.reduce((sum, count) => sum + count, 0));
};

async function dial({ port, certificatePem }: FloodOrder): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const tls = await Deno.startTls(conn, {
    hostname: "127.0.0.1",
    caCerts: [certificatePem],
    alpnProtocols: [ALPN_PROTOCOL],
  });
  await tls.handshake();
  return tls;
}

/** Returns how many bytes were taken. */
async function flood(conn: Deno.Conn, order: FloodOrder, end: number): Promise<number> {
  const read = (async () => {
    const buffer = new Uint8Array(65_536);
    while (await conn.read(buffer) !== null);
  })().catch(() => {});
  const timer = setTimeout(() => conn.close(), order.ms);
  let sent = 0;
  try {
    await conn.write(order.opening);
    while (performance.now() < end) sent += await conn.write(order.bytes);
  } catch {
    // Closed by the node, or at the end.
  }
  clearTimeout(timer);
  try {
    conn.close();
  } catch {
    // Closed already.
  }
  await read;
  return sent;
}
