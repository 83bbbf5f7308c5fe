/**
 * Sends the replicas that a file holds to the node's thread, as fast as that takes them in.
 *
 * @module
 */

import { Writer } from "../../core/wire/bytes.ts";
import type { Database, ReadResult } from "./database.ts";
import type { FromFile } from "../messages.ts";
import { writeRecord } from "../record.ts";

/** Bytes of replicas that cross to the node's thread at a time. */
const BATCH_BYTES = 1_048_576;
/** Batches on their way at once, so that both threads have work. */
const BATCHES_AHEAD = 4;
/** How far ahead the wall clock may be: what seems to have ended so long ago at most, the node judges. */
const CLOCK_AHEAD_MAX_MS = 26 * 3_600_000;

/** Posts a message to the node's thread; buffers that are transferred are gone here. */
export type Post = (message: FromFile, transfer?: Transferable[]) => void;

/** What a sender calls. */
export interface ReplicaSenderHooks {
  readonly post: Post;
  /** The file cannot be read on. */
  onFailed(error: unknown): void;
}

/** Sends one file at a time. */
export class ReplicaSender {
  readonly #hooks: ReplicaSenderHooks;
  #sendNext: () => void = () => {};

  constructor(hooks: ReplicaSenderHooks) {
    this.#hooks = hooks;
  }

  /**
   * Begins to send all that a file holds, and the time when something was kept last before it.
   *
   * @param options.drops whether what has ended or is damaged is deleted.
   * @param onEnd hears how many there were when all have been sent.
   */
  start(
    db: Database,
    { drops }: { readonly drops: boolean },
    onEnd: (result: ReadResult & { count: number }) => void,
  ): void {
    const { post, onFailed } = this.#hooks;
    const keptAt = db.keptAt();
    if (keptAt !== null) post({ type: "keptAt", time: keptAt });
    const rows = db.read(Date.now() - CLOCK_AHEAD_MAX_MS, { drops });
    const writer = new Writer(2 * BATCH_BYTES);
    let count = 0;
    this.#sendNext = () => {
      try {
        for (;;) {
          const next = rows.next();
          if (!next.done) {
            count++;
            writeRecord(writer, next.value.row, next.value.record);
            if (writer.length < BATCH_BYTES) continue;
          }
          const changes = writer.written.slice();
          writer.clear(2 * BATCH_BYTES);
          post({ type: "replicas", changes }, [changes.buffer]);
          if (!next.done) return;
          this.#sendNext = () => {};
          return onEnd({ ...next.value, count });
        }
      } catch (error) {
        this.#sendNext = () => {};
        onFailed(error);
      }
    };
    for (let i = 0; i < BATCHES_AHEAD; i++) this.#sendNext();
  }

  /** Sends the next batch, until all has been sent: the node has taken one in. */
  more(): void {
    this.#sendNext();
  }
}
