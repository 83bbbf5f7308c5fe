/**
 * Which of the runtime's modules listens for peers.
 *
 * @module
 */

import { type Address, isLoopback } from "../../core/kademlia/address.ts";
import { UNFINISHED_HANDSHAKES_MAX } from "../limits.ts";
import { DenoListener } from "./deno_listener.ts";
import { NodeListener } from "./node_listener.ts";
import type { PeerListener, PeerListenerOptions } from "./peer_listener.ts";

/**
 * `deno` takes less of the processor, and lets those who never end their handshakes keep newcomers out; `node` frees
 * such connections. `auto` is `deno` on loopback, and `node` elsewhere.
 */
export type ListenerKind = "auto" | "deno" | "node";

/** Listens for peers. */
export function openPeerListener(
  at: Address,
  { kind = "auto", certificate, unfinishedMax = UNFINISHED_HANDSHAKES_MAX }:
    & Pick<PeerListenerOptions, "certificate">
    & { readonly kind?: ListenerKind | undefined; readonly unfinishedMax?: number },
): PeerListener {
  const isOwn = kind === "auto" ? isLoopback(at) : kind === "deno";
  const Listener = isOwn ? DenoListener : NodeListener;
  return new Listener(at, { certificate, unfinishedMax });
}
