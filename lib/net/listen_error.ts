/**
 * Why a node cannot listen.
 *
 * @module
 */

import { type Address, formatAddress } from "../core/kademlia/address.ts";

/** Whom a listener is for. */
export type Listened = "peers" | "API clients" | "HTTP";

/** A node cannot listen at an address. The message has the address and the reason. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  /** Whom it was to listen for. */
  readonly whom: Listened;

  constructor(
    whom: Listened,
    { hostname, port }: Pick<Address, "hostname" | "port">,
    cause: Error,
  ) {
    const isTaken = cause instanceof Deno.errors.AddrInUse ||
      (cause as { code?: string }).code === "EADDRINUSE";
    const reason = isTaken ? "the address is in use" : cause.message;
    super(`Cannot listen for ${whom} on ${formatAddress({ hostname, port })}: ${reason}`, {
      cause,
    });
    this.whom = whom;
  }
}
