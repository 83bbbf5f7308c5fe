/**
 * The thread of the file: applies what the node says, so that the node never waits for a disk.
 *
 * @module
 */

import type { Database } from "./database.ts";
import { FirstRead, type Open } from "./first_read.ts";
import type { FromFile, ToFile } from "../messages.ts";
import { isDamage, NodeFile } from "./node_file.ts";
import { readChanges } from "../record.ts";

/** Between a change and the look whether pages are free, which is dear beside a small batch. */
const GIVE_BACK_AFTER_MS = 1_000;
/** How long closing may give free pages back. */
const CLOSE_GIVES_BACK_MS = 500;

declare const self: {
  onmessage: ((event: MessageEvent<ToFile>) => void) | null;
  postMessage(message: FromFile, transfer?: Transferable[]): void;
  close(): void;
};

type Retain = Extract<ToFile, { type: "retain" }>;

/** Both are there from the first message on, which opens the file. */
let file: NodeFile;
let firstRead: FirstRead;
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
      return firstRead.more();
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

function open(request: Open): void {
  file = new NodeFile(request.path, request.nodeId);
  firstRead = new FirstRead({
    request,
    file,
    post: (message, transfer) => self.postMessage(message, transfer),
    onOpened: () => giveBackLater(),
  });
  firstRead.start();
}

/** Does something with the file, and answers under a number if there is one. */
function attempt(work: (db: Database) => void, number: number | null = null): void {
  // The node has been told, and what it has sent since would stand beside rows that it takes for gone.
  if (hasFailed) return;
  try {
    work(file.opened());
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
  attempt(() => {
    if (isDamaged) file.beginAnew();
    isDamaged = false;
    const lacking = file.opened().retain(rows);
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
    return file.database?.giveBack() ?? false;
  } catch {
    return false; // the next write meets the same trouble, and says so
  }
}

function close(keptAt: number): void {
  try {
    if (!hasFailed) file.database?.noteKeptAt(keptAt);
  } catch {
    // All that counts is on the disk.
  }
  const end = performance.now() + CLOSE_GIVES_BACK_MS;
  while (performance.now() < end && giveBack());
  file.close();
  self.postMessage({ type: "closed" });
  self.close();
}
