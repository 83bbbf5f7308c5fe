/**
 * A node of the network: all its parts, put together over the ports that it is given.
 *
 * @module
 */

import type { Contact } from "../core/contact.ts";
import type { PeerAnswer, PeerRequest } from "../core/messages.ts";
import type { NodeId } from "../core/node_id.ts";
import { RoutingTable } from "../core/routing_table.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Joiner } from "./joiner.ts";
import { Lookups } from "./lookups.ts";
import type { NodeOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import type { Origin, Ports, RequestFailure, TransportHandler } from "./ports.ts";
import { Publisher, type Receipt } from "./publisher.ts";
import { RequestHandler } from "./request_handler.ts";
import { Storage } from "./storage.ts";
import { type GetResult, type PutOptions, Values } from "./values.ts";

/** What a node is made of, besides its ports. */
export interface NodeSettings {
  /** The node as others see it. */
  readonly self: Contact;
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
export class Node implements TransportHandler, AsyncDisposable {
  readonly self: Contact;
  readonly options: NodeOptions;
  readonly peers: Peers;
  readonly lookups: Lookups;
  readonly storage: Storage;
  readonly values: Values;
  readonly joiner: Joiner;
  readonly #requests: RequestHandler;
  readonly #housekeeping: Housekeeping;
  readonly #ports: Ports;
  #closing: Promise<void> | null = null;

  constructor({ self, options, bootstrappers }: NodeSettings, ports: Ports) {
    this.self = self;
    this.options = options;
    this.#ports = ports;
    this.peers = new Peers(self, new RoutingTable(self.id, options), ports);
    this.storage = new Storage(options, ports);
    this.lookups = new Lookups(this.peers, options, ports);
    const publisher = new Publisher(this.peers, this.lookups, this.storage, ports);
    const { peers, storage, lookups } = this;
    this.values = new Values(peers, lookups, storage, publisher, options, ports);
    this.joiner = new Joiner(peers, lookups, options, ports, bootstrappers);
    this.#requests = new RequestHandler(peers, storage, options, ports);
    const { joiner } = this;
    this.#housekeeping = new Housekeeping(
      { peers, lookups, storage, publisher, joiner, bootstrappers },
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
    this.#ports.transport.attach(this);
    this.#housekeeping.start();
    this.joiner.join();
    return this;
  }

  /**
   * Stores a value on the nodes closest to its key, and says who holds it then.
   *
   * @param key 32 bytes.
   * @param value 1 to 65,495 bytes; not to be changed afterwards.
   * @throws {RangeError} if key or value have another length.
   * @throws {Error} if too many PUTs are under way.
   */
  put(key: NodeId, value: Uint8Array, options: PutOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.values.put(key, value, options, (receipt) => {
        if (receipt) resolve(receipt);
        else reject(new Error("Cannot put value: too many PUTs are under way"));
      });
    });
  }

  /** Finds the value under a key, or null. */
  get(key: NodeId): Promise<GetResult | null> {
    return new Promise((resolve) => this.values.get(key, resolve));
  }

  /** Asks a contact whether it lives; null if it does, else why it seems not to. */
  ping(contact: Contact): Promise<RequestFailure | null> {
    return new Promise((resolve) => this.peers.ping(contact, (_, failure) => resolve(failure)));
  }

  /** See {@linkcode TransportHandler}. */
  onRequest(request: PeerRequest, origin: Origin, answer: (answer: PeerAnswer) => void): void {
    answer(this.#requests.handle(request, origin));
  }

  /** See {@linkcode TransportHandler}. */
  onConnected(contact: Contact): void {
    this.peers.introduce(contact);
  }

  /**
   * Leaves the network: lets PUTs under way end, hands values over, ends all connections. Idempotent;
   * takes less than 2 seconds.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.joiner.close();
    await new Promise<void>((resolve) => this.values.whenIdle(resolve));
    this.#housekeeping.close();
    await new Promise<void>((resolve) => this.#housekeeping.handOver(resolve));
    this.lookups.close();
    this.storage.close();
    await this.#ports.transport.close();
  }
}
