/**
 * Opening the file of a node: SQLite's settings, whose file it is, and what its errors mean.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { dirname } from "node:path";

/** Marks the file as one of this program, see SQLite's `application_id`. */
const APPLICATION_ID = 0x766f_6964; // "void"
/** Raised when the tables change, or what their records mean. */
const FORMAT_VERSION = 2;
/** The log is cut to this size when it has been taken over into the file. */
const LOG_BYTES = 16 * 1_048_576;

const TABLES = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE replicas (
    row INTEGER PRIMARY KEY,
    check_sum INTEGER NOT NULL,
    record BLOB NOT NULL
  ) STRICT;
  CREATE TABLE contacts (record BLOB PRIMARY KEY, last_seen INTEGER NOT NULL) STRICT;
`;

/**
 * Why a file cannot be used: another process has it, it is another's (node, version, program), somebody has changed its
 * tables, its content is broken, or the disk does not let it be read or written now.
 */
export type FileTrouble = "inUse" | "foreign" | "altered" | "damaged" | "disk";

/** A file that cannot be used; the message names it and says why. */
export class DatabaseError extends Error {
  /** The class's name. */
  override readonly name = "DatabaseError";

  constructor(readonly trouble: FileTrouble, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Opens the file of a node, or makes it, in a folder that is made too. It is this process's alone until it is closed.
 *
 * @param nodeId hex; a file of another node is refused. Null for a file of any node.
 * @throws {DatabaseError} if it cannot be used.
 */
export function openFile(path: string, nodeId: string | null): DatabaseSync {
  let db: DatabaseSync | null = null;
  try {
    if (nodeId !== null) prepareFile(path);
    db = new DatabaseSync(path);
    // The lock is held until the process ends, however it ends.
    db.exec("PRAGMA locking_mode=EXCLUSIVE; PRAGMA busy_timeout=0; PRAGMA trusted_schema=OFF");
    db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    db.exec(`PRAGMA journal_size_limit=${LOG_BYTES}; BEGIN IMMEDIATE; COMMIT`);
    checkOwner(db, path, nodeId);
    return db;
  } catch (error) {
    db?.close();
    throw asDatabaseError(error, path);
  }
}

/** Opens a file that SQLite calls damaged, to read what can be read of it. */
export function openDamagedFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, ...{ defensive: false } });
  try {
    // Both settings together let SQLite pass over a file that is shorter than it should be.
    db.exec("PRAGMA trusted_schema=OFF; PRAGMA writable_schema=ON");
    checkTables(db, path);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Makes the folder and the file if they are not there; nobody else may read what a node keeps. */
function prepareFile(path: string): void {
  Deno.mkdirSync(dirname(path), { recursive: true });
  // To open a pipe would wait for ever.
  if (!isFileOrNone(path)) throw new DatabaseError("disk", `Cannot use ${path}: it is no file`);
  // What the system says is clearer than what SQLite would make of it.
  using file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  // An empty file may have been made before, by somebody who let others read it.
  if (file.statSync().size === 0 && Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
}

/** Whether a path leads to a file, or to nothing; folders have a message of their own. */
function isFileOrNone(path: string): boolean {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return isFile || isDirectory;
  } catch {
    return true;
  }
}

/** Makes the tables in a new file; refuses one of another program, version or node. */
function checkOwner(db: DatabaseSync, path: string, nodeId: string | null): void {
  const application = readNumber(db, "PRAGMA application_id");
  const version = readNumber(db, "PRAGMA user_version");
  if (
    nodeId !== null && application === 0 && version === 0 &&
    readNumber(db, "SELECT count(*) FROM sqlite_schema") === 0
  ) {
    const marks = `PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT_VERSION}`;
    db.exec(`BEGIN; ${TABLES} INSERT INTO meta VALUES ('node', '${nodeId}'); ${marks}; COMMIT`);
    return;
  }
  if (application === 0 && readNumber(db, "SELECT count(*) FROM sqlite_schema") === 0) {
    throw new DatabaseError("foreign", `${path} is empty: is its log, ${path}-wal, not beside it?`);
  }
  if (application !== APPLICATION_ID) {
    throw new DatabaseError("foreign", `${path} is not a file of voidkad: move it away`);
  }
  if (version !== FORMAT_VERSION) {
    throw new DatabaseError(
      "foreign",
      `${path} has format ${version}, this program reads format ${FORMAT_VERSION}: move it away`,
    );
  }
  checkTables(db, path);
  const owner = db.prepare("SELECT value FROM meta WHERE name = 'node'").get()?.["value"];
  if (nodeId !== null && owner !== nodeId) {
    throw new DatabaseError(
      "foreign",
      `${path} belongs to node ${owner}, this is ${nodeId}: use another data_dir, or move it away`,
    );
  }
}

/** A trigger or a view runs what its author wants: nothing is read of a file that has other tables than this program makes. */
function checkTables(db: DatabaseSync, path: string): void {
  const made = db.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").all();
  const found = made.map(({ sql }) => withoutSpace(String(sql))).sort();
  const expected = TABLES.split(";").map(withoutSpace).filter((sql) => sql !== "").sort();
  if (found.join("\n") === expected.join("\n")) return;
  throw new DatabaseError("altered", `${path} has tables that this program did not make`);
}

function withoutSpace(sql: string): string {
  return sql.replaceAll(/\s+/g, " ").trim();
}

/** The one number that a statement gives. */
export function readNumber(db: DatabaseSync, statement: string): number {
  return Number(Object.values(db.prepare(statement).get() ?? {})[0]);
}

/** What SQLite and the system say where a person can do something about the cause. */
const REASONS: readonly (readonly [RegExp, FileTrouble, string])[] = [
  [/locked|busy/i, "inUse", "another process uses it: each node needs a data_dir of its own"],
  [/malformed|not a database/i, "damaged", "it is damaged"],
  [/disk is full|no space left/i, "disk", "the disk is full"],
  [/readonly|read-only/i, "disk", "it can only be read"],
  [/no such file/i, "disk", "no such file"],
  [/permission denied/i, "disk", "no permission"],
  [/is a directory/i, "disk", "it is a folder"],
  [/unable to open/i, "disk", "it cannot be opened or made"],
];

/** An error of SQLite or of the system as one that names the file. */
export function asDatabaseError(error: unknown, path: string): DatabaseError {
  if (error instanceof DatabaseError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const found = REASONS.find(([pattern]) => pattern.test(message));
  const [, trouble, reason] = found ?? [null, "disk" as const, message];
  return new DatabaseError(trouble, `Cannot use ${path}: ${reason}`, { cause: error });
}
