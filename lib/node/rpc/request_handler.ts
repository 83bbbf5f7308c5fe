/**
 * What a node answers to a peer's request.
 *
 * @module
 */

import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "../../core/limits.ts";
import { STORES_BURST_MAX, STORES_PER_SECOND_MAX } from "../limits.ts";
import type { PeerAnswer, PeerRequest, StoreStatus, TimedValue } from "../../core/wire/messages.ts";
import { sameContact } from "../../core/kademlia/contact.ts";
import { CACHED_REPLICATION } from "../../core/wire/versions.ts";
import { compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import { verifyProofOfWork } from "../../core/proof_of_work.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "./peers.ts";
import type { Origin, Ports } from "../ports.ts";
import type { Storage } from "../replication/storage.ts";

/** Answers peers. */
export class RequestHandler {
  readonly #peers: Peers;
  readonly #storage: Storage;
  readonly #options: NodeOptions;
  readonly #ports: Ports;

  constructor(peers: Peers, storage: Storage, options: NodeOptions, ports: Ports) {
    this.#peers = peers;
    this.#storage = storage;
    this.#options = options;
    this.#ports = ports;
  }

  /** The answer to a request; every request gets one. */
  handle(request: PeerRequest, origin: Origin): PeerAnswer {
    if (origin.contact) this.#peers.heardFrom(origin.contact);
    this.#ports.observer?.requestHandled(request.type);
    switch (request.type) {
      case "ping":
        this.#peers.checkIntroduction(request.sender, origin);
        return { type: "pong" };
      case "store": {
        const status = this.#store(request, origin);
        this.#ports.observer?.storeJudged(status);
        return { type: "stored", status };
      }
      case "findNode":
        return this.#closest(request.key, request.amount, origin);
      case "findValue": {
        const entry = this.#storage.get(request.key);
        if (!entry) return this.#closest(request.key, request.amount, origin);
        return { type: "foundValue", ...this.#storage.asTimed(entry) };
      }
    }
  }

  /** The closest contacts known, without the asker, who knows itself. */
  #closest(key: NodeId, amount: number, origin: Origin): PeerAnswer {
    const wanted = Math.min(amount, this.#options.bucketSize);
    const contacts = this.#peers.table.closest(key, wanted + 1)
      .filter((contact) => !origin.contact || !sameContact(contact, origin.contact));
    return { type: "foundNode", contacts: contacts.slice(0, wanted) };
  }

  #store(request: TimedValue, origin: Origin): StoreStatus {
    const { clock, sha256 } = this.#ports;
    const { proofOfWorkBits } = this.#options;
    if (!this.#mayStore(origin)) return "tooManyRequests";
    const { nonce, key, value, stamp } = request;
    if (value.length > VALUE_BYTES_MAX) return "tooLarge";
    if (!verifyProofOfWork(sha256, nonce, key, value, proofOfWorkBits)) return "weakProofOfWork";
    if (stamp > clock.unixNow() + STAMP_AHEAD_MAX_MS) return "stampAhead";
    const before = this.#storage.get(key)?.stamp ?? stamp;
    const status = this.#storage.take(request);
    const held = request.replication === CACHED_REPLICATION ? null : this.#storage.get(key);
    if (!held) return status;
    // Two versions are about, or this one is where nobody looks first: others may not know the newest.
    if (before !== stamp) held.hasConflict = true;
    if (before !== stamp || this.#isAstray(key, held.replication)) {
      this.#storage.republishSoon(held);
    }
    return status;
  }

  /**
   * Whether a value belongs to others: enough nodes are known that are closer to its key. Republishing
   * then brings it there, or a newer version of it here.
   */
  #isAstray(key: NodeId, replication: number): boolean {
    const { table, self } = this.#peers;
    const last = table.closest(key, replication)[replication - 1];
    return last !== undefined && compareDistance(key, last.id, self.id) < 0;
  }

  /** Counts one STORE against what a connection may send. */
  #mayStore(origin: Origin): boolean {
    const now = this.#ports.clock.now();
    const earned = (now - origin.storesCountedAt) / 1_000 * STORES_PER_SECOND_MAX;
    origin.storesLeft = Math.min(STORES_BURST_MAX, origin.storesLeft + earned);
    origin.storesCountedAt = now;
    if (origin.storesLeft < 1) return false;
    origin.storesLeft--;
    return true;
  }
}
