/**
 * Reads the file of a node that does not run, and leaves it as it is.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Replica } from "../core/value.ts";
import { damageOf } from "./file/database.ts";
import { asDatabaseError, DatabaseError } from "./file/database_file.ts";
import { openCopy } from "./file/file_copy.ts";
import { readReplica } from "./record.ts";

/**
 * The replicas that have not expired. Their bytes are views.
 *
 * @param onDamage hears of what cannot be read, a sentence each.
 * @throws {DatabaseError} if the file cannot be used, or a node uses it.
 */
export function* readKept(path: string, onDamage: (line: string) => void): Generator<Replica> {
  checkFree(path);
  using copy = openCopy(path, null);
  const rows = copy.database.read(Date.now());
  let next = rows.next();
  for (; !next.done; next = rows.next()) yield readReplica(next.value.row, next.value.record);
  damageOf(next.value, path).forEach(onDamage);
}

/** A node holds the lock of its file as long as it runs. */
function checkFree(path: string): void {
  try {
    Deno.openSync(path).close();
    using db = new DatabaseSync(path, { readOnly: true });
    db.exec("PRAGMA busy_timeout=0"); // the runtime's is 5 s, and a node keeps its lock
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
