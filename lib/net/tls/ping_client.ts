/**
 * The way to a node, measured as its peers go it.
 *
 * @module
 */

import { addressesOf, formatAddressPair } from "../../core/kademlia/address_pair.ts";
import { ContactCache } from "../../core/kademlia/contact_cache.ts";
import { makeContact } from "../../core/kademlia/contact.ts";
import { Credentials } from "../../identity/credentials.ts";
import type { NetworkKeys } from "../../identity/network.ts";
import type { Invite } from "../../identity/invite.ts";
import { PING_LIMIT_MS } from "../../node/limits.ts";
import type { RequestFailure } from "../../node/ports.ts";
import { type Handshake, Handshakes } from "./handshake.ts";
import { PeerConnection } from "./peer_connection.ts";
import { sha256 } from "../../hash/sha256.ts";
import { SystemClock } from "../system.ts";

/** What was measured. */
export interface Way {
  /** From the dial to the end of the handshake, in milliseconds. */
  readonly handshakeMs: number;
  /** From a question to its answer over the open connection, in milliseconds. */
  readonly roundTripMs: number;
}

/** What a failure means for the measurement. */
const FAILURES: Readonly<Partial<Record<RequestFailure, string>>> = {
  untrusted: "it does not hold the certificate",
  timeout: "it does not answer",
  unreachable: "it closed the connection",
  notMember: "it belongs to another network, or to one whose key only its invite has (--join)",
};

/**
 * Dials a node, makes sure that it holds its certificate, and asks it for one contact: a question that
 * leaves nothing behind in its table, as an introduction would.
 *
 * @throws {Error} that says what failed.
 */
export async function measureWay(node: Invite, networkKeys?: NetworkKeys): Promise<Way> {
  const clock = new SystemClock();
  const contact = makeContact(node.address, node.certificate, sha256, node.alternate);
  const fail = (why: string) => new Error(`Cannot ping ${formatAddressPair(node)}: ${why}`);
  const { start, dialled } = await dial(node, clock);
  if ("failure" in dialled) {
    const { failure, reason } = dialled;
    throw fail(failure === "untrusted" ? `${FAILURES.untrusted} (${reason})` : reason);
  }
  const handshakeMs = clock.now() - start;
  const contacts = new ContactCache(sha256);
  const credentials = new Credentials(null, networkKeys);
  const terms = { clock, contacts, credentials, onClosed: () => {} };
  const connection = new PeerConnection(contact, terms);
  const ended = connection.open(dialled);
  const asked = clock.now();
  const failure = await new Promise<RequestFailure | null>((resolve) => {
    const stopLimit = clock.runAt(asked + PING_LIMIT_MS, () => resolve("timeout"));
    connection.request({ type: "findNode", key: contact.id, amount: 1 }, (_, failure) => {
      stopLimit();
      resolve(failure);
    });
  });
  const roundTripMs = clock.now() - asked;
  connection.close("closed");
  await ended;
  if (failure !== null) throw fail(FAILURES[failure] ?? failure);
  return { handshakeMs, roundTripMs };
}

/** Dials the node's addresses one after the other, until one answers. */
async function dial(
  node: Invite,
  clock: SystemClock,
): Promise<{ start: number; dialled: Handshake }> {
  for (const address of addressesOf(node)) {
    const start = clock.now();
    const dialled = await new Handshakes(clock).dial(address, node.certificate);
    const isLast = address === addressesOf(node).at(-1);
    if (isLast || !("failure" in dialled) || dialled.failure !== "unreachable") {
      return { start, dialled };
    }
  }
  throw new Error("a node has an address");
}
