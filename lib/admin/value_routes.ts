/**
 * Values over HTTP: PUT with a receipt, GET with what is known of the value.
 *
 * @module
 */

import { formatAddress } from "../core/kademlia/address.ts";
import { VALUE_BYTES_MAX } from "../core/limits.ts";
import type { Node } from "../node/node.ts";
import type { GetParameter, NotFoundDocument, PutParameter, ValueHeader } from "./contract.ts";
import type { HttpAnswer } from "./http/http_server.ts";
import { answer, HttpError, json } from "./http/responses.ts";
import type { ParsedRequest } from "./http/router.ts";
import { describeReceipt } from "./json.ts";
import { readBody } from "./http/read_body.ts";

const SECOND_MS = 1_000;
const NUMBER_MAX = 2 ** 31;

/** Stores the body; answers as soon as the write quorum has it. */
export async function putValue(
  node: Node,
  { key, request, query }: ParsedRequest,
): Promise<HttpAnswer> {
  const options = readQuery<PutParameter>(query, ["ttl", "replication", "write_quorum"]);
  const quorum = options.write_quorum ?? 1;
  const value = await readBody(request, VALUE_BYTES_MAX);
  const startedAt = performance.now();
  const receipt = await refusing(() =>
    node.put(key, value, {
      ttlMs: SECOND_MS * (options.ttl ?? 0),
      replication: options.replication ?? 0,
      writeQuorum: quorum,
    })
  );
  const ms = performance.now() - startedAt;
  const document = describeReceipt(receipt, { quorum, ms });
  return json(document, { status: document.error === undefined ? 201 : 503 });
}

/** Finds a value; the server leaves its bytes out of the answer to HEAD. */
export async function getValue(
  node: Node,
  { key, query }: ParsedRequest,
): Promise<HttpAnswer> {
  const { read_quorum: quorum = 1 } = readQuery<GetParameter>(query, ["read_quorum"]);
  const startedAt = performance.now();
  const { found, asked } = await refusing(() => node.search(key, { readQuorum: quorum }));
  if (!found) {
    const document = { error: "not found", asked, ms: performance.now() - startedAt };
    return json(document satisfies NotFoundDocument, { status: 404 });
  }
  const { value, stamp, ttlMs, from, hops, versions, agreed } = found;
  return answer(value, {
    status: versions >= quorum ? 200 : 503,
    type: "application/octet-stream",
    headers: valueHeaders({
      "Age-Ms": `${Math.max(0, node.networkNow() - stamp)}`,
      "Ttl-Ms": `${Math.round(ttlMs)}`,
      "Holder": formatAddress(from.address),
      "Hops": `${hops}`,
      "Asked": `${asked}`,
      "Stamp": `${stamp}`,
      ...quorum > 1 && { "Quorum": `${versions} of ${quorum}`, "Agreed": `${agreed}` },
    }),
  });
}

function valueHeaders(headers: { [name in ValueHeader]?: string }): Record<string, string> {
  const named = Object.entries(headers).map(([name, text]) => [`X-Voidkad-${name}`, text]);
  return { ...Object.fromEntries(named), "Content-Disposition": "attachment" };
}

/** Runs an operation of the node, which throws a RangeError for what the client got wrong. */
async function refusing<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof RangeError) throw new HttpError(400, error.message);
    throw error;
  }
}

function readQuery<Name extends string>(
  query: URLSearchParams,
  known: readonly Name[],
): { [name in Name]?: number } {
  const numbers: { [name in Name]?: number } = {};
  for (const [given, text] of query) {
    const name = known.find((one) => one === given);
    if (!name) throw new HttpError(400, `unknown parameter "${given}"`);
    if (name in numbers) throw new HttpError(400, `${name} is given more than once`);
    const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (!(number < NUMBER_MAX)) {
      throw new HttpError(400, `${name}: "${text}" is not a whole number`);
    }
    numbers[name] = number;
  }
  return numbers;
}
