/**
 * Keeps the values of a node where they belong: it compares them with those of its neighbours, and what one of
 * two lacks is brought to it.
 *
 * A node compares with all neighbours when it has joined, since it may hold nothing of what it should hold; with
 * those concerned when a contact near it has come or gone; and with each in any case once in a republish interval.
 * Neighbours that hold the same find this out by one question, however many values these are.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import { idKey } from "../../core/kademlia/node_id.ts";
import { type Digest, EMPTY_DIGEST, equalDigests } from "../../core/repair/version.ts";
import { Alarm } from "../alarm.ts";
import { shortened } from "../jitter.ts";
import {
  COMPARISONS_MAX,
  NEIGHBOURHOOD_CHECK_MS,
  REPAIR_RETRY_MS,
  REPAIR_STAGGER_MS,
  SHARED_VERSIONS_FRESH_MS,
} from "../limits.ts";
import { compareWith, type ComparisonParts } from "./comparison.ts";
import type { ComparisonOutcome } from "../observer.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { Republisher } from "./republisher.ts";
import { findShares, type Shares } from "./shared_versions.ts";

/** What repair takes of a node's parts. */
export interface RepairParts extends ComparisonParts {
  readonly republisher: Republisher;
}

/** What is known of one neighbour. A node that has joined asks the closest; the others ask if it lacks something. */
interface Neighbour {
  readonly contact: Contact;
  /** Of what both should hold, by the own store and routing table. */
  digest: Digest;
  /** Of those to whose keys this node is the closest. */
  first: Digest;
  /** The same when the two were last found to hold the same; null if they were not. */
  agreed: Digest | null;
  /** When the two are to be compared. */
  compareAt: number;
  /** How long to wait after a comparison that found a difference, or failed; grows while they do. */
  retryMs: number;
  isUnderWay: boolean;
}

/** All replicas as they were at one time. */
interface Found {
  readonly neighbourhood: Neighbourhood;
  readonly shares: Shares;
  /** `Storage.changes` before. */
  readonly changes: number;
}

/** Why the replicas are gone through. */
type Reason = "joined" | "changed" | "due";

/** Compares one node with its neighbours. */
export class Repair {
  readonly #parts: RepairParts;
  readonly #change: Alarm;
  readonly #due: Alarm;
  /** By id. */
  #neighbours = new Map<string, Neighbour>();
  /** What was found when the replicas were last gone through. */
  #found: Found | null = null;
  /** Why the replicas are to be gone through once more, after the time that is going on. */
  #again: Reason | null = null;
  #isLooking = false;
  #lookedAt = -Infinity;
  #underWay = 0;
  #closed = false;

  constructor(parts: RepairParts) {
    const { clock } = parts.ports;
    this.#parts = parts;
    this.#change = new Alarm(clock, () => this.#look("changed"));
    this.#due = new Alarm(clock, () => this.#onDue());
  }

  /** Comparisons under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Notes that a contact has come or gone; what that means is looked at a little later. */
  noteChange(): void {
    this.#change.setFor(this.#parts.ports.clock.now() + NEIGHBOURHOOD_CHECK_MS);
  }

  /** Compares with all neighbours: this node has joined, and may lack what they hold. */
  compareWithAll(): void {
    this.#look("joined");
  }

  /** Whether what both hold is known to have this digest, without going through the replicas. */
  isKnownEqual(contact: Contact, digest: Digest): boolean {
    const { storage, neighbourhoods } = this.#parts;
    const found = this.#found;
    if (!found || found.changes !== storage.changes) return false;
    if (found.neighbourhood !== neighbourhoods.current) return false;
    const own = found.shares.digests[found.neighbourhood.indexOf(contact)];
    return own !== undefined && equalDigests(own, digest);
  }

  /** Notes that values have not come which neighbours had said they would send. */
  noteMissing(): void {
    const { clock } = this.#parts.ports;
    for (const neighbour of this.#neighbours.values()) {
      neighbour.agreed = null;
      this.#compareBy(neighbour, clock.now() + neighbour.retryMs);
    }
  }

  /** Notes that a contact answers again: what was stored meanwhile may have been stored without it. */
  noteReturned(contact: Contact): void {
    const neighbour = this.#neighbours.get(idKey(contact.id));
    if (!neighbour) return;
    const { clock, random } = this.#parts.ports;
    neighbour.agreed = null;
    this.#compareBy(neighbour, clock.now() + REPAIR_STAGGER_MS * random.next());
  }

  /** Notes that a neighbour, which has asked, holds the same. */
  noteEqual(contact: Contact, digest: Digest): void {
    const neighbour = this.#neighbours.get(idKey(contact.id));
    if (neighbour) this.#agree(neighbour, digest);
  }

  /** Begins no more comparisons. */
  close(): void {
    this.#closed = true;
    this.#change.close();
    this.#due.close();
  }

  /** Goes through all replicas: finds those that belong elsewhere, and what each neighbour should hold. */
  #look(reason: Reason): void {
    if (this.#closed) return;
    if (this.#isLooking) {
      if (this.#again !== "joined") this.#again = reason;
      return;
    }
    this.#isLooking = true;
    const { storage, neighbourhoods: { current: neighbourhood } } = this.#parts;
    const { changes } = storage;
    findShares(neighbourhood, this.#parts, (shares) => {
      const { astray } = shares;
      this.#isLooking = false;
      if (this.#closed) return;
      this.#lookedAt = this.#parts.ports.clock.now();
      for (const replica of astray) {
        if (replica.isHeld) this.#parts.republisher.republishEarly(replica);
      }
      this.#found = { neighbourhood, shares, changes };
      this.#note(this.#found, reason);
      this.#startDue();
      const again = this.#again;
      this.#again = null;
      if (again) this.#look(again);
    });
  }

  /**
   * Notes who the neighbours are now, and when to compare with each. After a change the node closest to a key sees
   * to its value: it compares at once with those that should hold others of its values than before.
   */
  #note({ neighbourhood, shares: { digests, firsts } }: Found, reason: Reason): void {
    const now = this.#parts.ports.clock.now();
    const before = this.#neighbours;
    this.#neighbours = new Map();
    neighbourhood.contacts.forEach((contact, index) => {
      const name = idKey(contact.id);
      const same = before.get(name);
      const known = same && sameContact(same.contact, contact) ? same : undefined;
      const neighbour = known ?? newNeighbour(contact, now + this.#intervalMs());
      const isOther = !equalDigests(neighbour.first, firsts[index]!);
      neighbour.digest = digests[index]!;
      neighbour.first = firsts[index]!;
      this.#neighbours.set(name, neighbour);
      const isClose = index < this.#parts.options.bucketSize;
      if (reason === "joined" && isClose) {
        neighbour.agreed = null;
        neighbour.compareAt = now;
      } else if (isOther) {
        this.#compareBy(neighbour, now + REPAIR_STAGGER_MS * this.#parts.ports.random.next());
      }
    });
  }

  /** Digests of a while ago would lead to questions in vain. */
  #onDue(): void {
    const isFresh = this.#parts.ports.clock.now() - this.#lookedAt < SHARED_VERSIONS_FRESH_MS;
    if (isFresh) this.#startDue();
    else this.#look("due");
  }

  #startDue(): void {
    const now = this.#parts.ports.clock.now();
    let next = Infinity;
    for (const neighbour of this.#neighbours.values()) {
      const { isUnderWay, compareAt, agreed, digest } = neighbour;
      if (isUnderWay) continue;
      if (compareAt > now) next = Math.min(next, compareAt);
      // If there is something to compare after all, the neighbour has it and will ask.
      else if (agreed && digest.count === 0) this.#agree(neighbour, digest);
      else if (this.#underWay < COMPARISONS_MAX) this.#compare(neighbour);
    }
    this.#due.setFor(next);
  }

  #compare(neighbour: Neighbour): void {
    const { contact, digest } = neighbour;
    this.#underWay++;
    neighbour.isUnderWay = true;
    neighbour.compareAt = Infinity;
    compareWith(contact, digest, this.#parts, (outcome) => {
      this.#underWay--;
      neighbour.isUnderWay = false;
      if (this.#closed) return;
      this.#parts.ports.observer?.compared(outcome);
      this.#noteOutcome(neighbour, digest, outcome);
      this.#startDue();
    });
  }

  /** What was moved is looked at once more, and so is a neighbour that did not answer. */
  #noteOutcome(neighbour: Neighbour, digest: Digest, outcome: ComparisonOutcome): void {
    if (outcome === "equal") return this.#agree(neighbour, digest);
    const { options: { republishIntervalMs }, ports: { clock } } = this.#parts;
    neighbour.agreed = null;
    // Values that have come here may have to go on to others.
    if (outcome === "different") this.noteChange();
    this.#compareBy(neighbour, clock.now() + neighbour.retryMs);
    neighbour.retryMs = Math.min(2 * neighbour.retryMs, republishIntervalMs);
  }

  #agree(neighbour: Neighbour, digest: Digest): void {
    neighbour.agreed = digest;
    neighbour.retryMs = REPAIR_RETRY_MS;
    neighbour.compareAt = this.#parts.ports.clock.now() + this.#intervalMs();
    this.#due.setFor(neighbour.compareAt);
  }

  /** The republish interval or a little less, so that neighbours take turns. */
  #intervalMs(): number {
    const { options: { republishIntervalMs }, ports: { random } } = this.#parts;
    return shortened(republishIntervalMs, random);
  }

  #compareBy(neighbour: Neighbour, time: number): void {
    neighbour.compareAt = Math.min(neighbour.compareAt, time);
    this.#due.setFor(neighbour.compareAt);
  }
}

function newNeighbour(contact: Contact, compareAt: number): Neighbour {
  return {
    contact,
    digest: EMPTY_DIGEST,
    first: EMPTY_DIGEST,
    agreed: EMPTY_DIGEST,
    compareAt,
    retryMs: REPAIR_RETRY_MS,
    isUnderWay: false,
  };
}
