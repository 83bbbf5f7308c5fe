/**
 * Values over HTTP: PUT with a receipt, GET with what is known of the value.
 *
 * @module
 */

import { formatAddress } from "../core/kademlia/address.ts";
import { VALUE_BYTES_MAX } from "../core/limits.ts";
import type { Node } from "../node/node.ts";
import { answer, HttpError, json } from "./responses.ts";
import { describeReceipt } from "./json.ts";
import { readBody } from "./read_body.ts";

const SECOND_MS = 1_000;
const NUMBER_MAX = 2 ** 31;

/** Stores the body; answers as soon as the write quorum has it. */
export async function putValue(
  node: Node,
  key: Uint8Array,
  request: Request,
  query: URLSearchParams,
): Promise<Response> {
  const options = readQuery(query, ["ttl", "replication", "write_quorum"]);
  const quorum = options["write_quorum"] ?? 1;
  const value = await readBody(request, VALUE_BYTES_MAX);
  const startedAt = performance.now();
  const receipt = await refusing(() =>
    node.put(key, value, {
      ttlMs: SECOND_MS * (options["ttl"] ?? 0),
      replication: options["replication"] ?? 0,
      writeQuorum: quorum,
    })
  );
  const told = describeReceipt(receipt, quorum, performance.now() - startedAt);
  return json(receipt.holders.length >= quorum ? 201 : 503, told);
}

/** Finds a value; the answer to HEAD is the same without its bytes, which the server sees to. */
export async function getValue(
  node: Node,
  key: Uint8Array,
  query: URLSearchParams,
): Promise<Response> {
  const { read_quorum: quorum = 1 } = readQuery(query, ["read_quorum"]);
  const startedAt = performance.now();
  const { found, asked } = await refusing(() => node.search(key, { readQuorum: quorum }));
  if (!found) {
    return json(404, { error: "not found", asked, ms: performance.now() - startedAt });
  }
  const { value, stamp, ttlMs, from, hops, versions } = found;
  const status = versions >= quorum ? 200 : 503;
  return answer(status, "application/octet-stream", new Uint8Array(value), {
    "X-Voidkad-Age-Ms": `${Math.max(0, Date.now() - stamp)}`,
    "X-Voidkad-Ttl-Ms": `${Math.round(ttlMs)}`,
    "X-Voidkad-Holder": formatAddress(from.address),
    "X-Voidkad-Hops": `${hops}`,
    "X-Voidkad-Asked": `${asked}`,
    "X-Voidkad-Stamp": `${stamp}`,
    ...quorum > 1 && { "X-Voidkad-Quorum": `${versions} of ${quorum}` },
    "Content-Disposition": "attachment",
  });
}

/** What the client got wrong is said as such; that the node is too busy, too. */
async function refusing<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof RangeError) throw new HttpError(400, error.message);
    throw new HttpError(503, (error as Error).message);
  }
}

function readQuery(query: URLSearchParams, known: readonly string[]): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [name, text] of query) {
    if (!known.includes(name)) throw new HttpError(400, `unknown parameter "${name}"`);
    if (name in numbers) throw new HttpError(400, `${name} is given more than once`);
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(number < NUMBER_MAX)) {
      throw new HttpError(400, `${name}: "${text}" is not a whole number`);
    }
    numbers[name] = number;
  }
  return numbers;
}
