/**
 * Clients of the module API and what tests of values need.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { equals } from "@std/bytes/equals";
import { getValue, putValue } from "../../lib/cli/clients/api_client.ts";
import type { Address } from "../../lib/core/kademlia/address.ts";
import { API_FRAMES, decodeApiAnswer, encodeApiRequest } from "../../lib/core/wire/api_codec.ts";
import { Writer } from "../../lib/core/wire/bytes.ts";
import { Framer } from "../../lib/core/wire/framer.ts";
import type { ApiAnswer, ApiRequest } from "../../lib/core/wire/messages.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { printedSeed } from "./core/seed.ts";
import type { NodeProcess } from "./test_node_process.ts";

const REQUEST_LIMIT_MS = 15_000;
const POLL_MS = 50;

/** Random numbers from a printed seed. */
export function newRandom(): SeededRandom {
  return new SeededRandom(printedSeed());
}

/** Random bytes. */
export function randomBytes(random: SeededRandom, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  random.fill(bytes);
  return bytes;
}

/** A key and what is kept under it. */
export interface Item {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Random keys with random values of 1 to `bytesMax` bytes. */
export function randomItems(random: SeededRandom, count: number, bytesMax = 1_000): Item[] {
  return Array.from({ length: count }, () => ({
    key: randomBytes(random, 32),
    value: randomBytes(random, 1 + random.below(bytesMax)),
  }));
}

/** Waits until a node has stored a value. */
export async function put(node: NodeProcess, item: Item, hints: Hints = {}): Promise<void> {
  await putValue(node.ready.api, putRequest(item, hints), REQUEST_LIMIT_MS);
}

/** What a PUT may ask for. */
export interface Hints {
  readonly ttlSeconds?: number;
  readonly replication?: number;
}

/** The request that stores an item. */
export function putRequest({ key, value }: Item, { ttlSeconds = 0, replication = 0 }: Hints = {}) {
  return { type: "put", ttlSeconds, replication, key, value } as const;
}

/** The value that a node finds, or null. */
export async function get(node: NodeProcess, key: Uint8Array): Promise<Uint8Array | null> {
  return await getValue(node.ready.api, key, REQUEST_LIMIT_MS);
}

/** Asserts that a node finds an item. */
export async function assertFound(node: NodeProcess, { key, value }: Item): Promise<void> {
  const found = await get(node, key);
  const outcome = !found ? "not found" : equals(found, value) ? "as it was put" : "another";
  assertEquals(outcome, "as it was put", `value of ${value.length} bytes`);
}

/** Calls a check until it holds; fails when it does not within the limit. */
export async function eventually(
  what: string,
  limitMs: number,
  check: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!await check()) {
    assert(performance.now() < end, `${what}: not within ${limitMs} ms`);
    await pause(POLL_MS);
  }
}

/** Waits. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Calls an action for each item, a few at a time. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      await action(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** The bytes of some requests. */
export function encodeRequests(...requests: readonly ApiRequest[]): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  for (const request of requests) encodeApiRequest(writer, request);
  return writer.written;
}

/** Opens a connection to the module API of a node. */
export async function connect({ hostname, port }: Address): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname, port });
}

/** Writes all bytes. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads this many answers; fewer if the node ends its side before. */
export async function readAnswers(
  connection: Deno.TcpConn,
  count: number,
  limitMs = REQUEST_LIMIT_MS,
): Promise<ApiAnswer[]> {
  const answers: ApiAnswer[] = [];
  const framer = new Framer(API_FRAMES);
  const buffer = new Uint8Array(65_536);
  await withinTime(limitMs, async () => {
    while (answers.length < count) {
      const read = await connection.read(buffer);
      if (read === null) break;
      framer.push(buffer.subarray(0, read), (frame) => answers.push(decodeApiAnswer(frame)));
    }
  });
  return answers;
}

/** What an action comes to; fails when it takes longer than the limit. */
export async function withinTime<T>(limitMs: number, action: () => Promise<T>): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`It takes over ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([action(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
