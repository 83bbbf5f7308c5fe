/**
 * Keeps a node's replicas and contacts beyond the process.
 *
 * The store in memory is what answers; the journal follows it. Changes gather here and cross to the thread of the
 * file in batches: with `relaxed` durability within 100 ms, with `full` as soon as the batch before is on the disk,
 * so that many changes share one write. Where the disk fails, the node serves on from memory, and once the disk takes
 * writes again all that the store holds is written anew.
 *
 * @module
 */

import type { FollowedStore, KeptReplica } from "../core/store/keeper.ts";
import type { Replica } from "../core/value.ts";
import { Writer } from "../core/wire/bytes.ts";
import { FileThread, JournalError } from "./file_thread.ts";
import type { KeptContact, Opened, ToFile } from "./messages.ts";
import { readChanges, readReplica, writeDelete, writeReplica } from "./record.ts";

export { JournalError, type Opened };

/** How soon a replica is on the disk: within 100 ms, or before a STORE is acknowledged. */
export type Durability = "relaxed" | "full";

/** How long a change waits for others with `relaxed` durability; the rest of its 100 ms is the disk's. */
const FLUSH_MS = 80;
/** Bytes that may be on their way to the disk unanswered: with small batches an answer to each is dear. */
const UNANSWERED_BYTES_MAX = 65_536;
/** Between two attempts to use the file after the disk has failed: twice as long each time. */
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 60_000;
/** Bytes of changes that may wait for the disk; beyond, all is written anew later. */
const WAITING_BYTES_MAX = 64 * 1_048_576;
/** Bytes of one batch while all is written. */
const FILL_BATCH_BYTES = 1_048_576;
/** Stands for a replica that is not in the file; numbers of rows are smaller. */
const NONE = 0xffff_ffff;

/** What a journal is made with. */
export interface JournalOptions {
  /** The file; it is made if there is none. */
  readonly path: string;
  /** Id of the node, hex. */
  readonly nodeId: string;
  readonly durability: Durability;
  /** Whether replicas are kept; otherwise contacts are, alone. */
  readonly values: boolean;
  /** Hears that the disk has failed (a message that names the file), or works again (null). */
  readonly onState: (failure: string | null) => void;
}

/** The journal of one node. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #waiting = new Writer(65_536);
  #store: FollowedStore | null = null;
  /** Null while no file is open. */
  #thread: FileThread | null = null;
  #isOpen = false;
  /** Whether the store has been given what the file holds: what it drops after that must not come back. */
  #isRead = false;
  /** Callbacks that wait for the batch that gathers now, and for the one under way. */
  #onKept: (() => void)[] = [];
  #onBatchKept: (() => void)[] = [];
  #contacts: readonly KeptContact[] = [];
  #nextRow = 1;
  #number = 0;
  #unansweredBytes = 0;
  /** Whether an answer is awaited. */
  #underWay = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #failure: string | null = null;
  #retryMs = RETRY_MIN_MS;
  /** What is still to be written of what the store holds. */
  #filling: Iterator<KeptReplica> | null = null;
  /** Whether the file is being brought to what the store holds, after a failure. */
  #isMending = false;
  #closing: Promise<void> | null = null;
  #isClosing = false;
  #onIdle: () => void = () => {};

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** Why nothing is kept at the moment; null if all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Whether replicas are kept. */
  get keepsValues(): boolean {
    return this.#options.values;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  /**
   * Opens the file, gives the store what it holds, and follows the store from then on.
   *
   * @throws {JournalError} if the file cannot be used: the message names it and says why. Unless another process has
   * it, the journal may be used all the same: it keeps nothing, and tries again where that may help.
   */
  async open(store: FollowedStore): Promise<Opened> {
    this.#store = store;
    try {
      return await this.#open(store);
    } catch (error) {
      this.#isOpen = false;
      this.#thread = null;
      if (!(error instanceof JournalError)) throw error;
      this.#failure = error.message;
      if (error.trouble === "disk") this.#tryLater();
      throw error;
    }
  }

  /** Keeps a replica from now on; returns the number by which it is forgotten. */
  keep(replica: Replica): number {
    if (!this.#isOpen || !this.#follows) return NONE;
    if (this.#nextRow === NONE) {
      this.#fail("All row numbers are used up: values are written anew", 0);
      return NONE;
    }
    const row = this.#nextRow++;
    writeReplica(this.#waiting, { ...replica, row });
    this.#gathered();
    return row;
  }

  /** Keeps a replica no more. */
  forget(row: number): void {
    if (!this.#follows) return;
    writeDelete(this.#waiting, row);
    this.#gathered();
  }

  /**
   * Calls back when all changes up to now are as safe as they must be to be acknowledged: with `full` durability when
   * they are on the disk; with `relaxed`, or while the disk fails, at once.
   */
  whenSafe(onSafe: () => void): void {
    if (this.#options.durability === "relaxed" || this.#failure !== null) return onSafe();
    if (this.#waiting.length > 0) this.#onKept.push(onSafe);
    else if (this.#underWay) this.#onBatchKept.push(onSafe);
    else onSafe();
  }

  /** Replaces the contacts that are kept. */
  keepContacts(contacts: readonly KeptContact[]): void {
    this.#contacts = contacts;
    if (this.#failure === null && this.#isOpen) this.#post({ type: "contacts", contacts });
  }

  /** Writes what waits, or all if the disk has failed and may take writes again; closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#stopTimer();
    if (this.#thread && this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        if (this.#failure !== null && !this.#isMending) this.#mend();
        else this.#proceed();
      });
      await this.#thread.close(this.#store!.networkNow());
    } else this.#thread?.end();
    this.#thread = null;
    this.#stopTimer();
  }

  /** Whether changes are written down: they are of no use while nothing can be written, since all is written later. */
  get #follows(): boolean {
    return this.#thread !== null && (this.#failure === null || this.#isMending);
  }

  async #open(store: FollowedStore): Promise<Opened> {
    const { path, nodeId } = this.#options;
    const values = this.#options.values && !this.#isRead;
    const thread = new FileThread(path, {
      onKept: (number) => this.#onBatch(number),
      onLacking: (number, rows) => this.#onLacking(number, rows),
      onFailed: (message) => this.#fail(message),
    });
    this.#thread = thread;
    const opened = await thread.open({ nodeId, values, readsAnyway: this.#failure === null }, {
      onKeptAt: (time) => store.noteKeptAt(time),
      onReplicas: (batch) => {
        for (const change of readChanges(batch)) {
          if (change.type === "add") store.restore(readReplica(change.row, change.record));
        }
      },
    });
    this.#isRead = true;
    if (opened.failure !== null) {
      this.#endThread();
      this.#failure = opened.failure;
      this.#tryLater();
      return opened;
    }
    this.#isOpen = true;
    this.#nextRow = opened.nextRow;
    // What came while there was no file is in the store alone, and what has ended since is still in the file.
    if (this.#failure !== null) {
      this.#nextRow = store.keptRows().reduce(
        (next, row) => Math.max(next, row + 1),
        this.#nextRow,
      );
      this.#mend();
    } else if (opened.isAnew) {
      store.forgetRows();
      this.#fill(store);
    }
    return opened;
  }

  /** What has been gathered is made good when the file is open. */
  #endThread(): void {
    this.#thread?.end();
    this.#thread = null;
    this.#waiting.clear();
  }

  #onBatch(number: number): void {
    if (number !== this.#number) return;
    this.#underWay = false;
    if (this.#failure === null) {
      const kept = this.#onBatchKept;
      this.#onBatchKept = [];
      for (const onKept of kept) onKept();
    } else if (!this.#filling) this.#recover();
    this.#proceed();
  }

  /** The disk takes writes again, and all that the store holds is on it. */
  #recover(): void {
    this.#failure = null;
    this.#isMending = false;
    this.#retryMs = RETRY_MIN_MS;
    this.#post({ type: "contacts", contacts: this.#contacts });
    this.#options.onState(null);
  }

  /** Does what is to be done next, when nothing is under way. */
  #proceed(): void {
    if (this.#underWay) return;
    if (this.#filling) return this.#fillNext();
    if (this.#waiting.length === 0 || this.#failure !== null) return this.#onIdle();
    // If there is no timer, it has rung while a batch was under way.
    if (this.#timer === null || this.#isClosing) this.#flush();
  }

  #gathered(): void {
    if (this.#waiting.length > WAITING_BYTES_MAX) {
      return this.#fail("Cannot keep values: the disk is slower than what comes");
    }
    if (this.#isOpen && !this.#filling) this.#schedule();
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
    // Not spread: with very many the call would not fit the stack.
    for (const onKept of this.#onKept) this.#onBatchKept.push(onKept);
    this.#onKept = [];
    this.#unansweredBytes += changes.length;
    this.#underWay = this.#options.durability === "full" || this.#isClosing ||
      this.#unansweredBytes >= UNANSWERED_BYTES_MAX;
    if (this.#underWay) this.#unansweredBytes = 0;
    this.#postBatch(changes);
  }

  #postBatch(changes: Uint8Array): void {
    const number = this.#underWay ? ++this.#number : null;
    this.#post({ type: "batch", number, changes, keptAt: this.#store!.networkNow() });
  }

  /** Serves on without the disk, and tries to write all anew after a time. */
  #fail(failure: string, retryMs?: number): void {
    this.#waiting.clear();
    this.#underWay = false;
    this.#filling = null;
    this.#isMending = false;
    this.#number++; // what is under way still counts for nothing
    const waiting = [...this.#onBatchKept, ...this.#onKept];
    this.#onBatchKept = [];
    this.#onKept = [];
    if (this.#failure !== failure) this.#options.onState(failure);
    this.#failure = failure;
    for (const onKept of waiting) onKept();
    if (this.#isClosing) return this.#onIdle();
    this.#tryLater(retryMs);
  }

  #tryLater(delayMs?: number): void {
    this.#stopTimer();
    if (delayMs === undefined) {
      delayMs = this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#isOpen) this.#mend();
      else void this.#openAgain();
    }, delayMs);
  }

  async #openAgain(): Promise<void> {
    try {
      await this.#open(this.#store!);
    } catch (error) {
      this.#thread = null;
      if (!this.#isClosing) this.#tryLater();
      if (!(error instanceof JournalError)) throw error;
    }
  }

  /**
   * Brings the file to what the store holds: what is held no more is deleted, then what is lacking is written, each a
   * part at a time. A replica that both hold stays where it is, so that nothing is lost if this is cut short.
   */
  #mend(): void {
    // Whoever has used all numbers begins anew, with nothing in the file that has one.
    if (this.#nextRow === NONE) {
      this.#store!.forgetRows();
      this.#nextRow = 1;
    }
    this.#isMending = true;
    this.#underWay = true;
    this.#post({ type: "retain", number: ++this.#number, rows: this.#store!.keptRows() });
  }

  #onLacking(number: number, rows: ReadonlySet<number>): void {
    if (number !== this.#number) return;
    this.#underWay = false;
    if (rows.size > 0) this.#store!.forgetRows(rows);
    this.#fill(this.#store!);
  }

  /** Writes what the file lacks, a batch at a time; what changes meanwhile follows in the same stream. */
  #fill(store: FollowedStore): void {
    const unkept = this.#options.values ? store.unkept(() => this.#nextRow++) : [];
    this.#filling = unkept[Symbol.iterator]();
    this.#fillNext();
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
      if (this.#failure === null) return this.#proceed();
      this.#underWay = true;
      return this.#postBatch(new Uint8Array());
    }
    this.#flush();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #post(message: ToFile): void {
    this.#thread!.post(message);
  }
}
