/**
 * PUT: proves the work for a value, places it, and reports which nodes hold it.
 *
 * @module
 */

import { indexOfContact } from "../../core/kademlia/contact.ts";
import { ID_BYTES, TTL_DEFAULT_MS } from "../../core/limits.ts";
import { claimOf, ProofOfWorkSolver } from "../../core/proof_of_work.ts";
import type { StoredValue } from "../../core/store/stored_value.ts";
import type { NodeContext } from "../context.ts";
import { NodeBusyError, NodeClosedError } from "../errors.ts";
import { PROOF_OF_WORK_STEP, PUTS_END_LIMIT_MS, PUTS_MAX } from "../limits.ts";
import type { PutOutcome } from "../observer.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Republisher } from "../replication/republisher.ts";
import type { Storage } from "../replication/storage.ts";
import { restamp } from "./displaced.ts";
import type { LocalValues } from "./local_values.ts";
import { checkPut, type OnPutEnd, type PutRequest } from "./operations.ts";
import type { NewestRead } from "./newest_read.ts";
import type { PathCache } from "./path_cache.ts";
import type { Placement, Receipt } from "./placement.ts";
import { asPublication, type Publication } from "./publication.ts";

/** A nonce before the work. */
const UNPROVEN = new Uint8Array(ID_BYTES);

/** What putting takes of a node's parts. */
export interface PutsParts extends NodeContext {
  readonly rpc: Rpc;
  readonly storage: Storage;
  readonly placement: Placement;
  readonly localValues: LocalValues;
  readonly newestRead: NewestRead;
  readonly pathCache: PathCache;
  readonly republisher: Republisher;
}

/** The PUTs of one node. */
export class Puts {
  readonly #parts: PutsParts;
  #underWay = 0;
  #onIdle: (() => void) | null = null;
  #isLeaving = false;
  #closed = false;

  constructor(parts: PutsParts) {
    this.#parts = parts;
  }

  /**
   * Stores a value on the nodes closest to its key. `onEnd` gets the receipt when the write quorum has
   * acknowledged the value or, without one, when all have answered; an error if too many PUTs are under way
   * or the node closes before the work is proven.
   *
   * @throws {RangeError} if the request is not within the limits; see {@linkcode checkPut}.
   */
  put(request: PutRequest, onEnd: OnPutEnd): void {
    const { options, localValues, time, ports: { clock, observer } } = this.#parts;
    const replication = checkPut(request, options);
    if (this.#isLeaving || this.#closed) return onEnd(null, new NodeClosedError("put value"));
    if (this.#underWay >= PUTS_MAX) return onEnd(null, new NodeBusyError("put value"));
    this.#underWay++;
    const startedAt = clock.now();
    const { key, value, writeQuorum } = request;
    const ttlMs = Math.min(request.ttlMs || TTL_DEFAULT_MS, options.ttlMaxMs);
    const stamp = localValues.nextStamp(key);
    const expiresAt = Math.max(Math.ceil(time.now() + ttlMs), stamp + 1);
    const said = { key, value, stamp, expiresAt, replication, replicas: replication };
    const timeAheadMs = time.now() - startedAt;
    this.#prove({ ...said, nonce: UNPROVEN }, (publication) => {
      const solvedMs = clock.now() - startedAt;
      if (!publication) {
        observer?.putEnded({ outcome: "failed", holders: 0, ms: solvedMs });
        onEnd(null, new NodeClosedError("put value"));
        return this.#finish();
      }
      observer?.workProven(solvedMs);
      const report = (receipt: Receipt): void => onEnd({ ...receipt, ttlMs }, null);
      this.#place(publication, { writeQuorum, startedAt, timeAheadMs, report });
    });
  }

  /** Puts what this node holds again, dated later by so much or, if negative, earlier: its stamp is wrong. */
  dateAnew(entry: StoredValue, byMs: number, onEnd: () => void): void {
    if (this.#isLeaving || this.#closed || this.#underWay >= PUTS_MAX) return onEnd();
    this.#underWay++;
    const { storage, localValues, newestRead, time, ports: { clock } } = this.#parts;
    const startedAt = clock.now();
    const timeAheadMs = time.now() - startedAt;
    const { stamp: wrong, expiresAt: wrongEnd, ...said } = asPublication(entry);
    // Others may have taken one that is not ahead of the time: the right one is to replace it.
    const stamp = Math.max(wrong + byMs, wrong > time.now() ? 0 : wrong + 1);
    const expiresAt = Math.max(wrongEnd + byMs, stamp + 1);
    const dated = { ...said, stamp, expiresAt, nonce: UNPROVEN };
    this.#prove(dated, (publication) => {
      if (publication && entry.isHeld) {
        newestRead.forget(publication.key);
        storage.drop(entry);
        this.#place(publication, { writeQuorum: undefined, startedAt, timeAheadMs, report: onEnd });
        return;
      }
      // Replaced meanwhile, or the node has been closed.
      if (publication) localValues.end(publication);
      onEnd();
      this.#finish();
    });
  }

  /**
   * Begins no more PUTs, and calls `onEnd` when none is under way any more: until a time at the latest, or when
   * waiting has taken long enough.
   */
  whenIdle(until: number, onEnd: () => void): void {
    this.#isLeaving = true;
    if (this.#underWay === 0) return onEnd();
    const { clock } = this.#parts.ports;
    const end = (): void => {
      this.#onIdle = null;
      stopTimer();
      onEnd();
    };
    const stopTimer = clock.runAt(Math.min(until, clock.now() + PUTS_END_LIMIT_MS), end);
    this.#onIdle = end;
  }

  /** Gives up PUTs whose work is not proven; the others end with what they wait for. */
  close(): void {
    this.#closed = true;
  }

  /** Shows a value to GETs of this node, and finds the nonce for it; gives null, and shows it no more, if it is not to be found. */
  #prove(unproven: Publication, onProven: (publication: Publication | null) => void): void {
    const { options, localValues, ports: { random, sha256 } } = this.#parts;
    localValues.begin(unproven);
    const start = new Uint8Array(ID_BYTES);
    random.fill(start);
    const claim = claimOf(unproven, sha256);
    const solver = new ProofOfWorkSolver(start, claim, options.proofOfWorkBits);
    this.#solve(solver, (nonce) => {
      localValues.end(unproven);
      if (!nonce) return onProven(null);
      const publication = { ...unproven, nonce };
      localValues.begin(publication);
      onProven(publication);
    });
  }

  /** Most proofs are found in the first step; a hard one lets other work have its turn in between. */
  #solve(solver: ProofOfWorkSolver, onSolved: (nonce: Uint8Array | null) => void): void {
    if (this.#closed) return onSolved(null);
    const nonce = solver.step(PROOF_OF_WORK_STEP);
    if (nonce) return onSolved(nonce);
    const { clock } = this.#parts.ports;
    clock.runAt(clock.now(), () => this.#solve(solver, onSolved));
  }

  /** Reports once: at the write quorum, or when all STOREs have ended. */
  #place(publication: Publication, options: PlaceOptions): void {
    const { writeQuorum, startedAt, timeAheadMs, report } = options;
    const { placement, localValues, newestRead, time, ports: { clock, observer } } = this.#parts;
    let isReported = false;
    const onReached = (receipt: Receipt): void => {
      isReported = true;
      newestRead.noteSure(publication.key, publication);
      report(receipt);
    };
    const end = (placed: Publication, receipt: Receipt): void => {
      const ms = clock.now() - startedAt;
      observer?.putEnded({ outcome: outcomeOf(receipt), holders: receipt.holders.length, ms });
      this.#keepOwn(placed, receipt);
      if (!isReported) report(receipt);
      this.#finish();
    };
    const quorum = writeQuorum === undefined ? undefined : { count: writeQuorum, onReached };
    const onEnd = (receipt: Receipt): void => {
      const timeMovedMs = time.now() - clock.now() - timeAheadMs;
      restamp({ publication, receipt, timeMovedMs }, this.#parts, (again) => {
        if (!again || this.#closed) return end(publication, receipt);
        localValues.end(publication);
        this.#prove({ ...again, nonce: UNPROVEN }, (proven) => {
          if (!proven) return end(publication, receipt);
          placement.publish(proven, { onEnd: (receipt) => end(proven, receipt) });
        });
      });
    };
    placement.publish(publication, { onEnd, quorum });
  }

  #keepOwn(publication: Publication, receipt: Receipt): void {
    const { self, storage, localValues, newestRead, pathCache, republisher } = this.#parts;
    const { holders } = receipt;
    localValues.end(publication);
    if (holders.length > 0) newestRead.noteSure(publication.key, publication);
    if (indexOfContact(holders, self) < 0) return pathCache.cacheHere(publication);
    const entry = storage.get(publication.key);
    if (entry?.stamp !== publication.stamp) return;
    entry.isOnlyHolder = holders.length === 1;
    republisher.followUp(entry, receipt);
  }

  #finish(): void {
    if (--this.#underWay === 0) this.#onIdle?.();
  }
}

/** How a value is placed for a PUT. */
interface PlaceOptions {
  readonly writeQuorum: number | undefined;
  readonly startedAt: number;
  /** By how much the network's time was ahead of the clock when the value was stamped. */
  readonly timeAheadMs: number;
  readonly report: (receipt: Receipt) => void;
}

function outcomeOf({ holders, of }: Receipt): PutOutcome {
  if (holders.length >= of) return "stored";
  return holders.length > 0 ? "partly" : "nowhere";
}
