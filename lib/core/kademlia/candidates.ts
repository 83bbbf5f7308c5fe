/**
 * The contacts that a lookup has seen, sorted by their distance to its target.
 *
 * @module
 */

import { LOOKUP_CANDIDATES_MAX, LOOKUP_RECORDS_PER_ADDRESS_MAX } from "../limits.ts";
import { type Contact, sameContact } from "./contact.ts";
import type { Diversity } from "./diversity.ts";
import { compareDistance, equalIds, headDistance, headOf, type NodeId } from "./node_id.ts";

/** Where a contact stands in a lookup. */
export type CandidateState = "new" | "asked" | "slow" | "answered" | "failed";

/** A contact that a lookup has seen. */
export interface Candidate {
  readonly contact: Contact;
  /** The first 32 bits of its distance to the target. */
  readonly headDistance: number;
  state: CandidateState;
  /** Requests in a row that led here: 1 for a contact of the own table. */
  readonly hops: number;
  /** When it was asked, and the time from which it counts as slow. */
  askedAt: number;
  slowAt: number;
  /** Whether it was connected when it was asked. */
  warm: boolean;
  /** The candidate whose answer named it first; null for a contact to start with. */
  readonly source: Candidate | null;
  /** Number of the path that it belongs to: the first that led to it. */
  readonly path: number;
  /** The numbers of all paths on which it was named, as bits. */
  paths: number;
  /** Its network, if that counts. */
  readonly network: string;
}

/** How a lookup came across a contact; see {@linkcode Candidate}. */
export type CandidateOrigin = Pick<Candidate, "hops" | "source" | "path">;

/** What candidates are gathered for. */
export interface CandidatesOptions {
  readonly target: NodeId;
  /** The asking node's id, which never becomes a candidate. */
  readonly ownId: NodeId;
  /** Number of paths. */
  readonly paths: number;
  readonly diversity: Diversity;
}

/** The candidates of one lookup, at most `LOOKUP_CANDIDATES_MAX`. */
export class Candidates {
  readonly #target: NodeId;
  readonly #targetHead: number;
  readonly #ownId: NodeId;
  readonly #recordsPerPathMax: number;
  readonly #diversity: Diversity;
  readonly #sorted: Candidate[] = [];

  constructor({ target, ownId, paths, diversity }: CandidatesOptions) {
    this.#target = target;
    this.#targetHead = headOf(target);
    this.#ownId = ownId;
    this.#recordsPerPathMax = Math.ceil(LOOKUP_RECORDS_PER_ADDRESS_MAX / paths);
    this.#diversity = diversity;
  }

  /** All candidates, closest first. */
  get sorted(): readonly Candidate[] {
    return this.#sorted;
  }

  /** The candidate of a contact, or null. */
  find(contact: Contact): Candidate | null {
    for (let i = this.#indexOf(contact); i < this.#sorted.length; i++) {
      const candidate = this.#sorted[i]!;
      if (candidate.contact === contact) return candidate;
      if (!equalIds(candidate.contact.id, contact.id)) return null;
      if (sameContact(candidate.contact, contact)) return candidate;
    }
    return null;
  }

  /**
   * Adds a contact. Several records of one address under different certificates are all kept, up to
   * `LOOKUP_RECORDS_PER_ADDRESS_MAX`: at most one of them is true, and only dialling shows which. Of those
   * that one answer names, only the first is kept, and each path has an equal share: liars hide no node behind
   * many lies about its address.
   *
   * @returns its index among the sorted, or -1 if it was not added.
   */
  add(contact: Contact, { hops, source, path }: CandidateOrigin): number {
    const candidates = this.#sorted;
    const start = this.#indexOf(contact);
    let at = start;
    let ofPath = 0;
    for (let known = candidates[at]; known; known = candidates[++at]) {
      if (!equalIds(known.contact.id, contact.id)) break;
      if (sameContact(known.contact, contact)) {
        known.paths |= 1 << path;
        return -1;
      }
      if (source && known.source === source) return -1;
      if (known.path === path) ofPath++;
    }
    if (ofPath >= this.#recordsPerPathMax) return -1;
    if (equalIds(contact.id, this.#ownId)) return -1;
    candidates.splice(at, 0, {
      contact,
      headDistance: headDistance(contact.head, this.#targetHead),
      state: "new",
      hops,
      askedAt: 0,
      slowAt: 0,
      warm: false,
      source,
      path,
      paths: 1 << path,
      network: this.#diversity.networkOf(contact),
    });
    if (candidates.length > LOOKUP_CANDIDATES_MAX) this.#dropFarthest();
    return at;
  }

  /** Forgets the farthest one that no answer is awaited from, or has come from. */
  #dropFarthest(): void {
    for (let i = this.#sorted.length - 1; i >= 0; i--) {
      const { state } = this.#sorted[i]!;
      if (state !== "new" && state !== "failed") continue;
      this.#sorted.splice(i, 1);
      return;
    }
  }

  /** Index of the first candidate that is not closer than a contact. */
  #indexOf({ id, head }: Contact): number {
    const wanted = headDistance(head, this.#targetHead);
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = this.#sorted[middle]!;
      const difference = candidate.headDistance - wanted ||
        compareDistance(this.#target, candidate.contact.id, id);
      if (difference < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
