/**
 * Builds the documents of {@linkcode contract.ts} from what the node knows.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { formatAddress } from "../core/kademlia/address.ts";
import { formatAddressPair } from "../core/kademlia/address_pair.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { networkOf } from "../core/kademlia/diversity.ts";
import { distance } from "../core/kademlia/node_id.ts";
import type { KeyChange } from "../identity/credentials.ts";
import { formatInvite } from "../identity/invite.ts";
import type { RunningNode } from "../net/serve.ts";
import type { Explanation } from "../node/diagnostics/explanation.ts";
import type { Health } from "../node/diagnostics/health.ts";
import type { ContactSnapshot } from "../node/snapshot.ts";
import type { PutReceipt } from "../node/values/operations.ts";
import type { Counts, Tally } from "../telemetry/counts.ts";
import type {
  ContactDocument,
  ExplanationDocument,
  FiguresDocument,
  KeyChangeDocument,
  NodeDocument,
  ReceiptDocument,
  TableContactDocument,
  TableDocument,
} from "./contract.ts";

/** Bytes of a distance that are shown: the others never decide anything. */
const DISTANCE_BYTES = 8;

/** Contacts do not change, and the same ones are described again and again. */
const described = new WeakMap<Contact, ContactDocument>();

function describeContact(contact: Contact): ContactDocument {
  let document = described.get(contact);
  if (!document) {
    const { address, alternate } = contact;
    document = {
      id: encodeHex(contact.id),
      address: formatAddress(address),
      ...alternate && { alternate: formatAddress(alternate) },
    };
    described.set(contact, document);
  }
  return document;
}

/** Describes what became of a PUT that took `ms`. */
export function describeReceipt(
  receipt: PutReceipt,
  { quorum, ms }: { readonly quorum: number; readonly ms: number },
): ReceiptDocument {
  const { key, of, ttlMs, holders, refused, complete } = receipt;
  const stored = holders.length;
  return {
    key: encodeHex(key),
    stored,
    replication: of,
    ttlMs,
    quorum,
    complete,
    holders: holders.map(describeContact),
    networks: new Set(holders.map(({ address }) => networkOf(address))).size,
    refused: refused.map(({ contact, reason }) => ({ ...describeContact(contact), reason })),
    ms,
    ...stored < quorum && {
      error: `the write quorum was not reached: ${stored} of ${quorum} nodes store the value`,
    },
  };
}

/** Describes what a lookup did. */
export function describeExplanation(explanation: Explanation): ExplanationDocument {
  const { key, asked, responsible } = explanation;
  return {
    ...explanation,
    key: encodeHex(key),
    asked: asked.map(({ contact, from, ...rest }) => ({
      ...describeContact(contact),
      distance: encodeHex(distance(key, contact.id).subarray(0, DISTANCE_BYTES)),
      ...rest,
      from: from && encodeHex(from.id),
    })),
    responsible: responsible.map(({ contact, ...rest }) => ({
      ...describeContact(contact),
      ...rest,
    })),
  };
}

/** Describes the routing table. */
export function describeTable({ node }: RunningNode): TableDocument {
  const { prefixLength, bucketSize } = node.options;
  const levels = node.snapshot().levels.map(({ level, contacts, replacements }) => ({
    level,
    contacts: contacts.map(describeTableContact),
    replacements,
  }));
  return { prefixLength, bucketSize, levels };
}

function describeTableContact(snapshot: ContactSnapshot): TableContactDocument {
  const { contact, seenMs, roundTripMs, failures, connected } = snapshot;
  return {
    ...describeContact(contact),
    heardMs: Math.round(seenMs),
    rttMs: roundTripMs,
    failures,
    connected,
  };
}

/** What describes a node, besides the node itself. */
export interface NodeCircumstances {
  readonly counts: Counts;
  readonly version: string;
  readonly http: string;
  readonly startedAt: number;
  readonly now: number;
  readonly health: Health;
  readonly eventLoopDelayMs: number;
}

/** Describes the node and its figures; nothing here goes through all of its values. */
export function describeNode(
  running: RunningNode,
  { counts, ...surroundings }: NodeCircumstances,
): NodeDocument {
  const { node, apiAddress } = running;
  const { health, eventLoopDelayMs, version, http, startedAt, now } = surroundings;
  return {
    id: encodeHex(node.id),
    version,
    p2p: formatAddressPair(node.self),
    api: formatAddress(apiAddress),
    http,
    invite: formatInvite(node.self),
    isPrivate: running.networkId !== null,
    networkId: running.networkId,
    networkKeyChange: describeKeyChange(running.networkKeyChange()),
    startedAt,
    now,
    options: node.options,
    health,
    figures: { ...describeState(running), eventLoopDelayMs, ...describeCounts(counts) },
  };
}

function describeKeyChange(change: KeyChange | null): KeyChangeDocument | null {
  if (!change) return null;
  const { have, lack, unheard } = change;
  return {
    have: have.length,
    lack: lack.map(formatAddressPair),
    unheard: unheard.map(formatAddressPair),
  };
}

function describeState({ node, transport }: RunningNode) {
  const { contacts, store, repair, clockOffsetMs, reachability, journal } = node.figures();
  const { inbound, outbound } = transport.connections;
  return {
    contacts,
    replicas: store.replicas,
    cached: store.cached,
    valueBytes: store.bytes,
    storeBytesMax: store.bytesMax,
    neighboursDiffering: repair.differing,
    valuesAwaited: repair.awaited,
    connectionsIn: inbound,
    connectionsOut: outbound,
    clockOffsetMs,
    reachability,
    journal,
  };
}

function describeCounts(
  counts: Counts,
): Omit<FiguresDocument, keyof ReturnType<typeof describeState> | "eventLoopDelayMs"> {
  const { gets, puts, handshakes, bytes, times, stores } = counts;
  const { stored: _, ...storeRefused } = stores;
  return {
    lookups: counts.lookups,
    gets: {
      asked: gets.asked,
      found: gets.here + gets.found,
      missed: gets.missed + gets.failed,
      msSum: gets.msSum,
    },
    puts: {
      asked: puts.asked,
      stored: puts.stored + puts.partly,
      failed: puts.nowhere + puts.failed,
      msSum: puts.msSum,
    },
    requestsOut: Object.fromEntries(
      [...counts.requestsOut].map(([type, tally]) => [type, countAnswered(tally)]),
    ),
    requestsIn: counts.requestsIn,
    storeRefused,
    expired: counts.expiredValues,
    republished: counts.republications,
    comparisons: counts.comparisons,
    repaired: counts.repairs,
    handshakesOut: handshakes.out,
    handshakesIn: handshakes.in,
    handshakesFailed: handshakes.outFailed + handshakes.inFailed,
    bytesIn: bytes.in,
    bytesOut: bytes.out,
    latencyMs: {
      get: times.get.percentiles(),
      put: times.put.percentiles(),
      request: times.request.percentiles(),
    },
  };
}

function countAnswered({ answered = 0, ...failed }: Tally) {
  return { answered, failed: Object.values(failed).reduce((sum, count) => sum + count, 0) };
}
