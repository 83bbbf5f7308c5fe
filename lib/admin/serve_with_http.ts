/**
 * A node with its operator's surface, started and closed together.
 *
 * @module
 */

import { type Address, formatAddress, makeAddress } from "../core/kademlia/address.ts";
import type { RunningNode } from "../net/serve.ts";
import { serveKept, type ServeKeptOptions } from "../net/serve_kept.ts";
import { both } from "../telemetry/fan_out.ts";
import { AdminServer } from "./server.ts";

/** What a node with HTTP is made of. */
export interface ServeWithHttpOptions extends ServeKeptOptions {
  /** Where to serve HTTP; port 0 means any free one. */
  readonly httpAddress: Address;
  /** Whether any free port will do if that one is taken. */
  readonly httpPortMayDiffer: boolean;
  /** The version that the node states. */
  readonly version: string;
  /** What a request must carry to be answered; nothing if there is no token. */
  readonly httpToken?: string | null | undefined;
  /** What lets a request read, if it does not carry that. */
  readonly httpReadToken?: string | null | undefined;
  /** Lines of the log that could not be written, for `/metrics`; none if it is not given. */
  readonly logLinesDropped?: (() => number) | undefined;
}

/** A node that serves, over HTTP too. */
export interface RunningNodeWithHttp extends RunningNode {
  /** Where the page and the rest of HTTP are. */
  readonly httpAddress: Address;
}

/**
 * Starts a node and serves it over HTTP. An `observer` of the caller hears all that HTTP counts.
 *
 * @throws {Error} if it cannot listen, with the address and the reason in its message.
 */
export async function serveWithHttp(options: ServeWithHttpOptions): Promise<RunningNodeWithHttp> {
  const surface = await openSurface(options);
  let running: RunningNode;
  try {
    running = await serveKept({ ...options, observer: both(surface.observer, options.observer) });
  } catch (error) {
    await surface.close();
    throw error;
  }
  running.transport.neverDial(surface.address);
  surface.attach(running);
  // HTTP is last, so that an operator sees the node leave.
  const close = async () => {
    const report = await running.close();
    await surface.close();
    return report;
  };
  const dispose = async () => void await close();
  return { ...running, httpAddress: surface.address, close, [Symbol.asyncDispose]: dispose };
}

async function openSurface(options: ServeWithHttpOptions): Promise<AdminServer> {
  const { httpAddress: address, httpPortMayDiffer, version, log, logLinesDropped } = options;
  const { httpToken: token, httpReadToken: readToken } = options;
  const terms = { version, log, logLinesDropped, token, readToken };
  const surface = new AdminServer({ ...terms, address });
  try {
    await surface.listen();
    return surface;
  } catch (error) {
    if (!httpPortMayDiffer) throw error;
    const any = new AdminServer({ ...terms, address: makeAddress(address.hostname, 0) });
    await any.listen();
    log(
      "info",
      `${formatAddress(address)} is in use: HTTP is on ${formatAddress(any.address)} instead`,
    );
    return any;
  }
}
