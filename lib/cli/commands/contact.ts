/**
 * `voidkad contact`: has a running node forget another one.
 *
 * @module
 */

import type { ForgottenDocument } from "../../admin/contract.ts";
import { askHttp, parseJson, refusal } from "../clients/http_client.ts";
import { readHttpAddress } from "../clients/node_addresses.ts";
import { UsageError } from "../errors.ts";
import type { Flags } from "../spec/flags.ts";
import { writeJson, writeLine } from "../terminal/output.ts";

const LIMIT_MS = 5_000;

/** Runs the command; returns its exit status. */
export async function contact({ values, positionals }: Flags): Promise<number> {
  const [action, name] = positionals as [string, string];
  if (action !== "forget") throw new UsageError(`"${action}" is not forget`);
  const node = await readHttpAddress(values);
  const path = `/v1/contacts?contact=${encodeURIComponent(name)}`;
  const answer = await askHttp(node, { path, method: "DELETE", limitMs: LIMIT_MS });
  if (answer.status === 400) throw new UsageError(refusal(answer).message);
  if (answer.status !== 200) throw refusal(answer);
  const document = parseJson(answer) as ForgottenDocument;
  if (values.get("json") === "true") writeJson(Deno.stdout, document);
  else writeLine(Deno.stdout, `Forgot ${name}: whoever proves to be there next is taken`);
  return 0;
}
