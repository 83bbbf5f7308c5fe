/**
 * The requests that the page makes of its node.
 *
 * @module
 */

/**
 * @import {
 *   ExplanationDocument, GetParameter, NodeDocument, NotFoundDocument, PutParameter, ReceiptDocument,
 *   TableDocument, ValueHeader
 * } from "../../contract.ts"
 */

/**
 * A value and what the node says about it; a number is null if its header is missing.
 *
 * @typedef {object} FoundValue
 * @property {Uint8Array} bytes
 * @property {number} ms how long the request took
 * @property {number | null} ageMs
 * @property {number | null} ttlMs
 * @property {number | null} hops
 * @property {number | null} asked
 * @property {string | null} holder
 * @property {string | null} quorum
 * @property {number | null} agreed
 * @property {boolean} quorumMet
 */

/** How long the node may take, in milliseconds: longer than its own time limits. */
const LIMIT_MS = 60_000;

/** The node refuses, or cannot be reached. */
export class ApiError extends Error {}

/** @returns {Promise<NodeDocument>} */
export function fetchNode() {
  return fetchJson("/v1/node");
}

/** @returns {Promise<TableDocument>} */
export function fetchTable() {
  return fetchJson("/v1/contacts");
}

/**
 * Has the node explain a lookup.
 *
 * @param {string} key
 * @returns {Promise<ExplanationDocument>}
 */
export function fetchExplanation(key) {
  return fetchJson(`/v1/explain/${encodeURIComponent(key)}`);
}

/**
 * Puts bytes. The receipt has an `error` if the write quorum was not reached.
 *
 * @param {string} key
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {Readonly<Record<PutParameter, string>>} parameters those that are empty are left out
 * @returns {Promise<ReceiptDocument>}
 */
export async function putValue(key, bytes, parameters) {
  const response = await ask(valuePath(key, parameters), {
    method: "PUT",
    headers: { "X-Voidkad": "1", "Content-Type": "application/octet-stream" },
    body: bytes,
  });
  if (response.status !== 201 && response.status !== 503) throw await errorOf(response);
  const answer = await response.json();
  if (!("stored" in answer)) throw new ApiError(answer.error);
  return answer;
}

/**
 * Gets a value.
 *
 * @param {string} key
 * @param {Readonly<Record<GetParameter, string>>} parameters those that are empty are left out
 * @returns {Promise<FoundValue | NotFoundDocument>}
 */
export async function getValue(key, parameters) {
  const start = performance.now();
  const response = await ask(valuePath(key, parameters));
  if (response.status === 404) return await response.json();
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/octet-stream")) throw await errorOf(response);
  const header = (/** @type {ValueHeader} */ name) => response.headers.get(`X-Voidkad-${name}`);
  const number = (/** @type {ValueHeader} */ name) => {
    const text = header(name);
    return text === null ? null : Number(text);
  };
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    ms: performance.now() - start,
    ageMs: number("Age-Ms"),
    ttlMs: number("Ttl-Ms"),
    hops: number("Hops"),
    asked: number("Asked"),
    holder: header("Holder"),
    quorum: header("Quorum"),
    agreed: number("Agreed"),
    quorumMet: response.ok,
  };
}

/** @param {string} path */
async function fetchJson(path) {
  const response = await ask(path);
  if (!response.ok) throw await errorOf(response);
  return await response.json();
}

/**
 * @param {string} key
 * @param {Readonly<Record<string, string>>} parameters
 */
function valuePath(key, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, text]) => text !== ""));
  const path = `/v1/values/${encodeURIComponent(key)}`;
  return query.size > 0 ? `${path}?${query}` : path;
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function ask(path, init = {}) {
  try {
    return await fetch(path, { ...init, cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new ApiError(late ? "The node does not answer in time" : "The node cannot be reached");
  }
}

/** @param {Response} response */
async function errorOf(response) {
  try {
    const { error } = await response.json();
    if (typeof error === "string") return new ApiError(error);
  } catch {
    // Not an answer of a node.
  }
  return new ApiError(`The node answers ${response.status} ${response.statusText}`.trim());
}
