/**
 * Contacts over HTTP: one that an operator wants forgotten.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import { parseAddress } from "../core/kademlia/address.ts";
import type { NodeId } from "../core/kademlia/node_id.ts";
import { sha256 } from "../hash/sha256.ts";
import type { Node } from "../node/node.ts";
import type { ForgottenDocument } from "./contract.ts";
import type { HttpAnswer } from "./http/http_server.ts";
import { HttpError, json } from "./http/responses.ts";
import type { ParsedRequest } from "./http/router.ts";

/** Forgets a contact, named by its id or its address, and that its certificate counted there. */
export function forgetContact(node: Node, { query }: ParsedRequest): HttpAnswer {
  const name = query.get("contact") ?? "";
  const id = idOf(name);
  if (!node.forgetContact(id)) throw new HttpError(404, `no contact is known as ${name}`);
  return json({ forgotten: encodeHex(id) } satisfies ForgottenDocument);
}

function idOf(name: string): NodeId {
  if (/^[0-9a-f]{64}$/i.test(name)) return decodeHex(name);
  try {
    return sha256(parseAddress(name).bytes);
  } catch {
    throw new HttpError(400, `contact: "${name}" is no id, 64 hex digits, and no address`);
  }
}
