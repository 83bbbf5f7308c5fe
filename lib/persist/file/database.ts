/**
 * The file in which a node keeps its replicas and contacts: SQLite, written by one process.
 *
 * Replicas are appended under a row number that the node remembers, and deleted by it, so that no index has to be
 * kept in order. Each row carries a check sum.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { asDatabaseError, openDamagedFile, openFile, readNumber } from "./database_file.ts";
import type { KeptContact } from "../messages.ts";
import { type Change, expiryOf } from "../record.ts";

/** Free pages above this share of the file are given back to the system, a few at a time. */
const FREE_SHARE_MAX = 0.25;
const FREE_PAGES_MIN = 256;
const VACUUM_PAGES = 2_000;
/** Rows that are read, or deleted, at a stretch. */
const ROWS_AT_ONCE = 1_000;
/** How often the network's time is written with what is kept. */
const NOTED_EVERY_MS = 1_000;
const ROW_MAX = 0xffff_ffff;

/** What a read of all replicas has found besides the replicas. */
export interface ReadResult {
  /** Rows whose check sum or form is wrong. */
  readonly damagedRows: number;
  /** What SQLite said where a part of the file could not be read; null if all could. */
  readonly unreadable: string | null;
  /** The highest number of a row, 0 if there is none. */
  readonly lastRow: number;
}

/** What a read of a file has left out, a sentence each. */
export function damageOf({ damagedRows, unreadable }: ReadResult, path: string): string[] {
  const damage: string[] = [];
  if (damagedRows > 0) damage.push(`${damagedRows} values of ${path} are damaged and left out`);
  if (unreadable !== null) damage.push(`a part of ${path} cannot be read (${unreadable})`);
  return damage;
}

/** The open file of one node. */
export class Database {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #noteTime: StatementSync;
  #isShrinking = false;
  /** The network's time that was noted last. */
  #notedAt = -Infinity;

  /**
   * Opens the file, or makes it; see {@linkcode openFile}. One that is damaged can only be read.
   *
   * @throws {DatabaseError} if it cannot be used.
   */
  constructor(
    path: string,
    nodeId: string | null,
    { isDamaged = false }: { readonly isDamaged?: boolean } = {},
  ) {
    this.#path = path;
    this.#db = isDamaged ? openDamagedFile(path) : openFile(path, nodeId);
    try {
      this.#begin = this.#db.prepare("BEGIN");
      this.#commit = this.#db.prepare("COMMIT");
      this.#insert = this.#db.prepare("INSERT OR REPLACE INTO replicas VALUES (?, ?, ?)");
      this.#delete = this.#db.prepare("DELETE FROM replicas WHERE row = ?");
      this.#noteTime = this.#db.prepare("INSERT OR REPLACE INTO meta VALUES ('kept_at', ?)");
    } catch (error) {
      this.#db.close();
      throw asDatabaseError(error, path);
    }
  }

  /**
   * Applies changes, all or none; they are on the disk when this returns.
   *
   * @param keptAt the network's time, if it is to be kept too: milliseconds since 1970.
   */
  apply(changes: Iterable<Change>, keptAt: number | null = null): void {
    this.#inTransaction(() => {
      const isOld = keptAt !== null && Math.abs(keptAt - this.#notedAt) >= NOTED_EVERY_MS;
      if (isOld) this.#setKeptAt(keptAt);
      for (const change of changes) {
        if (change.type === "delete") this.#delete.run(change.row);
        else this.#insert.run(change.row, crc32(change.record), change.record);
      }
    });
  }

  /**
   * Deletes all rows but some, a part at a time. At every moment the file holds what it held of these.
   *
   * @returns those that it does not have, or not whole.
   */
  retain(rows: Uint32Array): Set<number> {
    const lacking = new Set(rows);
    for (const part of this.#parts((reason) => this.#refuse(reason))) {
      const others = part.filter(({ row, check_sum, record }) => {
        const isWhole = crc32(record) === check_sum && expiryOf(record) !== null;
        return !(lacking.has(row) && isWhole && lacking.delete(row));
      });
      this.apply(others.map(({ row }) => ({ type: "delete", row })));
    }
    return lacking;
  }

  /** The network's time when something was kept last; null if that is not known. */
  keptAt(): number | null {
    try {
      const row = this.#db.prepare("SELECT value FROM meta WHERE name = 'kept_at'").get();
      return /^\d{1,15}$/.test(`${row?.["value"]}`) ? Number(row!["value"]) : null;
    } catch {
      return null;
    }
  }

  /** Notes the network's time. */
  noteKeptAt(time: number): void {
    this.#inTransaction(() => this.#setKeptAt(time));
  }

  /** Replaces the contacts that are kept. */
  keepContacts(contacts: readonly KeptContact[]): void {
    this.#inTransaction(() => {
      const insert = this.#db.prepare("INSERT OR REPLACE INTO contacts VALUES (?, ?)");
      this.#db.exec("DELETE FROM contacts");
      for (const { record, lastSeenAt } of contacts) insert.run(record, Math.round(lastSeenAt));
    });
  }

  /** The records of the contacts, the one that was seen last first; none if they cannot be read. */
  contacts(): Uint8Array[] {
    try {
      const rows = this.#db.prepare("SELECT record FROM contacts ORDER BY last_seen DESC").all();
      return rows.map(({ record }) => record as Uint8Array);
    } catch {
      return [];
    }
  }

  /**
   * Reads the replicas that have not expired, in the order of their rows.
   *
   * @param now milliseconds since 1970.
   * @param options.drops whether the others are deleted.
   */
  *read(
    now: number,
    { drops = false }: { readonly drops?: boolean } = {},
  ): Generator<{ row: number; record: Uint8Array }, ReadResult> {
    const dropped: number[] = [];
    const result = { damagedRows: 0, unreadable: null as string | null, lastRow: 0 };
    for (const part of this.#parts((reason) => result.unreadable = reason)) {
      for (const { row, check_sum, record } of part) {
        result.lastRow = row;
        const expiresAt = crc32(record) === check_sum ? expiryOf(record) : null;
        if (expiresAt === null) result.damagedRows++;
        if (expiresAt === null || expiresAt <= now) dropped.push(row);
        else yield { row, record };
      }
    }
    if (drops) this.#drop(dropped);
    return result;
  }

  /**
   * Gives free pages back to the system, a few at a time.
   *
   * @returns whether there is more to give back.
   */
  giveBack(): boolean {
    return this.#attempt(() => {
      const free = readNumber(this.#db, "PRAGMA freelist_count");
      const pages = readNumber(this.#db, "PRAGMA page_count");
      if (free >= FREE_PAGES_MIN && free >= FREE_SHARE_MAX * pages) {
        // VACUUM, which would be faster where little is left, needs all permissions of the runtime.
        this.#db.prepare(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`).all();
        return this.#isShrinking = true;
      }
      // The file becomes smaller when the log is taken over into it.
      if (this.#isShrinking) this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return this.#isShrinking = false;
    });
  }

  /** Ends the use of the file; what was applied is in it. */
  close(): void {
    this.#db.close();
  }

  #refuse(reason: string): never {
    throw asDatabaseError(new Error(reason), this.#path);
  }

  #setKeptAt(time: number): void {
    this.#notedAt = time;
    this.#noteTime.run(`${Math.max(0, Math.floor(time))}`);
  }

  /** All rows, some at a time. Where pages are damaged it goes on behind them. */
  *#parts(onUnreadable: (reason: string) => void): Generator<Row[]> {
    const read = this.#db.prepare("SELECT * FROM replicas WHERE row >= ? ORDER BY row LIMIT ?");
    let count = ROWS_AT_ONCE;
    for (let from = 0, step = 1; from <= ROW_MAX;) {
      let rows: Row[];
      try {
        rows = read.all(from, count) as unknown as Row[];
      } catch (error) {
        onUnreadable((error as Error).message);
        // The rows before the damage, one by one; then further and further on, until rows can be read again.
        if (count === 1) [from, step] = [from + step, 2 * step];
        count = 1;
        continue;
      }
      if (rows.length === 0) return;
      yield rows;
      from = rows.at(-1)!.row + 1;
      if (step > 1) [step, count] = [1, ROWS_AT_ONCE];
    }
  }

  /** Deletes rows; they are deleted again at the next start if the disk does not take it now. */
  #drop(rows: readonly number[]): void {
    for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
      const some = rows.slice(at, at + ROWS_AT_ONCE);
      try {
        this.apply(some.map((row) => ({ type: "delete", row })));
      } catch {
        return;
      }
    }
  }

  #inTransaction(work: () => void): void {
    this.#attempt(() => {
      this.#begin.run();
      try {
        work();
        this.#commit.run();
      } catch (error) {
        // A full disk may have ended the transaction already.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw asDatabaseError(error, this.#path);
    }
  }
}

interface Row {
  readonly row: number;
  readonly check_sum: number;
  readonly record: Uint8Array;
}
