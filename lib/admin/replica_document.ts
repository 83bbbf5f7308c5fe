/**
 * A replica in JSON: one line of an export.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import type { Replica } from "../core/value.ts";
import type { ReplicaDocument } from "./contract.ts";

/** Describes a replica. */
export function describeReplica(replica: Replica): ReplicaDocument {
  const { key, value, stamp, nonce, replication, expiresAt } = replica;
  return {
    key: encodeHex(key),
    value: encodeBase64(value),
    stamp,
    expiresAt,
    replication,
    nonce: encodeHex(nonce),
  };
}

/**
 * Reads a replica. Lengths and numbers are for the node to judge.
 *
 * @throws {RangeError} if it has not the form of one; the message says what is wrong.
 */
export function readReplica(document: unknown): Replica {
  if (typeof document !== "object" || document === null) throw new RangeError("it is no object");
  const fields = document as Readonly<Record<string, unknown>>;
  return {
    key: readBytes(fields, "key", { decode: decodeHex, form: "hex" }),
    value: readBytes(fields, "value", { decode: decodeBase64, form: "base64" }),
    stamp: readNumber(fields, "stamp"),
    expiresAt: readNumber(fields, "expiresAt"),
    replication: readNumber(fields, "replication"),
    nonce: readBytes(fields, "nonce", { decode: decodeHex, form: "hex" }),
  };
}

function readBytes(
  fields: Readonly<Record<string, unknown>>,
  name: keyof ReplicaDocument,
  { decode, form }: { readonly decode: (text: string) => Uint8Array; readonly form: string },
): Uint8Array {
  const text = fields[name];
  if (typeof text !== "string") throw new RangeError(`its ${name} is no text`);
  try {
    return decode(text);
  } catch {
    throw new RangeError(`its ${name} is not in ${form}`);
  }
}

function readNumber(
  fields: Readonly<Record<string, unknown>>,
  name: keyof ReplicaDocument,
): number {
  const number = fields[name];
  if (typeof number !== "number") throw new RangeError(`its ${name} is no number`);
  return number;
}
