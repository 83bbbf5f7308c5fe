/**
 * Carries lookups out: asks whom the state machine names, in time, and reports the end.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { LOOKUP_PATHS, LOOKUPS_MAX, LOOKUPS_WAITING_MAX } from "../limits.ts";
import { STAMP_AHEAD_MAX_MS, VALUE_BYTES_MAX } from "../../core/limits.ts";
import { Lookup } from "../../core/kademlia/lookup.ts";
import type { PeerAnswer, TimedValue } from "../../core/wire/messages.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { verifyProofOfWork } from "../../core/proof_of_work.ts";
import { Alarm } from "../alarm.ts";
import type { LookupOutcome } from "../observer.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports, RequestFailure } from "../ports.ts";

/** What a lookup found. */
export interface LookupResult {
  /** The closest contacts that answered, closest first. */
  readonly closest: readonly Contact[];
  /** The value, if one was looked for and found. */
  readonly found: FoundValue | null;
  /** The machine at its end: who was asked, and what came of it. */
  readonly lookup: Lookup;
}

/** A value and where it was found. */
export interface FoundValue {
  readonly value: TimedValue;
  readonly from: Contact;
  /** Requests in a row that led there. */
  readonly hops: number;
}

/** Called once, at the end; with null if the node is too busy or closing. */
export type OnLookupEnd = (result: LookupResult | null) => void;

/** What to look for. */
export interface LookupTask {
  readonly target: NodeId;
  readonly forValue: boolean;
  /** Whether one path will do: for filling the table, where being led astray costs little. */
  readonly onePath?: boolean;
  /** Whom to start with besides the routing table. */
  readonly seeds?: readonly Contact[];
  /** Told each request and what came of it, for a lookup that is to be explained. */
  readonly trace?: LookupTrace;
}

/** Follows one lookup. */
export interface LookupTrace {
  /** A contact is asked. */
  asked(contact: Contact): void;
  /** What it gave; also after the lookup has ended. */
  answered(contact: Contact, answer: PeerAnswer | null, failure: RequestFailure | null): void;
}

/** The lookups of one node. */
export class Lookups {
  readonly #peers: Peers;
  readonly #options: NodeOptions;
  readonly #ports: Ports;
  readonly #running = new Set<RunningLookup>();
  readonly #waiting: { task: LookupTask; onEnd: OnLookupEnd }[] = [];
  #closed = false;

  constructor(peers: Peers, options: NodeOptions, ports: Ports) {
    this.#peers = peers;
    this.#options = options;
    this.#ports = ports;
  }

  /** Starts a lookup, or queues it when many are under way. `onEnd` may be called before this returns. */
  run(task: LookupTask, onEnd: OnLookupEnd): void {
    if (this.#closed || this.#waiting.length >= LOOKUPS_WAITING_MAX) onEnd(null);
    else if (this.#running.size >= LOOKUPS_MAX) this.#waiting.push({ task, onEnd });
    else this.#start(task, onEnd);
  }

  /** Ends all lookups with null. */
  close(): void {
    this.#closed = true;
    for (const { onEnd } of this.#waiting.splice(0)) onEnd(null);
    for (const running of this.#running) running.abort();
  }

  #start(task: LookupTask, onEnd: OnLookupEnd): void {
    const { target, forValue, onePath = false, seeds = [] } = task;
    const { table, self } = this.#peers;
    const { bucketSize, parallelism } = this.#options;
    table.markLookedUp(target, this.#ports.clock.now());
    const surely = forValue ? this.#peers.knownNear(target, bucketSize) : null;
    let known = surely ?? table.closest(target, bucketSize);
    if (known.length < bucketSize) known = table.closest(target, bucketSize, true);
    const lookup = new Lookup(
      {
        target,
        ownId: self.id,
        amount: bucketSize,
        // Where the closest are known, the first of them has the value, or nearly always.
        parallelism: surely ? 1 : parallelism,
        forValue,
        paths: onePath ? 1 : LOOKUP_PATHS,
      },
      [...known, ...seeds],
    );
    const { observer, clock } = this.#ports;
    const startedAt = observer ? clock.now() : 0;
    const running = new RunningLookup(lookup, this.#peers, this.#options, this.#ports, (result) => {
      this.#running.delete(running);
      if (result && !result.found) table.noteExplored(target, clock.now());
      if (observer) {
        const outcome = outcomeOf(result, forValue);
        observer.lookupEnded(
          outcome,
          depthOf(result, lookup),
          lookup.requests,
          clock.now() - startedAt,
        );
      }
      onEnd(result);
      this.#startWaiting();
    });
    running.trace = task.trace ?? null;
    this.#running.add(running);
    running.step();
  }

  #startWaiting(): void {
    while (this.#running.size < LOOKUPS_MAX) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#start(next.task, next.onEnd);
    }
  }
}

/** One lookup under way. */
class RunningLookup {
  readonly #lookup: Lookup;
  readonly #peers: Peers;
  readonly #options: NodeOptions;
  readonly #ports: Ports;
  readonly #onEnd: OnLookupEnd;
  readonly #alarm: Alarm;
  #ended = false;
  /** See {@linkcode LookupTask}. */
  trace: LookupTrace | null = null;

  constructor(
    lookup: Lookup,
    peers: Peers,
    options: NodeOptions,
    ports: Ports,
    onEnd: OnLookupEnd,
  ) {
    this.#lookup = lookup;
    this.#peers = peers;
    this.#options = options;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#alarm = new Alarm(ports.clock, () => this.step());
  }

  /** Asks whoever is next, or ends. */
  step(): void {
    if (this.#ended) return;
    const now = this.#ports.clock.now();
    const ask = this.#lookup.next(now, this.#peers);
    if (this.#lookup.done) {
      this.#end(null);
      return;
    }
    for (const contact of ask) this.#ask(contact);
    this.#alarm.setFor(this.#lookup.wakeAt);
  }

  /** Ends without a result. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#alarm.stop();
    this.#onEnd(null);
  }

  #ask(contact: Contact): void {
    const { target: key, amount, forValue } = this.#lookup.options;
    const type = forValue ? "findValue" : "findNode";
    const { trace } = this;
    trace?.asked(contact);
    this.#peers.ask(contact, { type, key, amount }, (answer, failure) => {
      trace?.answered(contact, answer, failure);
      if (this.#ended) return; // late; the table has learned from it all the same
      this.#take(contact, answer);
    });
  }

  #take(contact: Contact, answer: PeerAnswer | null): void {
    if (answer?.type === "foundValue" && isValidValue(answer, this.#options, this.#ports)) {
      const { type: _, ...value } = answer;
      this.#end({ value, from: contact, hops: this.#lookup.onValue(contact) });
      return;
    }
    if (answer?.type === "foundNode") this.#lookup.onAnswer(contact, answer.contacts);
    else this.#lookup.onFailure(contact);
    this.step();
  }

  #end(found: FoundValue | null): void {
    this.#ended = true;
    this.#alarm.stop();
    this.#onEnd({ closest: this.#lookup.closest(), found, lookup: this.#lookup });
  }
}

function outcomeOf(result: LookupResult | null, forValue: boolean): LookupOutcome {
  if (!result) return "failed";
  if (!forValue) return "closest";
  return result.found ? "found" : "notFound";
}

/** Requests in a row that led to the value, or else to the deepest contact that answered. */
function depthOf(result: LookupResult | null, lookup: Lookup): number {
  if (result?.found) return result.found.hops;
  let depth = 0;
  for (const { state, hops } of lookup.candidates) {
    if (state === "answered" && hops > depth) depth = hops;
  }
  return depth;
}

/** A value without work, without life or from the future is nonsense, whoever sends it. */
export function isValidValue(
  value: TimedValue,
  { proofOfWorkBits }: NodeOptions,
  { clock, sha256 }: Ports,
): boolean {
  const { ttlMs, stamp, nonce, key, value: bytes } = value;
  return ttlMs > 0 && bytes.length <= VALUE_BYTES_MAX &&
    stamp <= clock.unixNow() + STAMP_AHEAD_MAX_MS &&
    verifyProofOfWork(sha256, nonce, key, bytes, proofOfWorkBits);
}
