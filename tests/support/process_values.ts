/**
 * Values and health of nodes in processes, over their HTTP.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { HealthDocument } from "../../lib/admin/contract.ts";
import { askHttp } from "../../lib/cli/clients/http_client.ts";
import type { NodeProcess } from "./test_node_process.ts";

const LIMIT_MS = 10_000;

/** Puts a value, which at least one node must take. */
export async function putValue(
  { ready }: NodeProcess,
  key: string,
  value: Uint8Array,
  query = "",
): Promise<void> {
  const path = `/v1/values/${key}${query}`;
  const request = { path, method: "PUT", body: value, limitMs: LIMIT_MS } as const;
  assertEquals((await askHttp(ready.http!, request)).status, 201);
}

/** Gets a value; null if it is not found. */
export async function getValue({ ready }: NodeProcess, key: string): Promise<Uint8Array | null> {
  const path = `/v1/values/${key}`;
  const { status, body } = await askHttp(ready.http!, { path, limitMs: LIMIT_MS });
  return status === 200 ? body : null;
}

/** How a node says that it is. */
export async function healthOf({ ready }: NodeProcess): Promise<HealthDocument> {
  const { body } = await askHttp(ready.http!, { path: "/healthz", limitMs: LIMIT_MS });
  return JSON.parse(new TextDecoder().decode(body));
}
