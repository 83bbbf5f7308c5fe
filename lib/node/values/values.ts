/**
 * PUT and GET: from a client's wish to what the network is asked.
 *
 * @module
 */

import {
  ID_BYTES,
  STAMP_AHEAD_MAX_MS,
  TTL_DEFAULT_MS,
  VALUE_BYTES_MAX,
} from "../../core/limits.ts";
import {
  PATH_CACHE_TTL_MAX_MS,
  PATH_CACHE_TTL_MIN_MS,
  PROOF_OF_WORK_STEP,
  PUTS_END_LIMIT_MS,
  PUTS_MAX,
} from "../limits.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import { idKey, type NodeId } from "../../core/kademlia/node_id.ts";
import { CACHED_REPLICATION } from "../../core/wire/versions.ts";
import { ProofOfWorkSolver } from "../../core/proof_of_work.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import { NodeBusyError, NodeClosedError, type NodeError } from "../errors.ts";
import type { FoundValue, Lookups } from "../lookup/lookups.ts";
import type { PutOutcome } from "../observer.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports } from "../ports.ts";
import type { Publication, Publisher, Receipt } from "./publisher.ts";
import { type GetOptions, type GetResult, readFromMany, type SearchResult } from "./quorum_read.ts";
import type { Storage } from "../replication/storage.ts";

/** What a client may say about a value; both are clamped to the node's limits. */
export interface PutOptions {
  /** Life in milliseconds; 0 or nothing means the node's default. */
  readonly ttlMs?: number;
  /** Copies; 0 or nothing means the node's default. */
  readonly replication?: number;
  /**
   * Holders that are enough for an answer, while the value is still brought to the others. Without it the
   * receipt comes when all have answered.
   */
  readonly writeQuorum?: number;
}

/** What became of a PUT. */
export interface PutReceipt extends Receipt {
  /** The lifetime that the value got, in milliseconds. */
  readonly ttlMs: number;
}

/** The values of the network, seen from one node. */
export class Values {
  readonly #peers: Peers;
  readonly #lookups: Lookups;
  readonly #storage: Storage;
  readonly #publisher: Publisher;
  readonly #options: NodeOptions;
  readonly #ports: Ports;
  /** PUTs under way by key: a GET on this node already sees their values. */
  readonly #putting = new Map<string, Publication>();
  #underWay = 0;
  #onIdle: (() => void) | null = null;
  #closed = false;

  constructor(
    peers: Peers,
    lookups: Lookups,
    storage: Storage,
    publisher: Publisher,
    options: NodeOptions,
    ports: Ports,
  ) {
    this.#peers = peers;
    this.#lookups = lookups;
    this.#storage = storage;
    this.#publisher = publisher;
    this.#options = options;
    this.#ports = ports;
  }

  /**
   * Stores a value on the nodes closest to its key. `onEnd` gets the receipt when the write quorum has
   * acknowledged the value or, without one, when all have answered; or null and the reason if too many PUTs
   * are under way or the node closes before the work is done.
   *
   * @throws {RangeError} if the key is not 32 bytes, the value not 1 to 65,495, or the write quorum not
   * between 1 and the number of copies.
   */
  put(
    key: NodeId,
    value: Uint8Array,
    options: PutOptions,
    onEnd: (receipt: PutReceipt | null, error: NodeError | null) => void,
  ): void {
    checkKey(key);
    if (value.length === 0) throw new RangeError("Cannot put value: it is empty");
    if (value.length > VALUE_BYTES_MAX) {
      throw new RangeError(
        `Cannot put value: ${value.length} bytes are more than ${VALUE_BYTES_MAX}`,
      );
    }
    const { ttlMaxMs, bucketSize, proofOfWorkBits } = this.#options;
    const copies = Math.min(options.replication || this.#options.replication, bucketSize);
    checkQuorum("write", options.writeQuorum, copies);
    if (this.#closed) return onEnd(null, new NodeClosedError("put value"));
    if (this.#underWay >= PUTS_MAX) return onEnd(null, new NodeBusyError("put value"));
    this.#underWay++;
    const { clock, sha256, random } = this.#ports;
    const startedAt = clock.now();
    const ttlMs = Math.min(options.ttlMs || TTL_DEFAULT_MS, ttlMaxMs);
    const name = idKey(key);
    const start = new Uint8Array(ID_BYTES);
    random.fill(start);
    const draft = {
      key,
      value,
      stamp: this.#nextStamp(key),
      nonce: start as Uint8Array,
      replication: copies,
      expiresAt: startedAt + ttlMs,
    };
    this.#putting.set(name, draft);
    const solver = new ProofOfWorkSolver(start, key, sha256(value), proofOfWorkBits);
    this.#solve(solver, (nonce) => {
      const { observer } = this.#ports;
      const solvedMs = clock.now() - startedAt;
      if (!nonce) {
        observer?.putEnded("failed", 0, solvedMs);
        return onEnd(null, new NodeClosedError("put value"));
      }
      observer?.workProven(solvedMs);
      draft.nonce = nonce;
      this.#publish(name, draft, options.writeQuorum, (receipt) => {
        if (receipt.complete) {
          observer?.putEnded(putOutcome(receipt), receipt.holders.length, clock.now() - startedAt);
        }
      }, (receipt) => onEnd({ ...receipt, ttlMs }, null));
    });
  }

  /** Tells the receipt to `onEnd` once, at the write quorum or at the end; the last one to `onComplete`. */
  #publish(
    name: string,
    draft: Publication,
    writeQuorum: number | undefined,
    onComplete: (receipt: Receipt) => void,
    onEnd: (receipt: Receipt) => void,
  ): void {
    let told = false;
    const onReached = (receipt: Receipt): void => {
      told = true;
      onEnd(receipt);
    };
    this.#publisher.publish(draft, (receipt) => {
      onComplete(receipt);
      this.#afterPut(name, draft, receipt, () => {
        if (!told) onEnd(receipt);
      });
    }, writeQuorum === undefined ? null : { count: writeQuorum, onReached });
  }

  /**
   * Finds a value: here, in a PUT under way, or in the network. `onEnd` may be called at once; with an error
   * if the node is closed or has too much to do.
   */
  get(
    key: NodeId,
    onEnd: (result: GetResult | null, asked: number, error: NodeError | null) => void,
  ): void {
    checkKey(key);
    if (this.#closed) return onEnd(null, 0, new NodeClosedError("get value"));
    const { clock, observer } = this.#ports;
    const startedAt = clock.now();
    const here = this.#here(key, startedAt);
    if (here) {
      observer?.getEnded("here", 0);
      return onEnd(here, 0, null);
    }
    this.#lookups.run({ target: key, forValue: true }, (result) => {
      const outcome = !result ? "failed" : result.found ? "found" : "missed";
      observer?.getEnded(outcome, clock.now() - startedAt);
      if (!result) return onEnd(null, 0, this.#whyNotRead());
      const asked = result.lookup.requests;
      if (!result.found) return onEnd(null, asked, null);
      const { value: { value, stamp, ttlMs }, from, hops } = result.found;
      onEnd({ value, stamp, ttlMs, from, hops, versions: 1 }, asked, null);
      this.#cacheOnPath(result.lookup, result.found);
    });
  }

  /**
   * Finds a value as {@linkcode get} does or, with a read quorum of more than one node, asks the nodes
   * closest to the key until so many have given a version, and takes the newest.
   *
   * @throws {RangeError} if the key is not 32 bytes, or the quorum not between 1 and the bucket size.
   */
  search(
    key: NodeId,
    options: GetOptions,
    onEnd: (result: SearchResult | null, error: NodeError | null) => void,
  ): void {
    const { readQuorum = 1 } = options;
    checkQuorum("read", readQuorum, this.#options.bucketSize);
    if (readQuorum === 1) {
      return this.get(
        key,
        (found, asked, error) => error ? onEnd(null, error) : onEnd({ found, asked }, null),
      );
    }
    checkKey(key);
    if (this.#closed) return onEnd(null, new NodeClosedError("get value"));
    const parts = {
      peers: this.#peers,
      lookups: this.#lookups,
      options: this.#options,
      ports: this.#ports,
    };
    readFromMany({ key, quorum: readQuorum, here: () => this.#here(key) }, parts, (result) => {
      if (result) onEnd(result, null);
      else onEnd(null, this.#whyNotRead());
    });
  }

  /** Why a lookup did not take place, or was not carried to its end. */
  #whyNotRead(): NodeError {
    return this.#closed ? new NodeClosedError("get value") : new NodeBusyError("get value");
  }

  /** What this node has of a key, in its store or in a PUT under way. */
  #here(key: NodeId, now = this.#ports.clock.now()): GetResult | null {
    const here = this.#newestHere(key, now);
    if (!here || here.expiresAt <= now) return null;
    const { value, stamp, expiresAt } = here;
    const from = this.#peers.self;
    return { value, stamp, ttlMs: expiresAt - now, from, hops: 0, versions: 1 };
  }

  /** Calls `onEnd` when no PUT is under way any more, or when waiting has taken long enough. */
  whenIdle(onEnd: () => void): void {
    if (this.#underWay === 0) return onEnd();
    const { clock } = this.#ports;
    const end = () => {
      this.#onIdle = null;
      stopTimer();
      onEnd();
    };
    const stopTimer = clock.runAt(clock.now() + PUTS_END_LIMIT_MS, end);
    this.#onIdle = end;
  }

  #newestHere(key: NodeId, now?: number): Publication | StoredValue | null {
    // Mostly there is none, and a string for the key would be made in vain.
    const putting = this.#putting.size > 0 ? this.#putting.get(idKey(key)) : undefined;
    const stored = this.#storage.get(key, now);
    return putting && (!stored || putting.stamp > stored.stamp) ? putting : stored;
  }

  /** Newer than any version of the key that this node knows, also when two PUTs share a millisecond. */
  #nextStamp(key: NodeId): number {
    const now = this.#ports.clock.unixNow();
    const known = this.#newestHere(key);
    return known && known.stamp < now + STAMP_AHEAD_MAX_MS ? Math.max(now, known.stamp + 1) : now;
  }

  /** Gives up PUTs whose work is not done; the others end with what they wait for. */
  close(): void {
    this.#closed = true;
  }

  /** Most proofs are found in the first step; a hard one lets others have their turn in between. */
  #solve(solver: ProofOfWorkSolver, onSolved: (nonce: Uint8Array | null) => void): void {
    if (this.#closed) return onSolved(null);
    const nonce = solver.step(PROOF_OF_WORK_STEP);
    if (nonce) return onSolved(nonce);
    const { clock } = this.#ports;
    clock.runAt(clock.now(), () => this.#solve(solver, onSolved));
  }

  #afterPut(
    name: string,
    publication: Publication,
    receipt: Receipt,
    onEnd: (receipt: Receipt) => void,
  ): void {
    if (this.#putting.get(name) === publication) this.#putting.delete(name);
    const { self } = this.#peers;
    if (receipt.holders.includes(self)) {
      const entry = this.#storage.get(publication.key);
      if (entry?.stamp === publication.stamp) entry.isOnlyHolder = receipt.holders.length === 1;
    } else {
      this.#keepCached(publication);
    }
    onEnd(receipt);
    if (--this.#underWay === 0) this.#onIdle?.();
  }

  /** For a short time this node reads what it wrote, whoever else would answer first. */
  #keepCached(publication: Publication): void {
    const { key, value, stamp, nonce, expiresAt } = publication;
    const ttlMs = Math.min(expiresAt - this.#ports.clock.now(), PATH_CACHE_TTL_MAX_MS);
    this.#storage.put({ key, value, stamp, nonce, ttlMs, replication: CACHED_REPLICATION }, true);
  }

  /**
   * Path caching: the closest node that was asked and did not have the value gets a copy. Its life
   * halves with every contact seen that is closer to the key, so that copies gather where many ask.
   */
  #cacheOnPath(lookup: Lookup, { value, from }: FoundValue): void {
    const at = lookup.candidates.findIndex(({ state, contact }) =>
      state === "answered" && contact !== from
    );
    const candidate = lookup.candidates[at];
    if (!candidate) return;
    const ttlMs = Math.floor(Math.min(value.ttlMs, PATH_CACHE_TTL_MAX_MS / 2 ** at));
    if (ttlMs < PATH_CACHE_TTL_MIN_MS) return;
    const copy = { ...value, ttlMs, replication: CACHED_REPLICATION };
    this.#peers.ask(candidate.contact, { type: "store", ...copy }, () => {});
  }
}

function putOutcome({ holders, of }: Receipt): PutOutcome {
  if (holders.length >= of) return "stored";
  return holders.length > 0 ? "partly" : "nowhere";
}

function checkQuorum(kind: "read" | "write", quorum: number | undefined, max: number): void {
  if (quorum === undefined || (Number.isInteger(quorum) && quorum >= 1 && quorum <= max)) return;
  throw new RangeError(`${kind} quorum ${quorum} is not between 1 and ${max}`);
}

function checkKey(key: NodeId): void {
  if (key.length !== ID_BYTES) throw new RangeError(`Key of ${key.length} bytes: 32 are needed`);
}
