/**
 * Keeps a node's replicas and contacts beyond the process.
 *
 * The store in memory is what answers; the journal follows it. Changes gather here and cross to the thread of the
 * file in batches: with `relaxed` durability every 100 ms, with `full` as soon as the batch before is on the disk,
 * so that many changes share one write. Where the disk fails, the node serves on from memory, and once the disk
 * takes writes again all that the store holds is written anew.
 *
 * @module
 */

import { Writer } from "../core/wire/bytes.ts";
import type { FromFile, KeptContact, Opened, ToFile } from "./messages.ts";
import { type KeptReplica, readChanges, writeAdd, writeDelete } from "./record.ts";

/** How soon a replica is on the disk: within 100 ms, or before a STORE is acknowledged. */
export type Durability = "relaxed" | "full";

const FLUSH_MS = 100;
/** Between two attempts to write after the disk has failed. */
const RETRY_MS = 10_000;
/** Bytes of changes that may wait for the disk; beyond, all is written anew later. */
const WAITING_BYTES_MAX = 64 * 1_048_576;
/** Bytes of one batch of a rewrite. */
const REWRITE_BATCH_BYTES = 1_048_576;

/** What a journal is opened with. */
export interface JournalOptions {
  /** The file; it is made if there is none. */
  readonly path: string;
  /** Id of the node, hex. */
  readonly nodeId: string;
  readonly durability: Durability;
  /** Gets each replica that the file holds, before `open` resolves. Its bytes are valid during the call. */
  readonly onReplica: (replica: KeptReplica) => void;
  /** All replicas that the store holds now, for a file that has to be written anew. */
  readonly replicas: () => Iterable<KeptReplica>;
  /** The disk has failed (a message), or works again (null). */
  readonly onState: (failure: string | null) => void;
}

/** A file that cannot be used; the message says why. */
export class JournalError extends Error {
  /** The class's name. */
  override readonly name = "JournalError";
}

/** The journal of one node. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #worker: Worker;
  readonly #waiting = new Writer(65_536);
  /** Callbacks that wait for the batch that gathers now, and for the one under way. */
  #onKept: (() => void)[] = [];
  #onBatchKept: (() => void)[] = [];
  #nextRow = 1;
  #number = 0;
  #underWay = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failure: string | null = null;
  /** What is still to be written while all is written anew. */
  #rewriting: Iterator<KeptReplica> | null = null;
  #closing: Promise<void> | null = null;
  #onClosed: () => void = () => {};

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  }

  /**
   * Opens the file, reads what it holds, and keeps it from then on.
   *
   * @throws {JournalError} if the file cannot be used: the message names it and says why.
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; opened: Opened }> {
    const journal = new Journal(options);
    const opened = await journal.#open();
    journal.#nextRow = opened.nextRow;
    if (opened.damage) journal.#rewrite();
    return { journal, opened };
  }

  /** Why the disk does not take writes; null if it does. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /** Keeps a replica from now on; returns the number by which it is deleted. */
  add(replica: Omit<KeptReplica, "row">): number {
    const row = this.#nextRow++;
    if (this.#takesChanges) {
      writeAdd(this.#waiting, { ...replica, row });
      this.#gathered();
    }
    return row;
  }

  /** Keeps a replica no more. */
  delete(row: number): void {
    if (!this.#takesChanges) return;
    writeDelete(this.#waiting, row);
    this.#gathered();
  }

  /** Calls back when all changes up to now are on the disk, or at once while the disk fails. */
  whenKept(onKept: () => void): void {
    if (this.#failure !== null) return onKept();
    if (this.#waiting.length === 0 && !this.#underWay) return onKept();
    if (this.#waiting.length === 0) this.#onBatchKept.push(onKept);
    else this.#onKept.push(onKept);
  }

  /** Replaces the contacts that are kept. */
  keepContacts(contacts: readonly KeptContact[]): void {
    if (this.#failure === null) this.#post({ type: "contacts", contacts });
  }

  /** Writes what waits and closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stopTimer();
      this.#onClosed = resolve;
      if (this.#failure === null && !this.#underWay && this.#waiting.length > 0) this.#flush();
      this.#closeWhenIdle();
    });
    return this.#closing;
  }

  get #takesChanges(): boolean {
    return this.#failure === null || this.#rewriting !== null;
  }

  #open(): Promise<Opened> {
    const { path, nodeId, onReplica } = this.#options;
    return new Promise((resolve, reject) => {
      const refuse = (message: string): void => {
        this.#worker.terminate();
        reject(new JournalError(message));
      };
      this.#worker.onerror = (event) => {
        event.preventDefault();
        refuse(`Cannot use ${path}: ${event.message}`);
      };
      this.#worker.onmessage = ({ data }: MessageEvent<FromFile>) => {
        if (data.type === "replicas") {
          for (const change of readChanges(data.changes)) {
            if (change.type === "add") onReplica(change.replica);
          }
        } else if (data.type === "refused") refuse(data.message);
        else if (data.type === "opened") {
          this.#worker.onmessage = ({ data }: MessageEvent<FromFile>) => this.#take(data);
          this.#worker.onerror = (event) => {
            event.preventDefault();
            this.#fail(`Cannot write ${path}: ${event.message}`);
          };
          resolve(data.opened);
        }
      };
      this.#post({ type: "open", path, nodeId });
    });
  }

  #take(message: FromFile): void {
    if (message.type === "failed") return this.#fail(message.message);
    if (message.type === "closed") {
      this.#worker.terminate();
      return this.#onClosed();
    }
    if (message.type !== "kept" || message.number !== this.#number) return;
    this.#underWay = false;
    if (this.#rewriting) return this.#rewriteNext();
    const kept = this.#onBatchKept;
    this.#onBatchKept = [];
    if (this.#failure !== null) {
      this.#failure = null;
      this.#options.onState(null);
    }
    for (const onKept of kept) onKept();
    if (this.#closing) return this.#closeWhenIdle();
    if (this.#waiting.length > 0) this.#schedule();
  }

  #gathered(): void {
    if (this.#waiting.length > WAITING_BYTES_MAX) {
      return this.#fail("Cannot keep up: the disk is slower than what comes");
    }
    if (!this.#underWay) this.#schedule();
  }

  #schedule(): void {
    const delayMs = this.#options.durability === "full" ? 0 : FLUSH_MS;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.#underWay && this.#failure === null) this.#flush();
    }, delayMs);
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const changes = this.#waiting.written.slice();
    this.#waiting.clear();
    this.#onBatchKept.push(...this.#onKept);
    this.#onKept = [];
    this.#underWay = true;
    this.#post({ type: "batch", number: ++this.#number, changes }, [changes.buffer]);
  }

  /** Serves on without the disk, and tries to write all anew after a time. */
  #fail(failure: string): void {
    this.#waiting.clear();
    this.#underWay = false;
    this.#rewriting = null;
    this.#number++; // what is under way still counts for nothing
    const waiting = [...this.#onBatchKept, ...this.#onKept];
    this.#onBatchKept = [];
    this.#onKept = [];
    if (this.#failure !== failure) this.#options.onState(failure);
    this.#failure = failure;
    for (const onKept of waiting) onKept();
    if (this.#closing) return this.#closeWhenIdle();
    this.#stopTimer();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#rewrite();
    }, RETRY_MS);
  }

  /**
   * Writes all that the store holds, a batch at a time; what changes meanwhile follows in the same stream. The
   * file counts as written anew only at the end.
   */
  #rewrite(): void {
    this.#post({ type: "beginRewrite" });
    this.#rewriting = this.#options.replicas()[Symbol.iterator]();
    this.#rewriteNext();
  }

  #rewriteNext(): void {
    while (this.#waiting.length < REWRITE_BATCH_BYTES) {
      const next = this.#rewriting!.next();
      if (next.done) {
        this.#rewriting = null;
        this.#flush();
        this.#underWay = true;
        return this.#post({ type: "endRewrite", number: ++this.#number });
      }
      writeAdd(this.#waiting, next.value);
    }
    this.#flush();
  }

  #closeWhenIdle(): void {
    if (this.#underWay) return;
    if (this.#waiting.length > 0 && this.#failure === null) return this.#flush();
    this.#stopTimer();
    this.#post({ type: "close" });
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #post(message: ToFile, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
