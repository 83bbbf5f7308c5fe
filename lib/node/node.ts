/**
 * A node of the network, as programs use it.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { NodeId } from "../core/kademlia/node_id.ts";
import type { FollowedStore } from "../core/store/keeper.ts";
import type { Replica } from "../core/value.ts";
import type { NodeSettings } from "./context.ts";
import { explain } from "./diagnostics/explain_key.ts";
import type { Explanation } from "./diagnostics/explanation.ts";
import { type Health, type HealthSurroundings, judgeHealth } from "./diagnostics/health.ts";
import { NodeBusyError, NodeClosedError, type NodeError } from "./errors.ts";
import type { NodeOptions } from "./options.ts";
import { NodeParts } from "./parts.ts";
import type { Ports, RequestFailure } from "./ports.ts";
import {
  countByLevel,
  type HeldValue,
  type NodeFigures,
  type NodeSnapshot,
  snapshotLevels,
} from "./snapshot.ts";
import {
  exportPage,
  type ImportReceipt,
  importReplica,
  type ReplicaPage,
} from "./replication/exports.ts";
import { Handover, type HandoverReport } from "./replication/handover.ts";
import {
  checkTarget,
  type GetOptions,
  type GetResult,
  type OnPutEnd,
  type PutOptions,
  type PutReceipt,
  type PutRequest,
  type SearchResult,
} from "./values/operations.ts";

/** The nodes closest to an id, and how they were found. */
export interface ClosestNodes {
  /** The closest contacts that answered, closest first. */
  readonly closest: readonly Contact[];
  /** Requests in a row that led to the first of them; 0 if none answered. */
  readonly hops: number;
  /** Requests sent. */
  readonly requests: number;
}

/** What one contact answered when it was asked for the nodes closest to an id. */
export interface KnownNodes {
  /** The closest that it knows, closest first. */
  readonly contacts: readonly Contact[];
  /** Why it did not answer; null if it did. */
  readonly failure: RequestFailure | null;
}

/**
 * One node. It does nothing before {@linkcode Node.start}; `put`, `get` and `ping` may be called at any
 * time between `start` and `close`.
 *
 * The operations whose names end in `With` call back instead of returning a promise: exactly once, maybe
 * before they return, with a result or with an error.
 *
 * @example
 * ```ts ignore
 * const settings = { self, options: NODE_OPTIONS_DEFAULT, bootstrappers: [] };
 * await using node = Node.create(settings, ports).start();
 * const receipt = await node.put(key, new TextEncoder().encode("hello"));
 * const found = await node.get(key);
 * ```
 */
export class Node implements AsyncDisposable {
  /** The node as others see it. */
  readonly self: Contact;
  /** What it was set to. */
  readonly options: NodeOptions;
  readonly #parts: NodeParts;
  #closing: Promise<HandoverReport> | null = null;
  #isLeaving = false;
  #isHalted = false;
  #handover: Handover | null = null;

  /**
   * Takes over parts that are used for nothing else.
   *
   * @internal
   */
  constructor(parts: NodeParts) {
    this.self = parts.self;
    this.options = parts.options;
    this.#parts = parts;
  }

  /**
   * Puts a node together; it does nothing yet.
   *
   * @internal
   */
  static create(settings: NodeSettings, ports: Ports): Node {
    return new Node(new NodeParts(settings, ports));
  }

  /** SHA-256 of the node's address. */
  get id(): NodeId {
    return this.self.id;
  }

  /**
   * Begins to serve and to join; returns at once, and joining goes on until it succeeds.
   *
   * @param former contacts of an earlier process, through which to join too.
   */
  start(former: readonly Contact[] = []): this {
    const { introductions, requests, rpc, joiner, pins, ports } = this.#parts;
    const { clock, transport } = ports;
    joiner.remember(former);
    for (const contact of former) pins.note(contact, clock.now());
    transport.attach({
      onRequest: (request, origin, answer) => requests.handle(request, origin, answer),
      onReached: (contact, roundTripMs) => rpc.roundTrips.reached(contact, roundTripMs),
      onConnected: (contact) => introductions.introduce(contact),
      onDisconnected: (contact) => introductions.checkWhetherGone(contact),
    });
    this.#parts.start();
    return this;
  }

  /**
   * Stores a value on the nodes closest to its key, and says who holds it then: when all have answered
   * or, with a write quorum, as soon as so many have it. If fewer nodes took it than were wanted, the receipt
   * names these and says why the others did not: what is stored stays stored.
   *
   * @param key 32 bytes.
   * @param value 1 to 65,495 bytes; not to be changed afterwards.
   * @throws {RangeError} if key or value have another length, or the quorum is more than the replicas.
   * @throws {NodeClosedError} if the node is closed, or closes before the work is proven.
   * @throws {NodeBusyError} if too many PUTs are under way.
   */
  put(key: NodeId, value: Uint8Array, options: PutOptions = {}): Promise<PutReceipt> {
    return new Promise((resolve, reject) => {
      this.putWith({ ...options, key, value }, (receipt, error) => {
        if (receipt) resolve(receipt);
        else reject(error);
      });
    });
  }

  /**
   * The same as {@linkcode put}, with a callback.
   *
   * @throws {RangeError} as `put` does; `onEnd` is not called then.
   */
  putWith(request: PutRequest, onEnd: OnPutEnd): void {
    this.#parts.puts.put(request, onEnd);
  }

  /**
   * Finds the value under a key, or null. With a read quorum, `versions` of the result says whether so
   * many nodes gave one, and `agreed` how many gave this one.
   *
   * @throws {RangeError} if the key has another length, or the quorum is more than the bucket size.
   * @throws {NodeClosedError} if the node is closed, or closes before the end.
   * @throws {NodeBusyError} if too many lookups are under way.
   */
  async get(key: NodeId, options: GetOptions = {}): Promise<GetResult | null> {
    return (await this.search(key, options)).found;
  }

  /** The same as {@linkcode get}, with the number of requests that it took. */
  search(key: NodeId, options: GetOptions = {}): Promise<SearchResult> {
    return new Promise((resolve, reject) => {
      this.#parts.gets.get({ ...options, key }, (result, error) => {
        if (result) resolve(result);
        else reject(error);
      });
    });
  }

  /**
   * The same as {@linkcode get} without a quorum, with a callback.
   *
   * @throws {RangeError} if the key has another length than 32; `onEnd` is not called then.
   */
  getWith(
    key: NodeId,
    onEnd: (result: GetResult | null, error: NodeError | null) => void,
  ): void {
    this.#parts.gets.get({ key }, (result, error) => onEnd(result && result.found, error));
  }

  /**
   * Finds the nodes closest to an id, by a lookup through the network. This node itself is not among them.
   *
   * @param target 32 bytes.
   * @param count how many to name at most; the bucket size if it is not given.
   * @throws {RangeError} if the id has another length, or the count is not between 1 and the bucket size.
   * @throws {NodeClosedError} if the node is closed, or closes before the end.
   * @throws {NodeBusyError} if too many lookups are under way.
   */
  findNode(target: NodeId, count: number = this.options.bucketSize): Promise<ClosestNodes> {
    checkTarget(target, count, this.options);
    return new Promise((resolve, reject) => {
      this.lookUpWith(target, (result) => {
        if (result) return resolve({ ...result, closest: result.closest.slice(0, count) });
        const isClosed = this.#isLeaving || this.#isHalted;
        reject(new (isClosed ? NodeClosedError : NodeBusyError)("find nodes"));
      });
    });
  }

  /**
   * Asks one contact which nodes it knows that are closest to an id: one request, without a lookup.
   *
   * @param target 32 bytes.
   * @param count how many to name at most; the bucket size if it is not given.
   * @throws {RangeError} if the id has another length, or the count is not between 1 and the bucket size.
   */
  findNodesAtNode(
    contact: Contact,
    target: NodeId,
    count: number = this.options.bucketSize,
  ): Promise<KnownNodes> {
    checkTarget(target, count, this.options);
    const request = { type: "findNode", key: target, amount: count } as const;
    return new Promise((resolve) => {
      this.#parts.rpc.ask(contact, request, (answer, failure) => {
        if (answer?.type === "foundNode") resolve({ contacts: answer.contacts, failure: null });
        else resolve({ contacts: [], failure: failure ?? "protocolError" });
      });
    });
  }

  /** Finds the nodes closest to an id. Null if the node is closed, or too many lookups are under way. */
  lookUpWith(target: NodeId, onEnd: (result: ClosestNodes | null) => void): void {
    this.#parts.lookups.run({ target, forValue: false }, (result) => {
      if (!result) return onEnd(null);
      const { closest, lookup: { candidates, requests } } = result;
      const first = candidates.find(({ state }) => state === "answered");
      onEnd({ closest, hops: first?.hops ?? 0, requests });
    });
  }

  /** Looks a key up and explains the search: which nodes were asked, what each gave, which hold the value. */
  explain(key: NodeId): Promise<Explanation> {
    return new Promise((resolve) => explain(key, this.#parts, resolve));
  }

  /**
   * The values, as a journal follows them.
   *
   * @internal
   */
  get followed(): FollowedStore {
    return this.#parts.storage;
  }

  /** How the node is, and why. */
  health({ eventLoopDelayMs = 0, full = null }: HealthSurroundings = {}): Health {
    const { joiner, reachability, densityWatch, time } = this.#parts;
    const { store, journal, ...figures } = this.figures();
    return judgeHealth({
      ...figures,
      bootstrappers: joiner.knownBefore,
      joinTrouble: joiner.trouble,
      eventLoopDelayMs,
      full,
      storeShare: store.fill,
      leaving: this.#isLeaving ? this.#handover?.progress ?? "PUTs under way end first" : null,
      unreachable: reachability.trouble,
      notKept: journal?.failure ?? null,
      timeInDoubt: time.trouble,
      attack: densityWatch.attack,
    });
  }

  /** The node in numbers. */
  figures(): NodeFigures {
    const { table, membership, reachability, joiner, storage, time } = this.#parts;
    const { repair, transfers, ports: { journal } } = this.#parts;
    return {
      contacts: table.size,
      answering: table.countAnswering(),
      contactsByLevel: countByLevel(table),
      hasJoined: joiner.hasJoined,
      failedShare: membership.failedShare,
      clockOffsetMs: time.offsetMs,
      reachability: reachability.state,
      store: storage.figures(),
      repair: { differing: repair.differing, awaited: transfers.awaited },
      journal: journal ? { failure: journal.failure, waitingBytes: journal.waitingBytes } : null,
    };
  }

  /** The node in numbers, with its routing table. */
  snapshot(): NodeSnapshot {
    const { table, ports: { transport, clock } } = this.#parts;
    const levels = snapshotLevels(table, { transport, now: clock.now() });
    return { ...this.figures(), levels };
  }

  /** The contacts of the routing table, in no order. */
  contacts(): Contact[] {
    return Array.from(this.#parts.table.entries(), ({ contact }) => contact);
  }

  /**
   * Forgets the contact with an id, and that its certificate counted at its address: the next one that proves itself
   * there is taken at once. Returns whether there was such a contact.
   */
  forgetContact(id: NodeId): boolean {
    return this.#parts.pins.forget(id);
  }

  /** What this node itself stores under a key, as a replica or cached. */
  held(key: NodeId): HeldValue | null {
    return this.#parts.storage.get(key);
  }

  /** All that this node stores. The store must not change while they are gone through. */
  heldValues(): Iterable<HeldValue> {
    return this.#parts.storage.entries();
  }

  /**
   * A page of the replicas that this node holds, for a backup or to move them to another network. What is held all the
   * while is in exactly one page.
   *
   * @param position 0 at first, then `next` of the page before.
   */
  exportReplicas(position = 0): ReplicaPage {
    return exportPage(position, this.#parts);
  }

  /**
   * Brings a replica, as {@linkcode exportReplicas} gives it, to the nodes closest to its key. It keeps its stamp and
   * its end, so that it displaces no newer version and lives no longer.
   *
   * @throws {RangeError} if it is none; the message says what is wrong with it.
   * @throws {NodeClosedError} if the node is closed.
   */
  importReplica(replica: Replica): Promise<ImportReceipt> {
    return new Promise((resolve) => {
      if (this.#isLeaving || this.#isHalted) throw new NodeClosedError("import replica");
      importReplica(replica, this.#parts, resolve);
    });
  }

  /**
   * Takes a contact into the routing table without asking it, as if each had dialled the other: for simulated networks that skip joining.
   *
   * @internal
   */
  learn(contact: Contact): void {
    this.#parts.table.insert(contact, this.#parts.ports.clock.now());
    this.#parts.reachability.noteReached();
  }

  /** The network's time in milliseconds since 1970: the own wall clock, set right by those of the contacts. */
  networkNow(): number {
    return this.#parts.time.now();
  }

  /** Asks a contact whether it lives; null if it does, else why it seems not to. */
  ping(contact: Contact): Promise<RequestFailure | null> {
    return new Promise((resolve) =>
      this.#parts.introductions.ping(contact, (_, failure) => resolve(failure))
    );
  }

  /**
   * Leaves the network: takes no more values, lets PUTs under way end, hands values over, ends all connections.
   * Idempotent; takes no longer than the option `leaveLimitMs`, and a moment for the connections.
   *
   * @returns what could not be handed over.
   */
  close(): Promise<HandoverReport> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The first part of closing: takes no more values, ends what is under way, and hands values over. */
  leave(onEnd: (report: HandoverReport) => void): void {
    const { joiner, storage, puts, options, ports: { clock } } = this.#parts;
    const until = clock.now() + options.leaveLimitMs;
    this.#isLeaving = true;
    joiner.close();
    storage.refuse();
    puts.whenIdle(until, () => {
      this.#parts.stopMaintenance();
      this.#handover = new Handover(this.#parts);
      this.#handover.start(until, onEnd);
    });
  }

  /** The second part, and by itself what a crash would do: nothing more is sent. */
  halt(): Promise<void> {
    this.#isHalted = true;
    this.#parts.close();
    return this.#parts.ports.transport.close();
  }

  async #close(): Promise<HandoverReport> {
    const report = await new Promise<HandoverReport>((resolve) => this.leave(resolve));
    await this.halt();
    return report;
  }
}
