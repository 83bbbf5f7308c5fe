/**
 * Keeps a node's replicas and contacts beyond the process.
 *
 * The store in memory is what answers; the journal follows it, and `change_stream.ts` brings the changes to the thread
 * of the file. Where the disk fails, the node serves on from memory, and once the disk takes writes again the file is
 * brought to what the store holds.
 *
 * @module
 */

import type { FollowedStore, KeptReplica } from "../core/store/keeper.ts";
import type { Replica } from "../core/value.ts";
import { ChangeStream, type Durability } from "./change_stream.ts";
import { FileThread, JournalError } from "./file_thread.ts";
import type { KeptContact, Opened } from "./messages.ts";
import { readChanges, readReplica } from "./record.ts";

export { type Durability, JournalError, type Opened };

/** Until the file is tried again after the disk has failed, unless said otherwise; then twice as long each time. */
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 60_000;
/** Bytes of changes that may wait for the disk; beyond, all is written anew later. */
const WAITING_BYTES_MAX = 64 * 1_048_576;
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
  /** Time until the file is tried again after the disk has failed, in milliseconds; 2 s by default. */
  readonly retryMs?: number;
}

/** The journal of one node. */
export class Journal {
  readonly #options: JournalOptions;
  readonly #stream: ChangeStream;
  #store: FollowedStore | null = null;
  /** Null while no file is open. */
  #thread: FileThread | null = null;
  #isOpen = false;
  /** Whether the store has been given what the file holds: what it drops after that must not come back. */
  #isRead = false;
  #contacts: readonly KeptContact[] = [];
  #nextRow = 1;
  /** Rings when the file is tried again. */
  #retry: ReturnType<typeof setTimeout> | null = null;
  #failure: string | null = null;
  #retryMs: number;
  /** Whether the file is being brought to what the store holds, after a failure. */
  #isMending = false;
  #closing: Promise<void> | null = null;
  #isClosing = false;
  #onIdle: () => void = () => {};

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#retryMs = this.#retryMinMs;
    this.#stream = new ChangeStream({
      durability: options.durability,
      post: (changes, number) => {
        const keptAt = this.#store!.networkNow();
        this.#thread!.post({ type: "batch", number, changes, keptAt });
      },
      onIdle: () => this.#onIdle(),
    });
  }

  /** Why nothing is kept at the moment; null if all is well. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Whether replicas are kept. */
  get keepsValues(): boolean {
    return this.#options.values;
  }

  get #retryMinMs(): number {
    return this.#options.retryMs ?? RETRY_MIN_MS;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#stream.waitingBytes;
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
    this.#stream.add({ ...replica, row });
    this.#gathered();
    return row;
  }

  /** Keeps a replica no more. */
  forget(row: number): void {
    if (!this.#follows) return;
    this.#stream.delete(row);
    this.#gathered();
  }

  /**
   * Calls back when all changes up to now are as safe as they must be to be acknowledged: with `full` durability when
   * they are on the disk; with `relaxed`, or while the disk fails, at once.
   */
  whenSafe(onSafe: () => void): void {
    if (this.#failure !== null) onSafe();
    else this.#stream.whenSafe(onSafe);
  }

  /** Replaces the contacts that are kept. */
  keepContacts(contacts: readonly KeptContact[]): void {
    this.#contacts = contacts;
    if (this.#failure === null && this.#isOpen) this.#thread!.post({ type: "contacts", contacts });
  }

  /** Writes what waits, or all if the disk has failed and may take writes again; closes the file. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    this.#stopRetry();
    if (this.#thread && this.#isOpen) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        if (this.#failure !== null && !this.#isMending) this.#mend();
        this.#stream.finish();
      });
      await this.#thread.close(this.#store!.networkNow());
    } else this.#thread?.end();
    this.#thread = null;
    this.#stream.stop();
    this.#stopRetry();
  }

  /** Whether changes are written down: they are of no use while nothing can be written, since all is written later. */
  get #follows(): boolean {
    return this.#thread !== null && (this.#failure === null || this.#isMending);
  }

  async #open(store: FollowedStore): Promise<Opened> {
    const { path, nodeId } = this.#options;
    const values = this.#options.values && !this.#isRead;
    const thread = new FileThread(path, {
      onKept: (number) => this.#stream.onKept(number),
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
    if (values && this.#failure !== null) store.noteRestoredLate();
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
      this.#stream.fill(this.#unkept(), null);
    }
    return opened;
  }

  /** What has been gathered is made good when the file is open. */
  #endThread(): void {
    this.#thread?.end();
    this.#thread = null;
    this.#stream.clear();
  }

  /** The disk takes writes again, and all that the store holds is on it. */
  #recover(): void {
    this.#failure = null;
    this.#isMending = false;
    this.#retryMs = this.#retryMinMs;
    this.#thread!.post({ type: "contacts", contacts: this.#contacts });
    this.#options.onState(null);
  }

  #gathered(): void {
    if (this.#stream.waitingBytes > WAITING_BYTES_MAX) {
      return this.#fail("Cannot keep values: the disk is slower than what comes");
    }
    if (this.#isOpen) this.#stream.schedule();
  }

  /** Serves on without the disk, and tries to write all anew after a time. */
  #fail(failure: string, retryMs?: number): void {
    const waiting = this.#stream.drop();
    this.#isMending = false;
    if (this.#failure !== failure) this.#options.onState(failure);
    this.#failure = failure;
    for (const onSafe of waiting) onSafe();
    if (this.#isClosing) return this.#onIdle();
    this.#tryLater(retryMs);
  }

  #tryLater(delayMs?: number): void {
    this.#stopRetry();
    if (delayMs === undefined) {
      delayMs = this.#retryMs;
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
    }
    this.#retry = setTimeout(() => {
      this.#retry = null;
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
    const rows = this.#store!.keptRows();
    this.#thread!.post({ type: "retain", number: this.#stream.hold(), rows });
  }

  #onLacking(number: number, rows: ReadonlySet<number>): void {
    if (!this.#stream.noteAnswer(number)) return;
    if (rows.size > 0) this.#store!.forgetRows(rows);
    this.#stream.fill(this.#unkept(), () => this.#recover());
  }

  /** The replicas that the file lacks; each gets its row. */
  #unkept(): Iterable<KeptReplica> {
    return this.#options.values ? this.#store!.unkept(() => this.#nextRow++) : [];
  }

  #stopRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }
}
