/**
 * A network of nodes in this process, over real TLS, the first of them with HTTP.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../../lib/core/kademlia/address.ts";
import { type RunningNodeWithHttp, serveWithHttp } from "../../lib/admin/serve_with_http.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { certificate, pause, startNode, type TlsNode, until } from "../support/tls_nodes.ts";

const VALUES = 40;
const LOAD_PAUSE_MS = 20;

/** Such a network, with some values in it. */
export class SurfaceNetwork implements AsyncDisposable {
  /** Where the first node's page is. */
  readonly url: string;
  readonly #first: RunningNodeWithHttp;
  readonly #others: readonly TlsNode[];
  readonly #keys: Uint8Array[] = [];

  private constructor(first: RunningNodeWithHttp, others: readonly TlsNode[]) {
    this.#first = first;
    this.#others = others;
    this.url = `http://${formatAddress(first.httpAddress)}/`;
  }

  /** Starts this many nodes, and waits until they know each other. */
  static async of(count: number): Promise<SurfaceNetwork> {
    const first = await serveWithHttp({
      p2pAddress: parseAddress("127.0.0.1:0"),
      publicAddress: null,
      apiAddress: parseAddress("127.0.0.1:0"),
      httpAddress: parseAddress("127.0.0.1:0"),
      httpPortMayDiffer: false,
      version: "test",
      certificate: await certificate(),
      bootstrappers: [],
      node: { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits: 2 },
      log: () => {},
    });
    const others: TlsNode[] = [];
    for (let i = 1; i < count; i++) {
      others.push(await startNode({ via: [first] }));
    }
    const network = new SurfaceNetwork(first, others);
    await until(() => first.node.figures().contacts >= count * 2 / 3, 20_000);
    await network.#fill();
    return network;
  }

  async #fill(): Promise<void> {
    for (let i = 0; i < VALUES; i++) {
      const key = crypto.getRandomValues(new Uint8Array(32));
      this.#keys.push(key);
      const through = this.#others[i % this.#others.length]!;
      await through.node.put(key, crypto.getRandomValues(new Uint8Array(1_000)));
    }
  }

  /** Puts and reads values, and missing keys, through the first node until it is disposed of. */
  load(): AsyncDisposable {
    let ended = false;
    const reading = (async () => {
      for (let i = 0; !ended; i++) {
        const known = this.#keys[i % this.#keys.length]!;
        const { node } = this.#first;
        if (i % 4 === 0) await node.put(known, crypto.getRandomValues(new Uint8Array(1_000)));
        else await node.get(i % 4 === 1 ? crypto.getRandomValues(new Uint8Array(32)) : known);
        await pause(LOAD_PAUSE_MS);
      }
    })();
    return {
      async [Symbol.asyncDispose]() {
        ended = true;
        await reading;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#first, ...this.#others].map((node) => node.close()));
  }
}
