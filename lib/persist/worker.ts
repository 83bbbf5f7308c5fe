/**
 * The thread of the file: applies what the node says, so that the node never waits for a disk.
 *
 * @module
 */

import { Writer } from "../core/wire/bytes.ts";
import { asDatabaseError, DatabaseError } from "./database_file.ts";
import { type FileCopy, openCopy } from "./file_copy.ts";
import { Database, type ReadResult } from "./database.ts";
import type { FromFile, Opened, ToFile } from "./messages.ts";
import { readChanges, writeRecord } from "./record.ts";

/** Bytes of replicas that cross to the node's thread at a time. */
const BATCH_BYTES = 1_048_576;
/** Batches on their way at once, so that both threads have work. */
const BATCHES_AHEAD = 4;
/** How far ahead the wall clock may be: what seems to have ended so long ago at most, the node judges. */
const CLOCK_AHEAD_MAX_MS = 26 * 3_600_000;
/** Between a change and the look whether pages are free, which is dear beside a small batch. */
const GIVE_BACK_AFTER_MS = 1_000;
/** How long closing may give free pages back. */
const CLOSE_GIVES_BACK_MS = 500;

declare const self: {
  onmessage: ((event: MessageEvent<ToFile>) => void) | null;
  postMessage(message: FromFile, transfer?: Transferable[]): void;
  close(): void;
};

type Open = Extract<ToFile, { type: "open" }>;
type Retain = Extract<ToFile, { type: "retain" }>;

let database: Database | null = null;
let opening: Open | null = null;
/** Sends the next batch of what the file holds, until all has been sent. */
let sendNext: () => void = () => {};
let isGivingBack = false;
/** The disk has failed, so that nothing is written until the node writes all anew. */
let hasFailed = false;
/** It has failed because the file is damaged. */
let isDamaged = false;

self.onmessage = ({ data }) => {
  switch (data.type) {
    case "open":
      return open(data);
    case "more":
      return sendNext();
    case "batch":
      return attempt((db) => db.apply(readChanges(data.changes), data.keptAt), data.number);
    case "retain":
      return retain(data);
    case "contacts":
      return attempt((db) => db.keepContacts(data.contacts));
    case "close":
      return close(data.keptAt);
  }
};

/** Does something with the file, and answers under a number if there is one. */
function attempt(work: (db: Database) => void, number: number | null = null): void {
  // The node has been told, and what it has sent since would stand beside rows that it takes for gone.
  if (hasFailed) return;
  try {
    work(database ??= openAgain());
    if (number !== null) self.postMessage({ type: "kept", number });
    giveBackLater();
  } catch (error) {
    hasFailed = true;
    isDamaged ||= isDamage(error);
    self.postMessage({ type: "failed", message: (error as Error).message });
  }
}

/**
 * The disk may take writes again: the file is to hold what the node holds. One that was found damaged is put aside. If
 * the disk has no room for another one then, that is made at the next attempt.
 */
function retain({ rows, number }: Retain): void {
  hasFailed = false;
  attempt((db) => {
    if (isDamaged) beginAnew();
    isDamaged = false;
    const lacking = (database ?? db).retain(rows);
    self.postMessage({ type: "lacking", number, rows: lacking });
  });
}

/** Gives free pages back after a time, a part at a time, so that batches do not wait long. */
function giveBackLater(delayMs = GIVE_BACK_AFTER_MS): void {
  if (isGivingBack) return;
  isGivingBack = true;
  setTimeout(() => {
    isGivingBack = false;
    if (giveBack()) giveBackLater(0);
  }, delayMs);
}

/** Whether there is more to be given back. */
function giveBack(): boolean {
  try {
    return database?.giveBack() ?? false;
  } catch {
    return false; // the next write meets the same trouble, and says so
  }
}

function close(keptAt: number): void {
  try {
    if (!hasFailed) database?.noteKeptAt(keptAt);
  } catch {
    // All that counts is on the disk.
  }
  const end = performance.now() + CLOSE_GIVES_BACK_MS;
  while (performance.now() < end && giveBack());
  database?.close();
  database = null;
  self.postMessage({ type: "closed" });
  self.close();
}

function open(message: Open): void {
  opening = message;
  const { path, values, readsAnyway } = message;
  try {
    const trouble = tryOpen();
    if (trouble) return salvage(trouble);
    if (!values) return opened({ count: 0, lastRow: 0, damage: [], isAnew: false });
    sendReplicas(database!, { drops: true }, ({ count, damagedRows, unreadable, lastRow }) => {
      const damage = damagedRows > 0
        ? [`${damagedRows} values of ${path} are damaged and left out`]
        : [];
      if (unreadable === null) return opened({ count, lastRow, damage, isAnew: false });
      const why = `a part of ${path} cannot be read (${unreadable})`;
      openedAnew({ source: database, count, why, damage });
    });
  } catch (error) {
    const failure = asDatabaseError(error, path);
    if (failure.trouble !== "disk" || !readsAnyway || !readCopy(failure)) refuse(failure, path);
  }
}

/** Reads a file that cannot be written now; returns whether that can be done. */
function readCopy({ message: failure }: DatabaseError): boolean {
  const { path, nodeId, values } = opening!;
  let copy: FileCopy;
  try {
    copy = openCopy(path, nodeId);
  } catch {
    return false;
  }
  const end = (count: number): void => {
    const contacts = copy.database.contacts();
    copy[Symbol.dispose]();
    const found = { contacts, replicas: count, nextRow: 1, damage: [], isAnew: false, failure };
    self.postMessage({ type: "opened", opened: found });
  };
  if (values) sendReplicas(copy.database, { drops: false }, ({ count }) => end(count));
  else end(0);
  return true;
}

/** Opens the file; returns the error if it has to be put aside. */
function tryOpen(): DatabaseError | null {
  const { path, nodeId } = opening!;
  try {
    database = new Database(path, nodeId);
    return null;
  } catch (error) {
    if (isDamage(error)) return error;
    throw error;
  }
}

/** Opens or makes the file after the one that was damaged could not be replaced. */
function openAgain(): Database {
  if (tryOpen()) beginAnew();
  return database!;
}

/** Reads what can be read of a file that is damaged. */
function salvage({ trouble, message }: DatabaseError): void {
  const { path, values } = opening!;
  const source = trouble === "damaged" ? openDamaged(path) : null;
  const why = trouble === "damaged" ? `${path} is damaged and cannot be read` : message;
  const end = (count: number) => openedAnew({ source, count, why, damage: [] });
  if (source && values) sendReplicas(source, { drops: false }, ({ count }) => end(count));
  else end(0);
}

function openDamaged(path: string): Database | null {
  try {
    return new Database(path, null, { isDamaged: true });
  } catch {
    return null;
  }
}

/** What could be read of a file has crossed to the node, which writes it anew: the file is put aside. */
function openedAnew(
  { source, count, why, damage }: {
    source: Database | null;
    count: number;
    why: string;
    damage: string[];
  },
): void {
  const contacts = source?.contacts() ?? [];
  source?.close();
  database = null;
  const aside = beginAnew();
  // The one that was seen last comes first.
  database!.keepContacts(contacts.map((record, i) => ({ record, lastSeenAt: -i })));
  const rest = count + contacts.length === 0
    ? ""
    : `, and the ${count} values and ${contacts.length} contacts that could be read are kept anew`;
  opened({
    count,
    lastRow: 0,
    damage: [...damage, `${why}: it is now ${aside}${rest}`],
    isAnew: true,
  });
}

/** Puts the file aside and begins a new one; returns the new name of the old one. */
function beginAnew(): string {
  const { path, nodeId } = opening!;
  database?.close();
  database = null;
  const aside = setAside(path);
  database = new Database(path, nodeId);
  return aside;
}

function opened(
  { count, lastRow, damage, isAnew }:
    & { count: number; lastRow: number }
    & Pick<Opened, "damage" | "isAnew">,
): void {
  const contacts = database!.contacts();
  const nextRow = lastRow + 1;
  const found = { contacts, replicas: count, nextRow, damage, isAnew, failure: null };
  self.postMessage({ type: "opened", opened: found });
  giveBackLater();
}

function refuse(error: unknown, path: string): void {
  const { trouble, message } = asDatabaseError(error, path);
  self.postMessage({ type: "refused", trouble, message });
}

/** Whether a file has to be put aside. */
function isDamage(error: unknown): error is DatabaseError {
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

/** Sends all that the file holds, as fast as the node takes it in. */
function sendReplicas(
  db: Database,
  { drops }: { readonly drops: boolean },
  onEnd: (result: ReadResult & { count: number }) => void,
): void {
  const keptAt = db.keptAt();
  if (keptAt !== null) self.postMessage({ type: "keptAt", time: keptAt });
  const rows = db.read(Date.now() - CLOCK_AHEAD_MAX_MS, { drops });
  const writer = new Writer(2 * BATCH_BYTES);
  let count = 0;
  sendNext = () => {
    try {
      for (;;) {
        const next = rows.next();
        if (!next.done) {
          count++;
          writeRecord(writer, next.value.row, next.value.record);
          if (writer.length < BATCH_BYTES) continue;
        }
        const changes = writer.written.slice();
        writer.clear(2 * BATCH_BYTES);
        self.postMessage({ type: "replicas", changes }, [changes.buffer]);
        if (!next.done) return;
        sendNext = () => {};
        return onEnd({ ...next.value, count });
      }
    } catch (error) {
      sendNext = () => {};
      refuse(error, opening!.path);
    }
  };
  for (let i = 0; i < BATCHES_AHEAD; i++) sendNext();
}
