/**
 * The file of one node on its thread: opened, or put aside and begun anew if it is damaged.
 *
 * @module
 */

import { Database } from "./database.ts";
import { DatabaseError } from "./database_file.ts";

/** One file, open or not. */
export class NodeFile {
  readonly path: string;
  readonly #nodeId: string;
  #database: Database | null = null;

  /** @param nodeId hex. */
  constructor(path: string, nodeId: string) {
    this.path = path;
    this.#nodeId = nodeId;
  }

  /** The database in the file; null while it is not open. */
  get database(): Database | null {
    return this.#database;
  }

  /**
   * Opens the file, which is made if there is none; returns the error if it has to be put aside.
   *
   * @throws {DatabaseError} if it cannot be used otherwise.
   */
  open(): DatabaseError | null {
    try {
      this.#database = new Database(this.path, this.#nodeId);
      return null;
    } catch (error) {
      if (isDamage(error)) return error;
      throw error;
    }
  }

  /** The database; opens or makes the file if one that was damaged could not be replaced before. */
  opened(): Database {
    if (!this.#database && this.open()) this.beginAnew();
    return this.#database!;
  }

  /** Opens the file, though it is damaged, to read what can be read; null if nothing can. */
  openDamaged(): Database | null {
    try {
      return new Database(this.path, null, { isDamaged: true });
    } catch {
      return null;
    }
  }

  /** Puts the file aside and begins a new one; returns the new name of the old one. */
  beginAnew(): string {
    this.close();
    const aside = setAside(this.path);
    this.#database = new Database(this.path, this.#nodeId);
    return aside;
  }

  /** Closes the file if it is open. */
  close(): void {
    this.#database?.close();
    this.#database = null;
  }
}

/** Whether a file has to be put aside. */
export function isDamage(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && ["damaged", "altered"].includes(error.trouble);
}

/** Renames a damaged file, with its log; returns its new name. */
function setAside(path: string): string {
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  Deno.renameSync(path, aside);
  for (const ending of ["-wal", "-shm"]) {
    try {
      Deno.renameSync(path + ending, aside + ending);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return aside;
}
