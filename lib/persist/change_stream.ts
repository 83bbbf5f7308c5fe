/**
 * The changes of a node's replicas on their way to the thread of the file.
 *
 * They gather here and cross in batches: with `relaxed` durability within 100 ms, with `full` as soon as the batch
 * before is on the disk, so that many changes share one write. The replicas that a file lacks cross in the same stream.
 *
 * @module
 */

import type { KeptReplica } from "../core/store/keeper.ts";
import { Writer } from "../core/wire/bytes.ts";
import { writeDelete, writeReplica } from "./record.ts";

/** How soon a replica is on the disk: within 100 ms, or before a STORE is acknowledged. */
export type Durability = "relaxed" | "full";

/** How long a change waits for others with `relaxed` durability; the rest of its 100 ms is the disk's. */
const FLUSH_MS = 80;
/** Bytes that may be on their way to the disk unanswered: with small batches an answer to each is dear. */
const UNANSWERED_BYTES_MAX = 65_536;
/** Bytes of one batch while the file is filled. */
const FILL_BATCH_BYTES = 1_048_576;

/** What a stream is made with. */
export interface ChangeStreamOptions {
  readonly durability: Durability;
  /** Sends a batch; {@linkcode ChangeStream.onKept} hears when it is on the disk, if it has a number. */
  readonly post: (changes: Uint8Array, number: number | null) => void;
  /** Nothing waits, and nothing is under way. */
  readonly onIdle: () => void;
}

/** The changes of one node. */
export class ChangeStream {
  readonly #options: ChangeStreamOptions;
  readonly #waiting = new Writer(65_536);
  /** Callbacks that wait for the batch that gathers now, and for the one under way. */
  #onKept: (() => void)[] = [];
  #onBatchKept: (() => void)[] = [];
  /** The number of the last question: only its answer counts. */
  #number = 0;
  #unansweredBytes = 0;
  /** Whether an answer is awaited. */
  #underWay = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** What is still to be written of what the file lacks. */
  #filling: Iterator<KeptReplica> | null = null;
  /** Hears when all of that is on the disk. */
  #onFilled: (() => void) | null = null;
  #isClosing = false;

  constructor(options: ChangeStreamOptions) {
    this.#options = options;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Takes a replica in; {@linkcode schedule} has it sent. */
  add(replica: KeptReplica): void {
    writeReplica(this.#waiting, replica);
  }

  /** Takes in that a row is gone. */
  delete(row: number): void {
    writeDelete(this.#waiting, row);
  }

  /** Sends what waits when its time has come. */
  schedule(): void {
    if (this.#filling) return;
    const delayMs = this.#options.durability === "full" ? 0 : FLUSH_MS;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.#underWay) this.#flush();
    }, delayMs);
  }

  /** Calls back when all changes up to now are on the disk; with `relaxed` durability at once. */
  whenSafe(onSafe: () => void): void {
    if (this.#options.durability === "relaxed") onSafe();
    else if (this.#waiting.length > 0) this.#onKept.push(onSafe);
    else if (this.#underWay) this.#onBatchKept.push(onSafe);
    else onSafe();
  }

  /** Sends nothing until another question than a batch has been answered; returns the number to ask it with. */
  hold(): number {
    this.#underWay = true;
    return ++this.#number;
  }

  /** Notes an answer; returns whether it is the one that is awaited. */
  noteAnswer(number: number): boolean {
    if (number !== this.#number) return false;
    this.#underWay = false;
    return true;
  }

  /** Notes that a batch is on the disk. */
  onKept(number: number): void {
    if (!this.noteAnswer(number)) return;
    if (this.#onFilled === null) {
      const kept = this.#onBatchKept;
      this.#onBatchKept = [];
      for (const onKept of kept) onKept();
    } else if (!this.#filling) {
      const onFilled = this.#onFilled;
      this.#onFilled = null;
      onFilled();
    }
    this.#proceed();
  }

  /**
   * Sends replicas that the file lacks, a batch at a time; what changes meanwhile follows them.
   *
   * @param onFilled hears when all are on the disk, if somebody waits for that.
   */
  fill(lacking: Iterable<KeptReplica>, onFilled: (() => void) | null): void {
    this.#filling = lacking[Symbol.iterator]();
    this.#onFilled = onFilled;
    this.#fillNext();
  }

  /** Drops what has gathered. */
  clear(): void {
    this.#waiting.clear();
  }

  /** Drops all, also what is under way: the disk has failed. Returns the callbacks that waited for it. */
  drop(): (() => void)[] {
    this.stop();
    this.clear();
    this.#underWay = false;
    this.#filling = null;
    this.#onFilled = null;
    this.#number++; // what is under way still counts for nothing
    const waiting = [...this.#onBatchKept, ...this.#onKept];
    this.#onBatchKept = [];
    this.#onKept = [];
    return waiting;
  }

  /** Sends all that waits without delay from now on; `onIdle` is called when all of it is on the disk. */
  finish(): void {
    this.#isClosing = true;
    this.stop();
    this.#proceed();
  }

  /** Sends nothing more by itself until there is another change. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Does what is to be done next, when nothing is under way. */
  #proceed(): void {
    if (this.#underWay) return;
    if (this.#filling) return this.#fillNext();
    if (this.#waiting.length === 0) return this.#options.onIdle();
    // If there is no timer, it has rung while a batch was under way.
    if (this.#timer === null || this.#isClosing) this.#flush();
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const changes = this.#waiting.written.slice();
    this.#waiting.clear();
    // Not spread: with very many the call would not fit the stack.
    for (const onKept of this.#onKept) this.#onBatchKept.push(onKept);
    this.#onKept = [];
    this.#unansweredBytes += changes.length;
    this.#underWay = this.#options.durability === "full" || this.#isClosing ||
      this.#unansweredBytes >= UNANSWERED_BYTES_MAX;
    if (this.#underWay) this.#unansweredBytes = 0;
    this.#post(changes);
  }

  #fillNext(): void {
    while (this.#waiting.length < FILL_BATCH_BYTES) {
      const next = this.#filling!.next();
      if (!next.done) {
        writeReplica(this.#waiting, next.value);
        continue;
      }
      this.#filling = null;
      this.#flush();
      if (this.#onFilled === null) return this.#proceed();
      this.#underWay = true;
      return this.#post(new Uint8Array());
    }
    this.#flush();
  }

  #post(changes: Uint8Array): void {
    this.#options.post(changes, this.#underWay ? ++this.#number : null);
  }
}
