/**
 * The vectors of `tests/vectors`, as this program's own types.
 *
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../../lib/core/kademlia/contact.ts";
import type { Hello, Statement } from "../../../lib/core/wire/messages.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

/** A contact as a vector names it. */
export interface VectorContact {
  readonly address: string;
  readonly alternate?: string;
  readonly certificate: string;
}

/** The bytes of a notation like `0024 028b ab*32`: hex digits in parts, each repeated if it says so. */
export function bytesOfVector(text: string): Uint8Array<ArrayBuffer> {
  const parts = text.split(" ").filter((part) => part !== "").map((part) => {
    const [hex, count = "1"] = part.split("*");
    return new Array<Uint8Array>(Number(count)).fill(decodeHex(hex!));
  });
  return new Uint8Array(parts.flat().flatMap((bytes) => [...bytes]));
}

/** The contact that a vector names. */
export function contactOfVector({ address, alternate, certificate }: VectorContact): Contact {
  const other = alternate === undefined ? null : parseAddress(alternate);
  return makeContact(parseAddress(address), bytesOfVector(certificate), sha256, other);
}

/** A statement of a HELLO as a vector names it. */
export interface VectorStatement {
  readonly type: string;
  readonly signature?: string;
  readonly token?: string;
  readonly publicKey?: string;
  readonly member?: string;
}

/** The statement that a vector names. */
export function statementOfVector({ type, ...fields }: VectorStatement): Statement {
  const entries = Object.entries(fields).map(([name, bytes]) => [name, bytesOfVector(bytes)]);
  return { type, ...Object.fromEntries(entries) } as Statement;
}

/** A HELLO as a vector names it. */
export interface VectorHello {
  readonly statements: readonly VectorStatement[];
  readonly self?: VectorContact;
  readonly signature?: string;
}

/** The HELLO that a vector names. */
export function helloOfVector({ statements, self, signature = "" }: VectorHello): Hello {
  const introduction = self
    ? { self: contactOfVector(self), signature: bytesOfVector(signature) }
    : null;
  return { statements: statements.map(statementOfVector), introduction };
}

/** The names of fields that hold bytes. */
const BYTES = new Set(["key", "value", "nonce", "prefix"]);

/** A vector's message, as the codec has it. */
export function messageOfVector(message: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(message).map(([name, value]) => {
    if (BYTES.has(name)) return [name, bytesOfVector(value as string)];
    if (name === "address") return [name, parseAddress(value as string)];
    if (name === "sender") return [name, contactOfVector(value as VectorContact)];
    if (name === "contacts") return [name, (value as VectorContact[]).map(contactOfVector)];
    if (Array.isArray(value)) return [name, value.map(partOfVector)];
    return [name, partOfVector(value)];
  });
  const { lifetimeMs, ...fields } = Object.fromEntries(entries);
  return lifetimeMs === undefined ? fields : { ...fields, expiresAt: fields.stamp + lifetimeMs };
}

function partOfVector(value: unknown): unknown {
  const isObject = typeof value === "object" && value !== null;
  return isObject ? messageOfVector(value as Readonly<Record<string, unknown>>) : value;
}
