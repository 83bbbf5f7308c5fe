/**
 * Drops versions that were replaced while this node was away, by newer ones that have ended since.
 *
 * Nobody holds the newer version any more, so that nobody can bring it; the nodes that held it remember that it was
 * there. One of them could lie: a version is dropped when most of those that should hold it agree.
 *
 * @module
 */

import { forgetOldest } from "../../core/forget_oldest.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { idKey } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { Version } from "../../core/repair/version.ts";
import type { NodeContext } from "../context.ts";
import type { Storage } from "./storage.ts";

/** Versions that are watched; of more, the one that was noted first is forgotten. */
const WATCHED_MAX = 10_000;

/** What this takes of a node's parts. */
export interface ReplacedVersionsParts extends NodeContext {
  readonly table: RoutingTable;
  readonly storage: Storage;
}

/** What this calls. */
export interface ReplacedVersionsHooks {
  /** A contact should hold a version that another one says was replaced: it is to be asked as well. */
  onDoubt(contact: Contact): void;
}

interface Watched {
  readonly stamp: number;
  readonly saidBy: ContactMap<true>;
}

/** The versions of one node that others say were replaced. */
export class ReplacedVersions {
  readonly #parts: ReplacedVersionsParts;
  readonly #hooks: ReplacedVersionsHooks;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: ReplacedVersionsParts, hooks: ReplacedVersionsHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
  }

  /** A contact says that a version was replaced. */
  note(version: Version, contact: Contact): void {
    const { storage } = this.#parts;
    const name = idKey(version.key);
    let watched = this.#watched.get(name);
    if (watched?.stamp !== version.stamp) watched = this.#watch(name, version);
    const { saidBy } = watched;
    const isNews = !saidBy.get(contact);
    saidBy.set(contact, true);
    const others = this.#others(version);
    const left = others.filter((other) => !saidBy.get(other));
    if (left.length < others.length / 2) {
      this.#watched.delete(name);
      storage.retire(version);
    } else if (isNews) { for (const other of left) this.#hooks.onDoubt(other); }
  }

  #watch(name: string, { stamp }: Version): Watched {
    const watched = { stamp, saidBy: new ContactMap<true>() };
    this.#watched.set(name, watched);
    forgetOldest(this.#watched, WATCHED_MAX);
    return watched;
  }

  /** The other nodes that should hold a version, of those that are known; what others have said counts for nothing. */
  #others({ key, replication }: Version): Contact[] {
    return this.#parts.table.closest(key, Math.max(1, replication - 1));
  }
}
