/**
 * What both ways to dial have in common.
 *
 * @module
 */

import type { ByteConn } from "../frame_stream.ts";

/** A dial under way. */
export interface Dial {
  /** The connection; null if another protocol is spoken there. Rejects if there is none, and soon after an abort. */
  readonly conn: Promise<ByteConn | null>;
  /** Gives it up. */
  abort(): void;
}
