/**
 * Reads the file of a node that does not run, and leaves it as it is.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Replica } from "../core/value.ts";
import { Database } from "./database.ts";
import { asDatabaseError, DatabaseError } from "./database_file.ts";
import { KEPT_FILE } from "./kept_file.ts";
import { readReplica } from "./record.ts";

/**
 * The replicas that have not expired. Their bytes are views. A copy is read, since SQLite would write to the file.
 *
 * @param onDamage hears of what cannot be read, a sentence each.
 * @throws {DatabaseError} if the file cannot be used, or a node uses it.
 */
export function* readKept(path: string, onDamage: (line: string) => void): Generator<Replica> {
  checkFree(path);
  const folder = Deno.makeTempDirSync({ prefix: "voidkad-export-" });
  try {
    const copy = `${folder}/${KEPT_FILE}`;
    copyFile(path, copy);
    const database = new Database(copy, null);
    // What is open stays; no copy of the values is left behind, however the process ends.
    if (Deno.build.os !== "windows") Deno.removeSync(folder, { recursive: true });
    yield* readCopy(database, path, onDamage);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new DatabaseError(
      error.trouble,
      error.message.replaceAll(`${folder}/${KEPT_FILE}`, path),
    );
  } finally {
    removeIfThere(folder);
  }
}

function* readCopy(
  database: Database,
  path: string,
  onDamage: (line: string) => void,
): Generator<Replica> {
  try {
    const rows = database.read(Date.now());
    let next = rows.next();
    for (; !next.done; next = rows.next()) yield readReplica(next.value.row, next.value.record);
    const { damagedRows, unreadable } = next.value;
    if (damagedRows > 0) onDamage(`${damagedRows} values of ${path} are damaged and left out`);
    if (unreadable !== null) onDamage(`a part of ${path} cannot be read (${unreadable})`);
  } finally {
    database.close();
  }
}

function removeIfThere(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A node holds the lock of its file as long as it runs. */
function checkFree(path: string): void {
  try {
    Deno.openSync(path).close();
    using db = new DatabaseSync(path, { readOnly: true });
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    const { trouble, message } = asDatabaseError(error, path);
    if (trouble === "inUse") {
      throw new DatabaseError(trouble, `${message.split(":")[0]}: a node uses it: ask the node`);
    }
    // What else is wrong is found when the copy is read.
    if (!(error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR")) {
      throw asDatabaseError(error, path);
    }
  }
}

/** Copies the file, and its log if there is one. */
function copyFile(path: string, to: string): void {
  Deno.copyFileSync(path, to);
  Deno.chmodSync(to, 0o600);
  try {
    Deno.copyFileSync(`${path}-wal`, `${to}-wal`);
    Deno.chmodSync(`${to}-wal`, 0o600);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
