/**
 * A client of the module API: one connection per request.
 *
 * @module
 */

import { abortable } from "@std/async/abortable";
import { equals } from "@std/bytes/equals";
import { type Address, formatAddress } from "../../core/kademlia/address.ts";
import { API_FRAMES, decodeApiAnswer, encodeApiRequest } from "../../core/wire/api_codec.ts";
import { Writer } from "../../core/wire/bytes.ts";
import { Framer } from "../../core/wire/framer.ts";
import type { ApiAnswer, ApiRequest } from "../../core/wire/messages.ts";
import { dialHostname } from "./dial_hostname.ts";

const READ_BYTES = 65_536;

/** The node cannot be reached, or violates the protocol. */
export class ApiError extends Error {
  override readonly name = "ApiError";
}

/** The time limit passed while a connection was open. */
class ApiTimeout extends ApiError {}

/**
 * Sends a value to a node. A PUT has no answer: this waits until the node has read everything and closed
 * its side, but no longer than the limit, so that most refusals are noticed.
 *
 * @param limitMs for connecting and for the wait, in milliseconds.
 * @throws {ApiError} if the node cannot be reached, or refuses what it is sent.
 */
export async function putValue(
  node: Address,
  request: ApiRequest & { readonly type: "put" },
  limitMs: number,
): Promise<void> {
  let sent = false;
  try {
    await withConnection(node, limitMs, async (connection) => {
      await send(connection, request);
      sent = true;
      await connection.closeWrite();
      if (await connection.read(new Uint8Array(1)) !== null) {
        throw new ApiError("The node answered a PUT, which has no answer");
      }
    });
  } catch (error) {
    if (error instanceof ApiTimeout && sent) return; // the node has all of it, and keeps its side open
    if (error instanceof ApiError) throw error;
    throw new ApiError(`The node did not accept the value: ${describe(error)}`);
  }
}

/**
 * Asks a node for a value.
 *
 * @param limitMs for all of it, in milliseconds.
 * @returns null if the node does not find it.
 * @throws {ApiError} if there is no answer, or a wrong one.
 */
export async function getValue(
  node: Address,
  key: Uint8Array,
  limitMs: number,
): Promise<Uint8Array | null> {
  try {
    return await withConnection(node, limitMs, async (connection) => {
      await send(connection, { type: "get", key });
      const answer = await readAnswer(connection);
      if (!equals(answer.key, key)) throw new ApiError("The node answered for another key");
      return answer.type === "success" ? answer.value : null;
    });
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(`Cannot read the answer of the node: ${describe(error)}`);
  }
}

async function withConnection<T>(
  node: Address,
  limitMs: number,
  use: (connection: Deno.TcpConn) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(limitMs);
  const connection = await connect(node, limit);
  try {
    return await abortable(use(connection), limit);
  } catch (error) {
    if (error !== limit.reason) throw error;
    throw new ApiTimeout(`No answer within ${limitMs / 1_000} s`);
  } finally {
    // Deno 2.8.3 does not close a connection that is being read: the node has to see the end of it.
    if (limit.aborted) connection.closeWrite().catch(() => {});
    connection.close();
  }
}

async function connect(node: Address, signal: AbortSignal): Promise<Deno.TcpConn> {
  try {
    return await Deno.connect({ hostname: dialHostname(node), port: node.port, signal });
  } catch (error) {
    const why = signal.aborted ? "it does not accept the connection" : describe(error);
    throw new ApiError(`Cannot reach a node at ${formatAddress(node)}: ${why}`);
  }
}

async function send(connection: Deno.TcpConn, request: ApiRequest): Promise<void> {
  const writer = new Writer();
  encodeApiRequest(writer, request);
  for (let rest = writer.written; rest.length > 0;) {
    rest = rest.subarray(await connection.write(rest));
  }
}

async function readAnswer(connection: Deno.TcpConn): Promise<ApiAnswer> {
  const framer = new Framer(API_FRAMES);
  const buffer = new Uint8Array(READ_BYTES);
  let answer: ApiAnswer | null = null;
  while (answer === null) {
    const count = await connection.read(buffer);
    if (count === null) throw new ApiError("The node closed the connection without an answer");
    framer.push(buffer.subarray(0, count), (frame) => answer ??= decodeApiAnswer(frame));
  }
  return answer;
}

function describe(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused, is it running?";
  if (
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted
  ) return "it closed the connection";
  return error instanceof Error ? error.message : String(error);
}
