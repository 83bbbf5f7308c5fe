/**
 * Reads a file as it is: a copy of it is opened, since SQLite would write to the file itself.
 *
 * @module
 */

import { Database } from "./database.ts";
import { DatabaseError } from "./database_file.ts";
import { KEPT_FILE } from "../kept_file.ts";

/** A copy that is open. */
export interface FileCopy extends Disposable {
  readonly database: Database;
}

/**
 * Opens a copy, of the log too. No copy of the values is left behind, however the process ends.
 *
 * @param nodeId hex; a file of another node is refused. Null for a file of any node.
 * @throws {DatabaseError} if it cannot be used.
 */
export function openCopy(path: string, nodeId: string | null): FileCopy {
  // To open a pipe would wait for ever.
  if (!Deno.statSync(path).isFile) throw new DatabaseError("disk", `${path} is no file`);
  const folder = Deno.makeTempDirSync({ prefix: "voidkad-copy-" });
  try {
    const copy = `${folder}/${KEPT_FILE}`;
    copyFile(path, copy);
    const database = new Database(copy, nodeId);
    // What is open stays.
    if (Deno.build.os !== "windows") removeIfThere(folder);
    const dispose = () => {
      database.close();
      removeIfThere(folder);
    };
    return { database, [Symbol.dispose]: dispose };
  } catch (error) {
    removeIfThere(folder);
    if (!(error instanceof DatabaseError)) throw error;
    const message = error.message.replaceAll(`${folder}/${KEPT_FILE}`, path);
    throw new DatabaseError(error.trouble, message);
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

function removeIfThere(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
