/**
 * A node with HTTP on loopback, and requests to it as any program may send them.
 *
 * @module
 */

import { Socket } from "node:net";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import {
  type RunningNodeWithHttp,
  serveWithHttp,
  type ServeWithHttpOptions,
} from "../../lib/admin/serve_with_http.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { certificate, type TlsNodeOptions } from "./tls_nodes.ts";

/** A node with HTTP and what it has logged. */
export interface HttpNode extends RunningNodeWithHttp {
  readonly lines: string[];
}

/** What may differ between nodes of a test. */
export type HttpNodeOptions =
  & TlsNodeOptions
  & Pick<ServeWithHttpOptions, "wrapTransport" | "httpToken" | "httpReadToken">;

/** Starts a node on any free ports. */
export async function startHttpNode(
  { via = [], node = {}, ...rest }: HttpNodeOptions = {},
): Promise<HttpNode> {
  const lines: string[] = [];
  const running = await serveWithHttp({
    p2pAddress: parseAddress("127.0.0.1:0"),
    publicAddress: null,
    apiAddress: parseAddress("127.0.0.1:0"),
    httpAddress: parseAddress("127.0.0.1:0"),
    httpPortMayDiffer: false,
    version: "1.2.3",
    certificate: await certificate(),
    bootstrappers: via.map(({ node: { self } }) => self),
    node: { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits: 2, ...node },
    log: (level, message) => void lines.push(`${level} ${message}`),
    ...rest,
  });
  return Object.assign(running, { lines });
}

/** An answer, read to its end. */
export interface ReadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** Asks a node. */
export async function ask(
  { httpAddress }: Pick<RunningNodeWithHttp, "httpAddress">,
  path: string,
  init: RequestInit = {},
): Promise<ReadAnswer> {
  const response = await fetch(`http://127.0.0.1:${httpAddress.port}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const json = isJson && text !== "" ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, json };
}

/** Puts a value. */
export function putOver(
  node: Pick<RunningNodeWithHttp, "httpAddress">,
  key: string,
  value: BodyInit,
  query = "",
): Promise<ReadAnswer> {
  const headers = { "X-Voidkad": "1" };
  return ask(node, `/v1/values/${key}${query}`, { method: "PUT", headers, body: value });
}

/** A client that says what it likes, and hears what it gets until it is cut off. */
export class RawHttpClient implements Disposable {
  readonly #socket = new Socket();
  #text = "";
  readonly ended: Promise<void>;

  private constructor() {
    this.ended = new Promise((resolve) => this.#socket.once("close", () => resolve()));
    this.#socket.on("error", () => {});
    this.#socket.on("data", (chunk: Uint8Array) => this.#text += new TextDecoder().decode(chunk));
  }

  /** Connects to a port of 127.0.0.1, and says something. */
  static open(port: number, text = ""): Promise<RawHttpClient> {
    const client = new RawHttpClient();
    return new Promise((resolve, reject) => {
      client.#socket.once("error", reject);
      client.#socket.connect(port, "127.0.0.1", () => {
        if (text !== "") client.write(text);
        resolve(client);
      });
    });
  }

  /** All that has come. */
  get text(): string {
    return this.#text;
  }

  /** The status of the first answer; null if there was none. */
  get status(): number | null {
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(this.#text);
    return match ? Number(match[1]) : null;
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  write(text: string | Uint8Array): boolean {
    return this.#socket.write(text);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

/** Sends a request as given, and returns the status of what comes back. */
export async function rawStatus(port: number, request: string): Promise<number | null> {
  using client = await RawHttpClient.open(port, request);
  const end = performance.now() + 5_000;
  while (client.status === null && !client.closed && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return client.status;
}
