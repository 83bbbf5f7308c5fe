/**
 * A network with a process for each node, and the driver in one more.
 *
 * The module API does not answer a PUT, but a client that ends its side keeps its connection until the
 * node has done what it asked: a PUT is over when the node closes. So each PUT has a connection of its own.
 * The driver asks the nodes over their own protocol who holds a value.
 *
 * @module
 */

import { putValue } from "../../../lib/cli/clients/api_client.ts";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import type { NodeId } from "../../../lib/core/kademlia/node_id.ts";
import { readCertificate } from "../../../lib/identity/certificate_files.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import process from "node:process";
import { NodeProcess, type Program } from "../../common/node_process.ts";
import { showProgress } from "../../common/progress_bar.ts";
import { PipelinedApiClient } from "./pipelined_api_client.ts";
import { type BenchNetwork, contactsWanted, type Usage } from "./measured_network.ts";
import { Inspector } from "./inspector.ts";
import { processCpuMs, processResidentBytes } from "../system_counters.ts";
import { waitUntil } from "../runs/wait.ts";

const STARTS_AT_ONCE = 4;
const TTL_SECONDS = 3_600;
const REQUEST_LIMIT_MS = 30_000;

/** How the nodes are set. */
export interface ManyProcessesOptions {
  readonly nodes: number;
  readonly replication: number;
  readonly proofOfWorkBits: number;
  readonly program: Program;
  /** Whether they keep values on the disk; they do not if nothing is said. */
  readonly keeps?: boolean;
}

/** One node: its process, its contact, and a client of it. */
interface Member {
  readonly process: NodeProcess;
  readonly contact: Contact;
  readonly client: PipelinedApiClient;
  isGone: boolean;
}

/** The network. */
export class ManyProcesses implements BenchNetwork {
  readonly notes = [
    "memory is that of whole processes, the runtime included, without a collection of garbage",
    "processor time is that of the driver, too, in steps of 10 ms",
    "contacts are counted up to those of one answer",
    "each PUT has a connection to the module API of its own",
    "starting includes making certificates",
  ];
  readonly #options: ManyProcessesOptions;
  readonly #folder = Deno.makeTempDirSync({ prefix: "voidkad-bench-" });
  readonly #spawned: NodeProcess[] = [];
  readonly #inspector = new Inspector();
  readonly #members: Member[] = [];
  #goneCpuMs = 0;

  constructor(options: ManyProcessesOptions) {
    this.#options = options;
  }

  get nodes(): number {
    return this.#options.nodes;
  }

  get processes(): number {
    return this.#options.nodes + 1;
  }

  /** The process of a node, to do it harm. */
  processOf(node: number): NodeProcess {
    return this.#members[node]!.process;
  }

  /** Lets a node leave in order; its processor time so far is kept in the sum. */
  leave(node: number): void {
    const { process } = this.#members[node]!;
    this.#goneCpuMs += processCpuMs(process.pid);
    this.#members[node]!.isGone = true;
    void process.end("SIGTERM");
  }

  async start(): Promise<void> {
    using progress = showProgress("start", this.nodes);
    const first = await this.#startNode([]);
    progress.step();
    this.#members.push(first);
    let left = this.nodes - 1;
    const startSome = async () => {
      while (left-- > 0) {
        this.#members.push(await this.#startNode(first.process.joinFlags));
        progress.step();
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, startSome));
    for (const { contact } of this.#members) await this.#untilBootstrapped(contact);
  }

  /** One more node, in the network as soon as it knows enough others; returns its number. */
  async addNode(): Promise<number> {
    const member = await this.#startNode(this.processOf(0).joinFlags);
    await this.#untilBootstrapped(member.contact);
    return this.#members.push(member) - 1;
  }

  #untilBootstrapped(contact: Contact): Promise<void> {
    const wanted = contactsWanted(this.nodes);
    return waitUntil(
      "all nodes are bootstrapped",
      async () => await this.#inspector.countContacts(contact, wanted) >= wanted,
    );
  }

  async #startNode(joinFlags: readonly string[]): Promise<Member> {
    const { program, proofOfWorkBits, keeps = false } = this.#options;
    const dataDir = `${this.#folder}/${this.#spawned.length}`;
    const process = await NodeProcess.start(
      program,
      [
        ...["--data-dir", dataDir, "--log-level", "warn"],
        ...["--p2p-address", "127.0.0.1:0", "--api-address", "127.0.0.1:0"],
        ...["--proof-of-work-bits", String(proofOfWorkBits)],
        ...["--persist", keeps ? "values" : "off"],
        ...joinFlags,
      ],
      (spawned) => this.#spawned.push(spawned),
    );
    const { p2p, api, cert } = process.ready;
    const contact = makeContact(p2p, await readCertificate(cert), sha256);
    return { process, contact, client: await PipelinedApiClient.open(api), isGone: false };
  }

  async tableSizes(): Promise<readonly number[]> {
    const all = this.#members.map(({ contact }) => this.#inspector.countContacts(contact, 255));
    return await Promise.all(all);
  }

  async put(node: number, key: NodeId, value: Uint8Array): Promise<null> {
    const { api } = this.processOf(node).ready;
    const request = { ttlSeconds: TTL_SECONDS, replication: this.#options.replication, key, value };
    await putValue(api, { type: "put", ...request }, REQUEST_LIMIT_MS);
    return null;
  }

  get(node: number, key: NodeId): Promise<Uint8Array | null> {
    return this.#members[node]!.client.get(key);
  }

  async holders(keys: readonly NodeId[]): Promise<readonly ReadonlySet<number>[]> {
    const holders = keys.map(() => new Set<number>());
    await Promise.all(this.#members.map(async ({ contact }, node) => {
      await Promise.all(keys.map(async (key, i) => {
        if (await this.#inspector.holds(contact, key)) holders[i]!.add(node);
      }));
    }));
    return holders;
  }

  usage(): Promise<Usage> {
    const resident = this.#living.map(({ process: { pid } }) => processResidentBytes(pid));
    return this.cpuMs().then((cpuMs) => ({
      cpuMs,
      residentBytes: resident.reduce((sum, bytes) => sum + bytes, 0),
    }));
  }

  cpuMs(): Promise<number> {
    const { user, system } = process.cpuUsage();
    const nodes = this.#living.map(({ process: { pid } }) => processCpuMs(pid));
    const others = (user + system) / 1_000 + this.#goneCpuMs;
    return Promise.resolve(nodes.reduce((sum, ms) => sum + ms, others));
  }

  get #living(): Member[] {
    return this.#members.filter(({ isGone }) => !isGone);
  }

  connections(): null {
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inspector[Symbol.asyncDispose]();
    await Promise.all(this.#members.map(({ client }) => client.close()));
    await Promise.all(this.#spawned.map((process) => process[Symbol.asyncDispose]()));
    await Deno.remove(this.#folder, { recursive: true });
  }
}
