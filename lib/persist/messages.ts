/**
 * What the node's thread and the thread of the file say to each other.
 *
 * @module
 */

import type { FileTrouble } from "./file/database_file.ts";

/** From the node to the file. */
export type ToFile =
  | {
    readonly type: "open";
    readonly path: string;
    /** Hex. */
    readonly nodeId: string;
    /** Whether the replicas are read. */
    readonly values: boolean;
    /** Whether a file that cannot be written now is read all the same. */
    readonly readsAnyway: boolean;
  }
  /** A batch of replicas has been taken in: the next may come. */
  | { readonly type: "more" }
  /** Changes, as `record.ts` writes them; answered by `kept` with the same number, unless there is none. */
  | {
    readonly type: "batch";
    readonly number: number | null;
    readonly changes: Uint8Array;
    /** The network's time, in milliseconds since 1970. */
    readonly keptAt: number;
  }
  /** The rows that the node holds, after a failure: all others are deleted. Answered by `lacking`. */
  | { readonly type: "retain"; readonly number: number; readonly rows: Uint32Array }
  | { readonly type: "contacts"; readonly contacts: readonly KeptContact[] }
  | { readonly type: "close"; readonly keptAt: number };

/** From the file to the node. */
export type FromFile =
  /** The network's time when something was kept last; comes before the replicas, if it is known. */
  | { readonly type: "keptAt"; readonly time: number }
  /** Replicas that the file held, as additions. */
  | { readonly type: "replicas"; readonly changes: Uint8Array }
  /** The file has been read and is ready to be written. */
  | { readonly type: "opened"; readonly opened: Opened }
  /** The file cannot be used. */
  | { readonly type: "refused"; readonly trouble: FileTrouble; readonly message: string }
  | { readonly type: "kept"; readonly number: number }
  /** Rows that the file does not have, or not whole. */
  | { readonly type: "lacking"; readonly number: number; readonly rows: ReadonlySet<number> }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "closed" };

/** A contact as it is kept. */
export interface KeptContact {
  /** Its record as on the wire. */
  readonly record: Uint8Array;
  /** Milliseconds since 1970. */
  readonly lastSeenAt: number;
}

/** What was found in the file. */
export interface Opened {
  /** Records of the contacts, the one that was seen last first. */
  readonly contacts: readonly Uint8Array[];
  /** Number of replicas read. */
  readonly replicas: number;
  /** The next free row. */
  readonly nextRow: number;
  /** What is damaged, one sentence each; nothing if all could be read. */
  readonly damage: readonly string[];
  /** Whether a new file has been begun in place of a damaged one. */
  readonly isAnew: boolean;
  /** Why the file could be read but not be opened to be written; null if it is open. */
  readonly failure: string | null;
}
