/**
 * Replicas over HTTP, as they are: a backup, and a network that moves.
 *
 * @module
 */

import { HttpError, json } from "./http/responses.ts";
import { readBody } from "./http/read_body.ts";
import type { HttpAnswer } from "./http/http_server.ts";
import type { ParsedRequest } from "./http/router.ts";
import type { ImportDocument, ImportedDocument, ReplicaPageDocument } from "./contract.ts";
import type { Node } from "../node/node.ts";
import { describeReplica, readReplica } from "./replica_document.ts";

/** The body of an import: a page of an export, with room to spare. */
const IMPORT_BYTES_MAX = 4 * 1_048_576;
/** Replicas of one import: more than a page of an export has. */
const IMPORTED_MAX = 8_192;
/** Replicas of one import that are placed at once, before other work gets its turn. */
const AT_ONCE = 32;

/** Answers with a page of the replicas that a node holds. */
export function exportReplicas(node: Node, { query }: ParsedRequest): HttpAnswer {
  const unknown = [...query.keys()].find((name) => name !== "from");
  if (unknown !== undefined) throw new HttpError(400, `unknown parameter "${unknown}"`);
  const from = query.get("from") ?? "0";
  if (!/^\d{1,10}$/.test(from)) throw new HttpError(400, `from: "${from}" is not a whole number`);
  const { replicas, next } = node.exportReplicas(Number(from));
  return json({ replicas: replicas.map(describeReplica), next } satisfies ReplicaPageDocument);
}

/** Brings replicas to the nodes that they belong to; answers what became of each, in their order. */
export async function importReplicas(node: Node, { request }: ParsedRequest): Promise<HttpAnswer> {
  const documents = readDocuments(await readBody(request, IMPORT_BYTES_MAX));
  const results: ImportedDocument[] = [];
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const some = documents.slice(at, at + AT_ONCE);
    results.push(...await Promise.all(some.map((document) => importOne(node, document))));
    // Those that are refused at once would keep all else waiting.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return json({ results } satisfies ImportDocument);
}

function readDocuments(body: Uint8Array): readonly unknown[] {
  let replicas: unknown;
  try {
    ({ replicas } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)));
  } catch {
    throw new HttpError(400, "the body is not JSON");
  }
  if (!Array.isArray(replicas)) throw new HttpError(400, 'the body has no list "replicas"');
  if (replicas.length > IMPORTED_MAX) {
    throw new HttpError(413, `the body has more than ${IMPORTED_MAX} replicas`);
  }
  return replicas;
}

async function importOne(node: Node, document: unknown): Promise<ImportedDocument> {
  try {
    return await node.importReplica(readReplica(document));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { outcome: "invalid", holders: 0, of: 0, error: error.message };
  }
}
