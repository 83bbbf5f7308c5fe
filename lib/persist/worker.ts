/**
 * The thread of the file: applies what the node says, so that the node never waits for a disk.
 *
 * @module
 */

import { Writer } from "../core/wire/bytes.ts";
import { type Damage, Database, DatabaseError } from "./database.ts";
import type { FromFile, Opened, ToFile } from "./messages.ts";
import { readChanges, writeAdd } from "./record.ts";

/** Bytes of replicas that cross to the node's thread at a time. */
const BATCH_BYTES = 1_048_576;

declare const self: {
  onmessage: ((event: MessageEvent<ToFile>) => void) | null;
  postMessage(message: FromFile, transfer?: Transferable[]): void;
  close(): void;
};

let database: Database | null = null;

self.onmessage = ({ data }) => {
  switch (data.type) {
    case "open":
      return open(data.path, data.nodeId);
    case "batch":
      return attempt(data.number, (db) => db.apply(readChanges(data.changes)));
    case "beginRewrite":
      return attempt(-1, (db) => db.beginRewrite());
    case "endRewrite":
      return attempt(data.number, (db) => db.endRewrite());
    case "contacts":
      return attempt(-1, (db) => db.keepContacts(data.contacts));
    case "close":
      database?.close();
      self.postMessage({ type: "closed" });
      return self.close();
  }
};

/** Does something with the file and answers under a number, if it is not negative. */
function attempt(number: number, work: (db: Database) => void): void {
  try {
    if (!database) throw new DatabaseError("Cannot write: no file is open");
    work(database);
    if (number >= 0) self.postMessage({ type: "kept", number });
  } catch (error) {
    self.postMessage({ type: "failed", number, message: (error as Error).message });
  }
}

function open(path: string, nodeId: string): void {
  try {
    const { db, asideBefore } = openOrSetAside(path, nodeId);
    database = db;
    const read = sendReplicas(db);
    let movedTo = asideBefore;
    if (read.damage.reason !== null) {
      // What could be read has crossed to the node, which writes it anew.
      db.close();
      movedTo = setAside(path);
      database = new Database(path, nodeId);
    }
    const isWhole = read.damage.rows === 0 && movedTo === null;
    const opened: Opened = {
      contacts: database.contacts(),
      replicas: read.count,
      nextRow: read.lastRow + 1,
      damage: isWhole ? null : { ...read.damage, movedTo },
    };
    self.postMessage({ type: "opened", opened });
  } catch (error) {
    self.postMessage({ type: "refused", message: (error as Error).message });
  }
}

/** Opens the file; one that SQLite cannot read at all is put aside first. */
function openOrSetAside(
  path: string,
  nodeId: string,
): { db: Database; asideBefore: string | null } {
  try {
    return { db: new Database(path, nodeId), asideBefore: null };
  } catch (error) {
    if (!(error instanceof DatabaseError && error.isDamage)) throw error;
    const asideBefore = setAside(path);
    return { db: new Database(path, nodeId), asideBefore };
  }
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

function sendReplicas(db: Database): { damage: Damage; count: number; lastRow: number } {
  const writer = new Writer(BATCH_BYTES);
  let count = 0;
  let lastRow = 0;
  const send = (): void => {
    const changes = writer.written.slice();
    writer.clear(2 * BATCH_BYTES);
    self.postMessage({ type: "replicas", changes }, [changes.buffer]);
  };
  const damage = db.read(Date.now(), (replica) => {
    count++;
    lastRow = replica.row;
    writeAdd(writer, replica);
    if (writer.length >= BATCH_BYTES) send();
  });
  if (writer.length > 0) send();
  return { damage, count, lastRow };
}
