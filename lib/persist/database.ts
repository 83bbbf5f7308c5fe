/**
 * The file in which a node keeps its replicas and contacts: SQLite, written by one process.
 *
 * Replicas are appended under a row number that the node remembers, and deleted by it, so that no index has to be
 * kept in order. Each row carries a check sum. A file that is damaged is read as far as it can be, put aside
 * under another name, and a new one is begun with what was read.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { sha256 } from "../hash/sha256.ts";
import type { Change, KeptReplica } from "./record.ts";

/** Marks the file as one of this program, see SQLite's `application_id`. */
const APPLICATION_ID = 0x766f_6964; // "void"
/** Raised when the tables change. */
const FORMAT_VERSION = 1;
/** Free pages above this share of the file are given back to the system. */
const FREE_SHARE_MAX = 0.25;
const DAMAGED = "it is damaged";
/** Pages given back at a time. */
const VACUUM_PAGES = 2_000;

const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE replicas (
    row INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    stamp INTEGER NOT NULL,
    nonce BLOB NOT NULL,
    replication INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    check_sum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE contacts (record BLOB PRIMARY KEY, last_seen INTEGER NOT NULL) STRICT;
`;

/** A file that cannot be used; the message says why, and what to do. */
export class DatabaseError extends Error {
  /** The class's name. */
  override readonly name = "DatabaseError";

  /** Whether the file's content is broken, so that another in its place would do. */
  get isDamage(): boolean {
    return this.message.endsWith(DAMAGED);
  }
}

/** What a read of the whole file gave besides the replicas. */
export interface Damage {
  /** Rows whose check sum or form was wrong. */
  readonly rows: number;
  /** What SQLite said where the file itself could not be read; null if it could. */
  readonly reason: string | null;
}

/** The open file of one node. */
export class Database {
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;

  /**
   * Opens the file, or makes it.
   *
   * @param path where it is.
   * @param nodeId hex; a file of another node is refused.
   * @throws {DatabaseError} if it is in use, of another node or version, or cannot be opened or made.
   */
  constructor(path: string, nodeId: string) {
    this.#path = path;
    this.#db = openFile(path);
    try {
      this.#prepareFile(nodeId);
      this.#insert = this.#db.prepare("INSERT OR REPLACE INTO replicas VALUES (?,?,?,?,?,?,?,?)");
      this.#delete = this.#db.prepare("DELETE FROM replicas WHERE row = ?");
    } catch (error) {
      this.#db.close();
      throw asDatabaseError(error, path);
    }
  }

  /** Applies changes, all or none; they are on the disk when this returns. */
  apply(changes: Iterable<Change>): void {
    this.#inTransaction(() => {
      for (const change of changes) {
        if (change.type === "delete") this.#delete.run(change.row);
        else this.#add(change.replica);
      }
    });
    this.#giveBack();
  }

  /** Forgets all replicas, for the node to write anew what it holds; nothing counts before the end. */
  beginRewrite(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    this.#db.exec("BEGIN; DELETE FROM replicas");
  }

  /** Ends what {@linkcode beginRewrite} began: what was applied since is all that the file holds. */
  endRewrite(): void {
    this.#db.exec("COMMIT");
  }

  /** Replaces the contacts that are kept. */
  keepContacts(contacts: readonly { record: Uint8Array; lastSeenAt: number }[]): void {
    const insert = this.#db.prepare("INSERT OR REPLACE INTO contacts VALUES (?, ?)");
    this.#inTransaction(() => {
      this.#db.exec("DELETE FROM contacts");
      for (const { record, lastSeenAt } of contacts) insert.run(record, Math.round(lastSeenAt));
    });
  }

  /** The records of the contacts, the one that was seen last first. */
  contacts(): Uint8Array[] {
    const rows = this.#db.prepare("SELECT record FROM contacts ORDER BY last_seen DESC").all();
    return rows.map(({ record }) => record as Uint8Array);
  }

  /**
   * Reads the replicas that have not expired, oldest row first, and deletes the others.
   *
   * @param now milliseconds since 1970.
   * @param take gets each replica.
   */
  read(now: number, take: (replica: KeptReplica) => void): Damage {
    let rows = 0;
    try {
      this.#db.prepare("DELETE FROM replicas WHERE expires_at <= ?").run(now);
      for (const fields of this.#db.prepare("SELECT * FROM replicas ORDER BY row").iterate()) {
        const replica = readRow(fields as unknown as Row);
        if (replica) take(replica);
        else rows++;
      }
      return { rows, reason: null };
    } catch (error) {
      return { rows, reason: (error as Error).message };
    }
  }

  /** Ends the use of the file; what was applied is in it. */
  close(): void {
    this.#db.close();
  }

  #add({ row, key, value, stamp, nonce, replication, expiresAt }: KeptReplica): void {
    const sum = checkSum(key, value, nonce);
    this.#insert.run(row, key, value, stamp, nonce, replication, Math.ceil(expiresAt), sum);
  }

  #inTransaction(work: () => void): void {
    if (this.#db.isTransaction) return work(); // part of a rewrite
    this.#db.exec("BEGIN");
    try {
      work();
      this.#db.exec("COMMIT");
    } catch (error) {
      // A full disk may have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw asDatabaseError(error, this.#path);
    }
  }

  #prepareFile(nodeId: string): void {
    const { application_id: application } = this.#pragma("application_id");
    const { user_version: version } = this.#pragma("user_version");
    if (application === 0 && version === 0 && this.#isEmpty()) {
      this.#db.exec(
        `BEGIN; ${TABLES} PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT_VERSION}; COMMIT`,
      );
      this.#db.prepare("INSERT INTO meta VALUES ('node', ?)").run(nodeId);
      return;
    }
    if (application !== APPLICATION_ID) {
      throw new DatabaseError(`${this.#path} is not a file of voidkad: move it away`);
    }
    if (version !== FORMAT_VERSION) {
      throw new DatabaseError(
        `${this.#path} has format ${version}, this program reads format ${FORMAT_VERSION}`,
      );
    }
    const owner = this.#db.prepare("SELECT value FROM meta WHERE name = 'node'").get();
    if (owner?.["value"] !== nodeId) {
      throw new DatabaseError(
        `${this.#path} belongs to node ${owner?.["value"]}, not to ${nodeId}: use another data_dir`,
      );
    }
  }

  #isEmpty(): boolean {
    const { count } = this.#db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!;
    return count === 0;
  }

  #pragma(name: string): Record<string, unknown> {
    return this.#db.prepare(`PRAGMA ${name}`).get() as Record<string, unknown>;
  }

  /** Gives free pages back to the system, a few at a time. */
  #giveBack(): void {
    const { freelist_count: free } = this.#pragma("freelist_count");
    const { page_count: pages } = this.#pragma("page_count");
    if (Number(free) < Math.max(VACUUM_PAGES, FREE_SHARE_MAX * Number(pages))) return;
    this.#db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
  }
}

interface Row {
  readonly row: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly stamp: number;
  readonly nonce: Uint8Array;
  readonly replication: number;
  readonly expires_at: number;
  readonly check_sum: number;
}

/** The replica in a row; null if it is not what was written. */
function readRow(fields: Row): KeptReplica | null {
  const { row, key, value, stamp, nonce, replication, expires_at, check_sum } = fields;
  if (key.length !== 32 || nonce.length !== 32 || value.length === 0) return null;
  if (checkSum(key, value, nonce) !== check_sum) return null;
  return { row, key, value, stamp, nonce, replication, expiresAt: expires_at };
}

/** 32 bits of the SHA-256 of the bytes in a row. */
function checkSum(key: Uint8Array, value: Uint8Array, nonce: Uint8Array): number {
  const bytes = new Uint8Array(key.length + nonce.length + value.length);
  bytes.set(key);
  bytes.set(nonce, key.length);
  bytes.set(value, key.length + nonce.length);
  return new DataView(sha256(bytes).buffer).getUint32(0);
}

function openFile(path: string): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path);
    // The file is this process's alone: the lock is kept until it ends, however it ends.
    db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA busy_timeout=0");
    db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    db.exec("BEGIN IMMEDIATE; COMMIT");
    return db;
  } catch (error) {
    db?.close();
    throw asDatabaseError(error, path);
  }
}

/** SQLite's own result codes of which a person can do something about the cause. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/locked|busy/i, "another process uses it"],
  [/disk is full/i, "the disk is full"],
  [/readonly|read-only/i, "it can only be read"],
  [/unable to open/i, "it cannot be opened or made"],
  [/malformed|not a database/i, DAMAGED],
];

function asDatabaseError(error: unknown, path: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const reason = REASONS.find(([pattern]) => pattern.test(message))?.[1] ?? message;
  return new DatabaseError(`Cannot use ${path}: ${reason}`, { cause: error });
}
