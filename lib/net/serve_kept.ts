/**
 * A node whose values and contacts outlive its process.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { FrameError, Reader } from "../core/wire/bytes.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { readRecord } from "../core/wire/contact_codec.ts";
import type { HandoverReport } from "../node/replication/handover.ts";
import { type Durability, Journal, JournalError, type Opened } from "../persist/journal.ts";
import { prepare, type PreparedNode, type RunningNode, serve, type ServeOptions } from "./serve.ts";

export type { Durability };

/** What of a node is kept, and where. */
export interface KeepOptions {
  /** The file, which is made if there is none. It belongs to one node, and to one process at a time. */
  readonly file: string;
  /** Whether values are kept, or contacts alone. */
  readonly values: boolean;
  /**
   * With `relaxed` a crash loses what the last 100 ms have brought; with `full` nothing that was acknowledged while
   * the disk worked, and each STORE waits for the disk.
   */
  readonly durability: Durability;
}

/** What a node is made of, and what of it is kept. */
export interface ServeKeptOptions extends ServeOptions {
  /** Without it the node is the same as {@linkcode serve} makes. */
  readonly keep?: KeepOptions | null | undefined;
}

/**
 * Starts a node with what an earlier process of it has kept; it serves when this resolves. If the file cannot be used,
 * or can only be read, the node serves from memory, and its health says why.
 *
 * @throws {JournalError} if another process uses the file.
 * @throws {Error} as {@linkcode serve} does.
 */
export async function serveKept(options: ServeKeptOptions): Promise<RunningNode> {
  const { keep, log } = options;
  if (!keep) return await listening(serve(options));
  let journal: Journal | null = null;
  const prepared = prepare(options, (self) =>
    journal = new Journal({
      path: keep.file,
      nodeId: encodeHex(self.id),
      durability: keep.durability,
      values: keep.values,
      onState: (failure) => {
        if (failure === null) log("info", `${keep.file} is written again: nothing is missing`);
        else log("warn", `Nothing is kept on the disk: ${failure}`);
      },
    }));
  let running: RunningNode;
  try {
    const former = await open(journal!, prepared, options);
    running = closingBoth(prepared.start(former), journal!);
  } catch (error) {
    prepared.abandon();
    throw error;
  }
  return await listening(running);
}

/** A node once peers can connect to it. */
async function listening(running: RunningNode): Promise<RunningNode> {
  try {
    await running.transport.ready();
    return running;
  } catch (error) {
    await running.close();
    throw error;
  }
}

/** Reads the file into the node; returns the contacts. */
async function open(
  journal: Journal,
  prepared: PreparedNode,
  { log, keep }: ServeKeptOptions,
): Promise<Contact[]> {
  const startedAt = performance.now();
  let opened: Opened;
  try {
    opened = await journal.open(prepared.node.followed);
  } catch (error) {
    if (!(error instanceof JournalError) || error.trouble === "inUse") throw error;
    log("warn", `Nothing is kept on the disk: ${error.message}`);
    return [];
  }
  if (opened.failure !== null) log("warn", `Nothing is kept on the disk: ${opened.failure}`);
  for (const damage of opened.damage) log("warn", damage);
  const contacts = opened.contacts.flatMap((record) => toContact(record, prepared) ?? []);
  const ms = Math.round(performance.now() - startedAt);
  log(
    "info",
    `Read ${opened.replicas} values and ${contacts.length} contacts from ${keep!.file} in ${ms} ms`,
  );
  return contacts;
}

/** The contact of a kept record; null if it is none. */
function toContact(record: Uint8Array, { contacts }: PreparedNode): Contact | null {
  try {
    const reader = new Reader(record);
    const contact = readRecord(reader, contacts.toContact);
    reader.end();
    return contact;
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}

/** The journal ends last: what the node does at its end is kept too. */
function closingBoth(running: RunningNode, journal: Journal): RunningNode {
  let closing: Promise<HandoverReport> | null = null;
  const close = () => closing ??= leave(running, journal);
  return { ...running, close, [Symbol.asyncDispose]: async () => void await close() };
}

async function leave(running: RunningNode, journal: Journal): Promise<HandoverReport> {
  const report = await running.close().finally(() => journal.close());
  return { ...report, areKept: journal.keepsValues && journal.failure === null };
}
