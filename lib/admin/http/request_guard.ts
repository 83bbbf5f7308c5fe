/**
 * Lets in the operator's programs and the node's own page, and no page from elsewhere that happens to be
 * open in the operator's browser.
 *
 * A browser sends the name that it connects to (`Host`): a name of another domain that resolves to this
 * machine is refused. It sends where a request comes from (`Origin`, `Sec-Fetch-Site`). And a request that
 * writes needs a header that a form cannot send, and that a script from elsewhere may send only after a
 * preflight, which is never granted.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isWildcard,
  makeAddress,
} from "../../core/kademlia/address.ts";

/** What writing requests carry, with any value. */
const WRITE_HEADER = "X-Voidkad";

/** What of a request is judged. */
export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
}

/** A request that is not let in: the status, and why. */
export interface Refused {
  readonly status: number;
  readonly error: string;
}

/** What every answer carries: nothing is loaded from elsewhere, framed, guessed at or kept. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
};

const PORT_OF_HTTP = 80;

/** Judges requests to one address. */
export class RequestGuard {
  readonly #hosts: ReadonlySet<string>;
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
    const { port } = address;
    const hosts = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
    hosts.push(formatAddress(address));
    if (port === PORT_OF_HTTP) {
      hosts.push(...hosts.map((host) => host.slice(0, -`:${port}`.length)));
    }
    this.#hosts = new Set(hosts);
  }

  /** Null if a request may be answered. */
  check({ method, path, headers }: GuardedRequest): Refused | null {
    const host = headers.get("Host")?.toLowerCase() ?? "";
    if (!this.#isOwn(host)) {
      return { status: 421, error: `this node is not "${host}": ask it by its own address` };
    }
    const origin = headers.get("Origin");
    if (origin !== null && !this.#isOwn(origin.replace(/^http:\/\//, ""))) {
      return { status: 403, error: `requests from ${origin} are not answered` };
    }
    const site = headers.get("Sec-Fetch-Site");
    const isData = path.startsWith("/v1/") || path === "/metrics" || path === "/healthz";
    if (isData && site !== null && site !== "same-origin" && site !== "none") {
      return { status: 403, error: "requests from pages of other sites are refused" };
    }
    const reads = method === "GET" || method === "HEAD";
    if (!reads && !headers.has(WRITE_HEADER)) {
      return { status: 403, error: `a request that writes needs the header ${WRITE_HEADER}: 1` };
    }
    return null;
  }

  /** No name but localhost is trusted: the owner of a name can make it resolve to this machine. */
  #isOwn(host: string): boolean {
    if (this.#hosts.has(host)) return true;
    return isWildcard(this.#address) && isIpWithPort(host, this.#address.port);
  }
}

/** Whether a host is written as an IP and this port. */
function isIpWithPort(host: string, port: number): boolean {
  const match = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(host);
  if (!match || Number(match[2]) !== port) return false;
  try {
    return formatAddress(makeAddress(match[1]!, port)) === host;
  } catch {
    return false;
  }
}
