/**
 * The parts of a node, put together over the ports that it is given.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import { RoutingTable } from "../core/kademlia/routing_table.ts";
import type { NodeContext, NodeSettings } from "./context.ts";
import { Lookups } from "./lookup/lookups.ts";
import { Joiner } from "./maintenance/joiner.ts";
import type { NodeOptions } from "./options.ts";
import type { Ports } from "./ports.ts";
import { Housekeeping } from "./replication/housekeeping.ts";
import { Storage } from "./replication/storage.ts";
import { Peers } from "./rpc/peers.ts";
import { RequestHandler } from "./rpc/request_handler.ts";
import { Publisher } from "./values/publisher.ts";
import { Values } from "./values/values.ts";

/** All parts of one node. Only the node itself and tests of the parts have them in hand. */
export class NodeParts implements NodeContext {
  readonly self: Contact;
  readonly options: NodeOptions;
  readonly bootstrappers: readonly Contact[];
  readonly ports: Ports;
  readonly table: RoutingTable;
  readonly peers: Peers;
  readonly storage: Storage;
  readonly lookups: Lookups;
  readonly publisher: Publisher;
  readonly values: Values;
  readonly joiner: Joiner;
  readonly requests: RequestHandler;
  readonly housekeeping: Housekeeping;

  constructor({ self, options, bootstrappers, onJoined }: NodeSettings, ports: Ports) {
    this.self = self;
    this.options = options;
    this.bootstrappers = bootstrappers;
    this.ports = ports;
    this.table = new RoutingTable(self.id, options);
    const peers = this.peers = new Peers(self, this.table, ports);
    const storage = this.storage = new Storage(options, ports);
    const lookups = this.lookups = new Lookups(peers, options, ports);
    const publisher = this.publisher = new Publisher(peers, lookups, storage, options, ports);
    this.values = new Values(peers, lookups, storage, publisher, options, ports);
    const joiner = this.joiner = new Joiner(peers, lookups, options, ports, bootstrappers);
    this.requests = new RequestHandler(peers, storage, options, ports);
    this.housekeeping = new Housekeeping(
      { peers, lookups, storage, publisher, joiner, bootstrappers },
      options,
      ports,
    );
    peers.onFailed = () => joiner.checkAlone();
    if (onJoined) joiner.onJoined = onJoined;
  }
}
