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
import { compareDistance, equalIds, idKey } from "../../core/kademlia/node_id.ts";
import { type Digest, EMPTY_DIGEST, equalDigests } from "../../core/repair/version.ts";
import { Alarm } from "../alarm.ts";
import { shortened } from "../jitter.ts";
import {
  COMPARISONS_MAX,
  NEIGHBOURHOOD_CHECK_MS,
  REPAIR_RANK_MS,
  REPAIR_RETRY_MS,
  SHARED_VERSIONS_FRESH_MS,
} from "../limits.ts";
import { compareWith, type ComparisonParts } from "./comparison.ts";
import type { ComparisonOutcome } from "../observer.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import type { Republisher } from "./republisher.ts";
import { findShares } from "./shared_versions.ts";

/** What repair takes of a node's parts. */
export interface RepairParts extends ComparisonParts {
  readonly republisher: Republisher;
}

/** What is known of one neighbour. A node that has joined asks the closest; the others ask if it lacks something. */
interface Neighbour {
  readonly contact: Contact;
  /** Of what both should hold, by the own store and routing table. */
  digest: Digest;
  /** The same when the two were last found to hold the same; null if they were not. */
  agreed: Digest | null;
  /** When the two are to be compared. */
  compareAt: number;
  /** How long to wait after a comparison that found a difference, or failed; grows while they do. */
  retryMs: number;
  isUnderWay: boolean;
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
  #neighbourhood: Neighbourhood | null = null;
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

  /** Notes that values have not come which neighbours had said they would send. */
  noteMissing(): void {
    const { clock } = this.#parts.ports;
    for (const neighbour of this.#neighbours.values()) {
      neighbour.agreed = null;
      this.#compareBy(neighbour, clock.now() + neighbour.retryMs);
    }
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
    const neighbourhood = new Neighbourhood(this.#parts);
    findShares(neighbourhood, this.#parts, ({ digests, astray }) => {
      this.#isLooking = false;
      if (this.#closed) return;
      this.#lookedAt = this.#parts.ports.clock.now();
      for (const replica of astray) {
        if (replica.isHeld) this.#parts.republisher.republishEarly(replica);
      }
      this.#note(neighbourhood, digests, reason);
      this.#startDue();
      const again = this.#again;
      this.#again = null;
      if (again) this.#look(again);
    });
  }

  /** Notes who the neighbours are now, and when to compare with each. */
  #note(neighbourhood: Neighbourhood, digests: readonly Digest[], reason: Reason): void {
    const now = this.#parts.ports.clock.now();
    const isChanged = !this.#neighbourhood?.hasSameContacts(neighbourhood);
    const before = this.#neighbours;
    this.#neighbourhood = neighbourhood;
    this.#neighbours = new Map();
    neighbourhood.contacts.forEach((contact, index) => {
      const name = idKey(contact.id);
      const same = before.get(name);
      const known = same && sameContact(same.contact, contact) ? same : undefined;
      const neighbour = known ?? newNeighbour(contact, now + this.#intervalMs());
      neighbour.digest = digests[index]!;
      this.#neighbours.set(name, neighbour);
      const isClose = index < this.#parts.options.bucketSize;
      if (reason === "joined" && isClose) neighbour.compareAt = now;
      else if (isChanged && !hasAgreed(neighbour)) {
        this.#compareBy(neighbour, now + this.#delayMs(neighbour));
      }
    });
  }

  /** The closest neighbour of a node compares with it first: the others may find that nothing is left to do. */
  #delayMs({ contact }: Neighbour): number {
    const { self, ports: { random } } = this.#parts;
    const rank =
      this.#neighbourhood!.contacts.filter((other) =>
        !equalIds(other.id, contact.id) && compareDistance(contact.id, other.id, self.id) < 0
      ).length;
    return REPAIR_RANK_MS * (rank + random.next());
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
    agreed: null,
    compareAt,
    retryMs: REPAIR_RETRY_MS,
    isUnderWay: false,
  };
}

/** Whether there is nothing to compare that has not been compared. */
function hasAgreed({ agreed, digest }: Neighbour): boolean {
  return equalDigests(agreed ?? EMPTY_DIGEST, digest);
}
