/**
 * A node of the network: all its parts, put together over the ports that it is given.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { NodeId } from "../core/kademlia/node_id.ts";
import { RoutingTable } from "../core/kademlia/routing_table.ts";
import { explain } from "./diagnostics/explain.ts";
import type { Explanation } from "./diagnostics/explanation.ts";
import { type Health, judgeHealth } from "./diagnostics/health.ts";
import { Housekeeping } from "./replication/housekeeping.ts";
import { Joiner } from "./maintenance/joiner.ts";
import { Lookups } from "./lookup/lookups.ts";
import type { NodeOptions } from "./options.ts";
import { Peers } from "./rpc/peers.ts";
import type { Ports, RequestFailure, TransportHandler } from "./ports.ts";
import { Publisher } from "./values/publisher.ts";
import { RequestHandler } from "./rpc/request_handler.ts";
import { Storage } from "./replication/storage.ts";
import type { GetOptions, GetResult, SearchResult } from "./values/quorum_read.ts";
import { type PutOptions, type PutReceipt, Values } from "./values/values.ts";

/** What a node is made of, besides its ports. */
export interface NodeSettings {
  /** The node as others see it. */
  readonly self: Contact;
  /** See {@linkcode NodeOptions}. */
  readonly options: NodeOptions;
  /** Nodes through which to join; none for the first node of a network. */
  readonly bootstrappers: readonly Contact[];
}

/**
 * One node. It does nothing before {@linkcode Node.start}; `put`, `get` and `ping` may be called at any
 * time between `start` and `close`.
 *
 * @example
 * ```ts ignore
 * await using node = new Node({ self, options: NODE_OPTIONS_DEFAULT, bootstrappers: [] }, ports);
 * node.start();
 * const receipt = await node.put(key, new TextEncoder().encode("hello"));
 * const found = await node.get(key);
 * ```
 */
export class Node implements AsyncDisposable {
  /** The node as others see it. */
  readonly self: Contact;
  /** What it was set to. */
  readonly options: NodeOptions;
  /** @internal */
  readonly peers: Peers;
  /** @internal */
  readonly lookups: Lookups;
  /** @internal */
  readonly storage: Storage;
  /** @internal */
  readonly values: Values;
  /** @internal */
  readonly joiner: Joiner;
  /**
   * What the transport calls.
   *
   * @internal
   */
  readonly handler: TransportHandler;
  readonly #housekeeping: Housekeeping;
  readonly #ports: Ports;
  #closing: Promise<void> | null = null;

  /**
   * Puts a node together; it does nothing yet.
   *
   * @internal
   */
  constructor({ self, options, bootstrappers }: NodeSettings, ports: Ports) {
    this.self = self;
    this.options = options;
    this.#ports = ports;
    this.peers = new Peers(self, new RoutingTable(self.id, options), ports);
    this.storage = new Storage(options, ports);
    this.lookups = new Lookups(this.peers, options, ports);
    const publisher = new Publisher(this.peers, this.lookups, this.storage, options, ports);
    const { peers, storage, lookups } = this;
    this.values = new Values(peers, lookups, storage, publisher, options, ports);
    this.joiner = new Joiner(peers, lookups, options, ports, bootstrappers);
    const requests = new RequestHandler(peers, storage, options, ports);
    this.handler = {
      onRequest: (request, origin, answer) => answer(requests.handle(request, origin)),
      onConnected: (contact) => peers.introduce(contact),
      onDisconnected: (contact) => peers.checkWhetherGone(contact),
    };
    const { joiner } = this;
    this.#housekeeping = new Housekeeping(
      { peers, lookups, storage, publisher, joiner, bootstrappers },
      options,
      ports,
    );
    peers.onFailed = () => joiner.checkAlone();
  }

  /** SHA-256 of the node's address. */
  get id(): NodeId {
    return this.self.id;
  }

  /** Begins to serve and to join; returns at once, and joining goes on until it succeeds. */
  start(): this {
    this.#ports.transport.attach(this.handler);
    this.#housekeeping.start();
    this.joiner.join();
    return this;
  }

  /**
   * Stores a value on the nodes closest to its key, and says who holds it then: when all have answered
   * or, with a write quorum, as soon as so many have it. If fewer nodes took it than were wanted, the receipt
   * names these and says why the others did not: what is stored stays stored.
   *
   * @param key 32 bytes.
   * @param value 1 to 65,495 bytes; not to be changed afterwards.
   * @throws {RangeError} if key or value have another length, or the quorum is more than the copies.
   * @throws {NodeClosedError} if the node is closed, or closes before the work is proven.
   * @throws {NodeBusyError} if too many PUTs are under way.
   */
  put(key: NodeId, value: Uint8Array, options: PutOptions = {}): Promise<PutReceipt> {
    return new Promise((resolve, reject) => {
      this.values.put(key, value, options, (receipt, error) => {
        if (receipt) resolve(receipt);
        else reject(error);
      });
    });
  }

  /**
   * Finds the value under a key, or null. With a read quorum, `versions` of the result tells whether so
   * many nodes gave one.
   *
   * @throws {RangeError} if the key has another length, or the quorum is more than the bucket size.
   * @throws {NodeClosedError} if the node is closed, or closes before the end.
   * @throws {NodeBusyError} if too many lookups are under way.
   */
  async get(key: NodeId, options: GetOptions = {}): Promise<GetResult | null> {
    return (await this.search(key, options)).found;
  }

  /** The same as {@linkcode get}, and tells how many requests it took. */
  search(key: NodeId, options: GetOptions = {}): Promise<SearchResult> {
    return new Promise((resolve, reject) => {
      this.values.search(key, options, (result, error) => {
        if (result) resolve(result);
        else reject(error);
      });
    });
  }

  /** Looks a key up and tells how that went: who was asked, what each gave, who holds the value. */
  explain(key: NodeId): Promise<Explanation> {
    const { peers, lookups, storage, options } = this;
    const parts = { peers, lookups, storage, options, ports: this.#ports };
    return new Promise((resolve) => explain(key, parts, resolve));
  }

  /** How the node is, and why. `eventLoopDelayMs` is measured by whoever has an event loop. */
  health({ eventLoopDelayMs = 0 }: { readonly eventLoopDelayMs?: number } = {}): Health {
    const { peers, joiner, storage } = this;
    return judgeHealth({
      contacts: peers.table.size,
      answering: peers.table.countAnswering(),
      bootstrappers: joiner.bootstrappers,
      hasJoined: joiner.hasJoined,
      failedShare: peers.failedShare,
      eventLoopDelayMs,
      storeShare: storage.store.fill,
    });
  }

  /** Asks a contact whether it lives; null if it does, else why it seems not to. */
  ping(contact: Contact): Promise<RequestFailure | null> {
    return new Promise((resolve) => this.peers.ping(contact, (_, failure) => resolve(failure)));
  }

  /**
   * Leaves the network: lets PUTs under way end, hands values over, ends all connections. Idempotent;
   * takes less than 2 seconds.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The first part of closing: ends what is under way and hands values over. */
  leave(onEnd: () => void): void {
    this.joiner.close();
    this.values.whenIdle(() => {
      this.#housekeeping.close();
      this.#housekeeping.handOver(onEnd);
    });
  }

  /** The second part, and by itself what a crash would do: nothing more is said to anyone. */
  halt(): Promise<void> {
    this.values.close();
    this.joiner.close();
    this.#housekeeping.close();
    this.lookups.close();
    this.storage.close();
    return this.#ports.transport.close();
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => this.leave(resolve));
    await this.halt();
  }
}
