/**
 * The node, its contacts, receipts and explanations as JSON tells them: ids in hex, addresses as text.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { formatAddress } from "../core/kademlia/address.ts";
import type { Contact } from "../core/kademlia/contact.ts";
import { formatInvite } from "../identity/invite.ts";
import { distance } from "../core/kademlia/node_id.ts";
import type { RunningNode } from "../net/serve.ts";
import type { Explanation } from "../node/diagnostics/explanation.ts";
import type { Health } from "../node/diagnostics/health.ts";
import type { Receipt } from "../node/values/publisher.ts";
import type { Counts, Tally } from "../telemetry/counts.ts";

/** Bytes of a distance that are told: the rest never decides anything. */
const DISTANCE_BYTES = 8;

/** Contacts do not change, and the same ones are told again and again. */
const described = new WeakMap<Contact, { readonly id: string; readonly address: string }>();

/** A contact, by id and address. */
function describeContact(contact: Contact) {
  let told = described.get(contact);
  if (!told) {
    told = { id: encodeHex(contact.id), address: formatAddress(contact.address) };
    described.set(contact, told);
  }
  return told;
}

/** What became of a PUT. */
export function describeReceipt(receipt: Receipt, quorum: number, ms: number) {
  const { key, of, holders, refused, complete } = receipt;
  return {
    key: encodeHex(key),
    stored: holders.length,
    of,
    quorum,
    complete,
    holders: holders.map(describeContact),
    refused: refused.map(({ contact, reason }) => ({ ...describeContact(contact), reason })),
    ms,
  };
}

/** What a search did. */
export function describeExplanation(told: Explanation) {
  const { key, asked, responsible } = told;
  return {
    ...told,
    key: encodeHex(key),
    asked: asked.map((one) => {
      const { contact, from, ...rest } = one;
      return {
        ...describeContact(contact),
        distance: encodeHex(distance(key, contact.id).subarray(0, DISTANCE_BYTES)),
        ...rest,
        from: from && encodeHex(from.id),
      };
    }),
    responsible: responsible.map(({ contact, ...rest }) => ({
      ...describeContact(contact),
      ...rest,
    })),
  };
}

/** One contact of the table. */
interface ToldContact {
  readonly id: string;
  readonly address: string;
  /** How long ago it was heard of. */
  readonly heardMs: number;
  readonly rttMs: number | null;
  readonly failures: number;
  readonly connected: boolean;
}

/** The routing table by level. `now` is the node's clock. */
export function describeTable({ node, transport }: RunningNode, now: number) {
  const levels = new Map<
    number,
    { level: number; contacts: ToldContact[]; replacements: number }
  >();
  const connected = new Set(transport.connectedContacts().map((one) => describeContact(one).id));
  for (const { level, entries, replacements } of node.peers.table.buckets()) {
    let told = levels.get(level);
    if (!told) levels.set(level, told = { level, contacts: [], replacements: 0 });
    told.replacements += replacements.length;
    for (const { contact, lastSeenAt, roundTrip, failures } of entries) {
      const { id, address } = describeContact(contact);
      told.contacts.push({
        id,
        address,
        heardMs: Math.round(now - lastSeenAt),
        rttMs: roundTrip?.known ? roundTrip.meanMs : null,
        failures,
        connected: connected.has(id),
      });
    }
  }
  const { prefixLength, bucketSize } = node.options;
  const sorted = [...levels.values()].sort((a, b) => a.level - b.level);
  return { prefixLength, bucketSize, levels: sorted };
}

/** What a node is told by, besides itself and its counts. */
export interface Surroundings {
  readonly version: string;
  readonly http: string;
  readonly startedAt: number;
  readonly now: number;
  readonly health: Health;
  readonly eventLoopDelayMs: number;
}

/** The node and its figures; nothing here goes through all of its values. */
export function describeNode(running: RunningNode, counts: Counts, around: Surroundings) {
  const { node, p2pAddress, apiAddress } = running;
  const { health, eventLoopDelayMs, version, http, startedAt, now } = around;
  return {
    id: encodeHex(node.id),
    version,
    p2p: formatAddress(p2pAddress),
    api: formatAddress(apiAddress),
    http,
    invite: formatInvite(node.self),
    startedAt,
    now,
    options: node.options,
    health,
    figures: { ...describeState(running), eventLoopDelayMs, ...describeCounts(counts) },
  };
}

function describeState({ node, transport }: RunningNode) {
  const { store } = node.storage;
  const { inbound, outbound } = transport.connections;
  return {
    contacts: node.peers.table.size,
    values: store.size - store.copies,
    copies: store.copies,
    valueBytes: store.bytes,
    storeBytesMax: store.bytesMax,
    connectionsIn: inbound,
    connectionsOut: outbound,
  };
}

function describeCounts(counts: Counts) {
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
      [...counts.requestsOut].map(([type, tally]) => [type, answeredOrNot(tally)]),
    ),
    requestsIn: counts.requestsIn,
    storeRefused,
    expired: counts.expiredValues,
    republished: counts.republications,
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

function answeredOrNot({ answered = 0, ...failed }: Tally) {
  return { answered, failed: Object.values(failed).reduce((sum, count) => sum + count, 0) };
}
