/**
 * A client of a node's HTTP: one connection per request, and never through a proxy.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { type Address, formatAddress } from "../../core/kademlia/address.ts";
import { dialHostname } from "./dial_hostname.ts";

/** More than a node ever answers, so that another program at that address cannot fill the memory. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const REFUSED = "ECONNREFUSED";

/** The node gave no HTTP answer. */
export class HttpUnreachable extends Error {
  override readonly name = "HttpUnreachable";
  /** Whether a connection was made, so that the node may have carried the request out. */
  readonly asked: boolean;

  constructor(message: string, asked: boolean) {
    super(message);
    this.asked = asked;
  }
}

/** The node refused the request, or what answered is not a node. */
export class HttpRefused extends Error {
  override readonly name = "HttpRefused";
}

/** What a node answers. */
export interface HttpAnswer {
  /** Where it comes from, for messages. */
  readonly from: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

/** Where a node serves HTTP. */
export interface HttpNode extends Address {
  /** The token that it wants; null if it wants none. */
  readonly token?: string | null;
  /** 64 hex digits: another node that is there now answers nothing. Null if any node is meant. */
  readonly id?: string | null;
  /** Why nothing may be listening there. */
  readonly whenRefused?: string;
}

/** A request. */
export interface HttpQuestion {
  readonly path: string;
  readonly method?: "GET" | "PUT" | "DELETE";
  readonly body?: Uint8Array;
  /** For all of it, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Asks a node.
 *
 * @throws {HttpUnreachable} if there is no answer.
 */
export async function askHttp(node: HttpNode, question: HttpQuestion): Promise<HttpAnswer> {
  const { path, method = "GET", body, limitMs } = question;
  const limit = AbortSignal.timeout(limitMs);
  const from = `http://${formatAddress(node)}`;
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const asked = request({
        host: dialHostname(node),
        port: node.port,
        path,
        method,
        agent: false,
        signal: limit,
        headers: {
          "X-Voidkad": "1",
          ...node.id && { "X-Voidkad-Node": node.id },
          ...node.token && { "Authorization": `Bearer ${node.token}` },
          ...body && {
            "Content-Type": "application/octet-stream",
            "Content-Length": String(body.length),
          },
        },
      }, (answer) => readAnswer(from, answer).then(resolve, reject));
      asked.on("error", reject);
      asked.end(body);
    });
  } catch (error) {
    const why = limit.aborted ? `no answer within ${limitMs / 1_000} s` : describe(error, node);
    const message = `Cannot ask a node at ${from}: ${why}`;
    throw new HttpUnreachable(message, codeOf(error) !== REFUSED);
  }
}

/**
 * Asks a node for a document.
 *
 * @throws {HttpUnreachable} if there is no answer.
 * @throws {HttpRefused} if it is none.
 */
export async function askJson<T>(node: HttpNode, path: string, limitMs: number): Promise<T> {
  const answer = await askHttp(node, { path, limitMs });
  if (answer.status !== 200) throw refusal(answer);
  return parseJson(answer) as T;
}

/** The document in an answer. */
export function parseJson({ body, status, from }: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new HttpRefused(
      `${from} is not a voidkad node: it answered with status ${status} and no JSON`,
    );
  }
}

/** The error that an answer carries. */
export function refusal(answer: HttpAnswer): HttpRefused {
  const { error } = parseJson(answer) as { error?: unknown };
  const why = typeof error === "string" ? error : `status ${answer.status}`;
  return new HttpRefused(`The node at ${answer.from} refused: ${why}`);
}

async function readAnswer(from: string, answer: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return { from, status: answer.statusCode ?? 0, headers: answer.headers, body: concat(chunks) };
}

function describe(error: unknown, { whenRefused }: HttpNode): string {
  const code = codeOf(error);
  if (code === REFUSED) {
    return `connection refused: ${whenRefused ?? "is it running, with HTTP on?"}`;
  }
  if (code === "ECONNRESET" || code === "EPIPE") return "it closed the connection";
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}
