/**
 * Reads the file of a node that does not run, and leaves it as it is.
 *
 * @module
 */

import type { Replica } from "../core/value.ts";
import { Database } from "./database.ts";
import { DatabaseError } from "./database_file.ts";
import { readReplica } from "./record.ts";

/**
 * The replicas that have not expired. Their bytes are views.
 *
 * @param onDamage hears of what cannot be read, a sentence each.
 * @throws {DatabaseError} if the file cannot be used, or a node uses it.
 */
export function* readKept(path: string, onDamage: (line: string) => void): Generator<Replica> {
  if (!exists(path)) throw new DatabaseError("disk", `Cannot use ${path}: no such file`);
  const database = new Database(path, null);
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

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
