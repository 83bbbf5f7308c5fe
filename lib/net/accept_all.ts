/**
 * Accepting connections.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** How long to wait after a failure: most likely the process is out of file descriptors. */
const RETRY_MS = 100;

/** What an accept loop calls. */
export interface AcceptHandler<Conn> {
  /** Takes a connection over. */
  onConn(conn: Conn): void;
  /** A connection could not be accepted; the loop goes on. */
  onError(error: Error): void;
  /** Whether the listener was closed on purpose, which ends the loop. */
  isClosed(): boolean;
}

/** Accepts connections until the listener is closed. Never rejects. */
export async function acceptAll<Conn>(
  listener: { accept(): Promise<Conn> },
  handler: AcceptHandler<Conn>,
): Promise<void> {
  while (!handler.isClosed()) {
    try {
      handler.onConn(await listener.accept());
    } catch (error) {
      if (handler.isClosed()) return;
      handler.onError(error as Error);
      await delay(RETRY_MS);
    }
  }
}
