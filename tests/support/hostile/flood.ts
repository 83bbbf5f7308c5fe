/**
 * Floods a node, and says what that does to it.
 *
 * @module
 */

import { HELLO_OF_CLIENT } from "../raw_connection.ts";
import { certificate, type TlsNode } from "../tls_nodes.ts";
import type { FloodOrder } from "./flood_worker.ts";

/** What a flood is made of. */
export interface Flood {
  /** Sent again and again. */
  readonly bytes: Uint8Array;
  readonly connections?: number;
  readonly ms: number;
}

/** Floods a node from another thread, and resolves with the number of bytes that it took. */
export async function flood(node: TlsNode, terms: Flood): Promise<number> {
  const { certificatePem } = await certificate();
  const order: FloodOrder = {
    port: node.p2pAddress.port,
    certificatePem,
    connections: 1,
    opening: HELLO_OF_CLIENT,
    ...terms,
  };
  const worker = new Worker(import.meta.resolve("./flood_worker.ts"), { type: "module" });
  try {
    return await new Promise<number>((resolve, reject) => {
      worker.onmessage = ({ data }) => typeof data === "number" && resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(order);
    });
  } finally {
    worker.terminate();
  }
}

/** The longest time for which the event loop of this thread stood still while something was done. */
export async function worstDelayMs(whatIsDone: Promise<unknown>): Promise<number> {
  let isOver = false;
  void whatIsDone.finally(() => isOver = true);
  let worst = 0;
  while (!isOver) {
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    worst = Math.max(worst, performance.now() - start - 5);
  }
  return worst;
}
