/**
 * Looks for a newer version of a value that a node which was away is asked for, before it gives its own.
 *
 * Where a value has a single replica nobody shares it, so that no comparison tells that another node has taken a newer
 * version meanwhile. It is one of those closest to the key.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { CATCHING_UP_ASKED, CATCHING_UP_DELAY_MS } from "../limits.ts";
import type { Storage } from "../replication/storage.ts";
import { gather, type GatherParts } from "./gather.ts";

/** What looking takes of a node's parts. */
export interface NewerVersionsParts extends GatherParts {
  readonly table: RoutingTable;
  readonly storage: Storage;
}

/** The searches of one node. */
export class NewerVersions {
  readonly #parts: NewerVersionsParts;
  /** Who waits for a search under way, by key. */
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(parts: NewerVersionsParts) {
    this.#parts = parts;
  }

  /**
   * Asks the contacts closest to a key, and takes what is newer. Calls back when they have answered, or a little later:
   * two nodes that were away may wait for each other.
   */
  lookFor(key: NodeId, onEnd: () => void): void {
    const name = idKey(key);
    const others = this.#waiting.get(name);
    if (others) return void others.push(onEnd);
    const waiting = [onEnd];
    this.#waiting.set(name, waiting);
    const { table, ports: { clock } } = this.#parts;
    const end = (): void => {
      if (this.#waiting.get(name) !== waiting) return;
      this.#waiting.delete(name);
      stopTimer();
      for (const ends of waiting) ends();
    };
    const stopTimer = clock.runAt(clock.now() + CATCHING_UP_DELAY_MS, end);
    const contacts = table.closest(key, CATCHING_UP_ASKED);
    // A node that has not joined yet gives the asker the time to turn to others.
    if (contacts.length > 0) this.#ask(key, contacts, end);
  }

  #ask(key: NodeId, contacts: readonly Contact[], onEnd: () => void): void {
    const { storage } = this.#parts;
    gather({ key, contacts, missing: () => Infinity }, this.#parts, (answers) => {
      for (const { value } of answers) {
        const held = storage.get(key);
        if (value && held && value.stamp > held.stamp) storage.take(value);
      }
      onEnd();
    });
  }
}
