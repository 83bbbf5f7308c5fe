/**
 * A network with all its nodes in this process, as the peers' harness has theirs.
 *
 * Requests go through the module API, over TCP, one kept connection per node. The API does not answer a
 * PUT: its end is what the API server reports when the last replica has acknowledged.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { idKey, type NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { makeCertificate, type NodeCertificate } from "../../../lib/identity/make_certificate.ts";
import { type RunningNode, serve } from "../../../lib/net/serve.ts";
import type { NodeOptions } from "../../../lib/node/options.ts";
import type { Transport } from "../../../lib/node/ports.ts";
import type { Receipt } from "../../../lib/node/values/placement.ts";
import process from "node:process";
import { PipelinedApiClient } from "./pipelined_api_client.ts";
import {
  type BenchNetwork,
  type Connections,
  contactsWanted,
  type Usage,
} from "./measured_network.ts";
import { UnpooledTransport } from "../runs/unpooled.ts";
import { waitUntil } from "../runs/wait.ts";

const ANY_PORT = parseAddress("127.0.0.1:0");
const TTL_SECONDS = 3_600;

/** How the nodes are set. */
export interface OwnProcessOptions {
  readonly nodes: number;
  readonly replication: number;
  readonly node: NodeOptions;
  /** Whether connections between nodes are kept; if not, each is closed after one request. */
  readonly pooling: boolean;
}

type OnEnd = (receipt: Receipt | null) => void;

/** The network. */
export class OwnProcessNetwork implements BenchNetwork {
  readonly processes = 1;
  readonly notes: readonly string[];
  readonly #options: OwnProcessOptions;
  readonly #certificates: readonly NodeCertificate[];
  readonly #running: RunningNode[] = [];
  readonly #clients: PipelinedApiClient[] = [];
  /** Callbacks for the end of a PUT, by key. */
  readonly #putting = new Map<string, OnEnd>();
  /** Contacts that each node has asked. */
  readonly #asked: Set<Contact>[] = [];
  readonly #transports: UnpooledTransport[] = [];

  private constructor(options: OwnProcessOptions, certificates: readonly NodeCertificate[]) {
    this.#options = options;
    this.#certificates = certificates;
    this.notes = [
      "certificates are made before the clock starts",
      ...options.pooling ? [] : ["each connection between nodes carries one request"],
    ];
  }

  /** Prepares a network: its certificates, since a node makes its own only once. */
  static async prepare(options: OwnProcessOptions): Promise<OwnProcessNetwork> {
    const certificates: NodeCertificate[] = [];
    for (let i = 0; i < options.nodes; i++) {
      certificates.push(await makeCertificate("127.0.0.1"));
    }
    return new OwnProcessNetwork(options, certificates);
  }

  get nodes(): number {
    return this.#options.nodes;
  }

  async start(): Promise<void> {
    for (const certificate of this.#certificates) {
      const first = this.#running[0]?.node.self;
      const running = serve({
        p2pAddress: ANY_PORT,
        publicAddress: null,
        apiAddress: ANY_PORT,
        certificate,
        bootstrappers: first ? [first] : [],
        node: this.#options.node,
        log: (level, message) => {
          if (level === "warn" || level === "error") console.error(`${level}: ${message}`);
        },
        onApiPut: (key, receipt) => this.#putting.get(idKey(key))?.(receipt),
        wrapTransport: (transport) => this.#watchRequests(new UnpooledTransport(transport)),
      });
      this.#running.push(running);
    }
    const wanted = contactsWanted(this.nodes);
    await waitUntil(
      "all nodes are bootstrapped",
      () => this.#running.every(({ node }) => node.figures().contacts >= wanted),
    );
    for (const { apiAddress } of this.#running) {
      this.#clients.push(await PipelinedApiClient.open(apiAddress));
    }
    if (!this.#options.pooling) { for (const one of this.#transports) one.closeAfterEachRequest(); }
  }

  #watchRequests(transport: UnpooledTransport): Transport {
    const asked = new Set<Contact>();
    this.#asked.push(asked);
    this.#transports.push(transport);
    return {
      attach: (handler) => transport.attach(handler),
      request: (contact, request, onAnswer) => {
        asked.add(contact);
        return transport.request(contact, request, onAnswer);
      },
      isConnected: (contact) => transport.isConnected(contact),
      suspect: (contact, since) => transport.suspect(contact, since),
      close: () => transport.close(),
    };
  }

  /** The ports of a node, and its certificate (PEM), for clients that talk to it directly. */
  addressesOf(node: number): { p2pPort: number; apiPort: number; certificate: string } {
    const { p2pAddress, apiAddress } = this.#running[node]!;
    const certificate = this.#certificates[node]!.certificatePem;
    return { p2pPort: p2pAddress.port, apiPort: apiAddress.port, certificate };
  }

  tableSizes(): Promise<readonly number[]> {
    return Promise.resolve(this.#running.map(({ node }) => node.figures().contacts));
  }

  put(node: number, key: NodeId, value: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const { replication } = this.#options;
      const name = idKey(key);
      this.#putting.set(name, (receipt) => {
        this.#putting.delete(name);
        const acks = receipt?.holders.length ?? 0;
        if (acks >= replication) resolve(acks);
        else reject(new Error(`Stored on ${acks} of ${replication} nodes${refusals(receipt)}`));
      });
      const request = { ttlSeconds: TTL_SECONDS, replication, key, value };
      this.#clients[node]!.put({ type: "put", ...request });
    });
  }

  get(node: number, key: NodeId): Promise<Uint8Array | null> {
    return this.#clients[node]!.get(key);
  }

  holders(keys: readonly NodeId[]): Promise<readonly ReadonlySet<number>[]> {
    return Promise.resolve(keys.map((key) => {
      const holders = new Set<number>();
      this.#running.forEach(({ node }, i) => {
        if (node.held(key)) holders.add(i);
      });
      return holders;
    }));
  }

  async usage(): Promise<Usage> {
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    gc?.();
    return { cpuMs: await this.cpuMs(), residentBytes: Deno.memoryUsage().rss };
  }

  cpuMs(): Promise<number> {
    const { user, system } = process.cpuUsage();
    return Promise.resolve((user + system) / 1_000);
  }

  connections(): Connections {
    const counts = this.#running.map(({ transport }) => transport.counts.handshakesOut);
    // There may be several objects for one contact.
    const pairs = this.#asked.map((asked) =>
      new Set([...asked].map(({ id }) => encodeHex(id))).size
    );
    return { handshakes: sum(counts), pairs: sum(pairs) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await Promise.all(this.#running.map(({ node }) => node.halt()));
    await Promise.all(this.#running.map((running) => running.close()));
  }
}

/** Why those that were asked did not take the value. */
function refusals(receipt: Receipt | null): string {
  const reasons = receipt?.refused.map(({ reason }) => reason) ?? [];
  return reasons.length === 0 ? "" : `: ${reasons.join(", ")}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
