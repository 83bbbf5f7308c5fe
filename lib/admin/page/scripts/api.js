/**
 * What the page asks of the node.
 *
 * @module
 */

/** How long the node may take, in milliseconds: longer than its own time limits. */
const LIMIT_MS = 60_000;

/** The node refused, or cannot be reached. */
export class ApiError extends Error {}

/** Asks for a document. */
export async function fetchJson(path) {
  const response = await ask(path);
  if (!response.ok) throw await errorOf(response);
  return await response.json();
}

/** Puts bytes; the receipt has an `error` if the write quorum was not reached. */
export async function putValue(key, bytes, options) {
  const response = await ask(valuePath(key, options), {
    method: "PUT",
    headers: { "X-Voidkad": "1", "Content-Type": "application/octet-stream" },
    body: bytes,
  });
  if (response.status !== 201 && response.status !== 503) throw await errorOf(response);
  const answer = await response.json();
  if (!("stored" in answer)) throw new ApiError(answer.error);
  return answer;
}

/** Gets a value: its bytes and what the node says about it; `bytes` is null if it is not found. */
export async function getValue(key, options) {
  const start = performance.now();
  const response = await ask(valuePath(key, options));
  if (response.status === 404) return { bytes: null, ...await response.json() };
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/octet-stream")) throw await errorOf(response);
  const header = (name) => response.headers.get(`X-Voidkad-${name}`);
  const number = (name) => header(name) === null ? null : Number(header(name));
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    ms: performance.now() - start,
    ageMs: number("Age-Ms"),
    ttlMs: number("Ttl-Ms"),
    hops: number("Hops"),
    asked: number("Asked"),
    holder: header("Holder"),
    quorum: header("Quorum"),
    quorumMet: response.ok,
  };
}

/** Has one lookup told. */
export function explain(key) {
  return fetchJson(`/v1/explain/${encodeURIComponent(key)}`);
}

function valuePath(key, options) {
  const query = new URLSearchParams(Object.entries(options).filter(([, value]) => value));
  const path = `/v1/values/${encodeURIComponent(key)}`;
  return query.size > 0 ? `${path}?${query}` : path;
}

async function ask(path, init = {}) {
  try {
    return await fetch(path, { ...init, cache: "no-store", signal: AbortSignal.timeout(LIMIT_MS) });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new ApiError(late ? "The node does not answer in time" : "The node cannot be reached");
  }
}

async function errorOf(response) {
  try {
    const { error } = await response.json();
    if (typeof error === "string") return new ApiError(error);
  } catch {
    // Not the node's own words.
  }
  return new ApiError(`The node answers ${response.status} ${response.statusText}`.trim());
}
