/**
 * One search in sentences: why it stopped, and what happened.
 *
 * @module
 */

import { formatAddress } from "../../core/kademlia/address.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { LOOKUP_REQUESTS_MAX } from "../../core/limits.ts";
import type { AskedNode, Explanation, ResponsibleNode } from "./explanation.ts";
import type { LookupResult } from "../lookup/running_lookup.ts";
import type { RequestFailure } from "../observer.ts";

/** Why a search stopped; null stands for one that was not made. */
export function whyStopped(result: LookupResult | null): string {
  if (!result) return "this node is closing or busy";
  const { found, lookup, closest } = result;
  if (found) return `${formatAddress(found.from.address)} gave the value`;
  if (lookup.candidates.length === 0) return "no other node is known that could be asked";
  if (lookup.requests >= LOOKUP_REQUESTS_MAX) {
    return `${LOOKUP_REQUESTS_MAX} requests were sent, which is the most for one search`;
  }
  if (closest.length < lookup.options.count) {
    const known = lookup.candidates.length;
    return known === 1
      ? "the only other node known was asked"
      : `all ${known} nodes known were asked`;
  }
  return `the ${closest.length} closest nodes that answer have all answered`;
}

/** What a summary is made of. */
export interface Search
  extends Pick<Explanation, "asked" | "responsible" | "holders" | "wanted" | "attack"> {
  readonly found: { readonly from: Contact; readonly hops: number } | null;
  readonly busy: boolean;
}

const REASONS: Readonly<Record<RequestFailure, string>> = {
  unreachable: "cannot be reached",
  untrusted: "does not hold its certificate",
  timeout: "did not answer in time",
  busy: "was not asked: too many requests are in flight",
  notMember: "belongs to another network",
  shutOut: "is of one network with this node no more: one of them has been shut out",
  protocolError: "does not speak the protocol",
  closed: "was not asked: this node is closing",
};

/** Names at most so many nodes in a sentence. */
const NAMED_MAX = 3;

/** What happened, in a sentence or two. */
export function summarize(search: Search): string {
  const { found, asked, responsible, holders, attack, busy } = search;
  if (busy) return "No lookup was made: this node is closing or busy.";
  const held = `${holders} of the ${responsible.length} nodes that should hold it ${
    holders === 1 ? "does" : "do"
  }`;
  const sentences: string[] = [];
  if (found) {
    const where = formatAddress(found.from.address);
    sentences.push(
      `${where} gave the value after ${count(found.hops, "hop")} and ${
        count(asked.length, "request")
      }`,
      held,
    );
  } else if (responsible.some(({ self, holds }) => self && holds)) {
    sentences.push("No other node that was asked has the value, but this one holds it", held);
  } else if (holders > 0) {
    sentences.push("The lookup did not find the value", held);
  } else if (asked.length === 0) {
    sentences.push("No other node is known, and this one does not hold the value");
  } else {
    sentences.push(`None of the ${count(asked.length, "node")} asked has the value`);
  }
  const silent = nameSilent(responsible, asked);
  if (silent) sentences.push(silent);
  if (attack !== null) sentences.push(`An attack is likely: ${attack}`);
  return `${sentences.join(". ")}.`;
}

function nameSilent(responsible: readonly ResponsibleNode[], asked: readonly AskedNode[]): string {
  const reasons = new ContactMap<string>();
  const note = (contact: Contact, reason: RequestFailure) =>
    reasons.set(contact, `${formatAddress(contact.address)} ${REASONS[reason]}`);
  for (const { contact, outcome } of asked) {
    if (outcome !== "value" && outcome !== "contacts" && outcome !== "waiting") {
      note(contact, outcome);
    }
  }
  for (const { contact, reason } of responsible) if (reason) note(contact, reason);
  const named = [...reasons.values()].slice(0, NAMED_MAX);
  const more = reasons.size - named.length;
  return named.join(", ") + (more > 0 ? `, and ${more} more gave no answer` : "");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
