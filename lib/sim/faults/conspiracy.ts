/**
 * Adversaries among the nodes of a simulated network.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { REPLICA } from "../../core/value.ts";
import type { PeerAnswer, PeerRequest } from "../../core/wire/messages.ts";
import { compareDistance, type NodeId } from "../../core/kademlia/node_id.ts";
import type { Origin, Transport, TransportHandler } from "../../node/ports.ts";
import type { SeededRandom } from "../random/seeded_random.ts";

/** How an adversary behaves; it joins and introduces itself like an honest node. */
export type AdversaryKind =
  /** Answers lookups with other adversaries only, and stores nothing while saying so. */
  | "collude"
  /** Answers with contacts that do not exist and values that prove nothing. */
  | "protocolError"
  /** Does not answer at all. */
  | "silent"
  /** Answers lookups honestly, and drops what it says it stores. */
  | "drop";

/** The kinds by name. */
export const ADVERSARY_KINDS: readonly AdversaryKind[] = [
  "collude",
  "protocolError",
  "silent",
  "drop",
];

/** All adversaries of a network, who know each other. */
export class Conspiracy {
  readonly kind: AdversaryKind;
  readonly members: Contact[] = [];
  readonly #random: SeededRandom;
  readonly #invent: () => Contact;

  /** @param invent makes a contact that nobody answers at. */
  constructor(kind: AdversaryKind, random: SeededRandom, invent: () => Contact) {
    this.kind = kind;
    this.#random = random;
    this.#invent = invent;
  }

  /** The transport of a node that answers as the kind does; the honest node goes on living behind it. */
  corrupt(transport: Transport): Transport {
    return {
      attach: (honest) => transport.attach(this.#corruptHandler(honest)),
      request: (contact, request, onAnswer) => transport.request(contact, request, onAnswer),
      isConnected: (contact) => transport.isConnected(contact),
      suspect: (contact, since) => transport.suspect(contact, since),
      close: () => transport.close(),
    };
  }

  #corruptHandler(honest: TransportHandler): TransportHandler {
    return {
      onReached: (contact, roundTripMs) => honest.onReached?.(contact, roundTripMs),
      onConnected: (contact) => honest.onConnected(contact),
      onDisconnected: (contact) => honest.onDisconnected?.(contact),
      onRequest: (request, origin, answer) => this.#onRequest(honest, request, origin, answer),
    };
  }

  #onRequest(
    honest: TransportHandler,
    request: PeerRequest,
    origin: Origin,
    answer: (answer: PeerAnswer) => void,
  ): void {
    if (this.kind === "silent") return;
    if (request.type === "ping") honest.onRequest(request, origin, answer);
    else if (request.type === "store") answer({ type: "stored", status: "stored" });
    else if (request.type === "digest") answer({ type: "different", ranges: [] });
    else if (request.type === "offer") {
      answer({ type: "wanted", wanted: [], replaced: [], offered: [] });
    } else if (this.kind === "drop") honest.onRequest(request, origin, answer);
    else answer(this.#lie(request));
  }

  #lie(request: PeerRequest & { readonly type: "findNode" | "findValue" }): PeerAnswer {
    const { key, amount } = request;
    if (this.kind === "collude") {
      return { type: "foundNode", contacts: this.#closest(key, amount) };
    }
    if (request.type === "findValue" && this.#random.next() < 0.5) {
      const [value, nonce] = [new Uint8Array(8), new Uint8Array(32)];
      const claims = { stamp: 1e15, expiresAt: 2e15, replication: 1, cachedUntil: REPLICA };
      return { type: "foundValue", key, value, nonce, ...claims };
    }
    return { type: "foundNode", contacts: Array.from({ length: amount }, this.#invent) };
  }

  #closest(key: NodeId, amount: number): Contact[] {
    return [...this.members].sort((a, b) => compareDistance(key, a.id, b.id)).slice(0, amount);
  }
}
