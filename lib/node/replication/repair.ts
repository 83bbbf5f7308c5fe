/**
 * Keeps the values of a node where they belong: it compares them with those of its neighbours, and what one of
 * two lacks is brought to it.
 *
 * A node compares with all neighbours when it has joined, since it may hold nothing of what it should hold, and when a
 * cut has ended, on whichever side it was; with those concerned when a contact near it has come or gone; and with each
 * in any case once in a republish interval.
 * Neighbours that hold the same find this out by one question, however many values these are.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { type Digest, equalDigests } from "../../core/repair/version.ts";
import type { ReplicaInPlace } from "../../core/store/replica_watcher.ts";
import { Alarm } from "../alarm.ts";
import { shortened } from "../jitter.ts";
import {
  COMPARISONS_MAX,
  NEIGHBOURHOOD_CHECK_MS,
  REPAIR_RETRY_MS,
  REPAIR_STAGGER_MS,
  RETURN_CHECK_MS,
} from "../limits.ts";
import { compareWith, type ComparisonParts } from "./comparison.ts";
import type { ComparisonOutcome } from "../observer.ts";
import type { Republisher } from "./republisher.ts";
import { ReturnWatch } from "./return_watch.ts";
import type { NeighbourhoodDigests, SharedDigests } from "./shared_digests.ts";

/** What repair takes of a node's parts. */
export interface RepairParts extends ComparisonParts {
  readonly republisher: Republisher;
  readonly sharedDigests: SharedDigests;
}

/** What is known of one neighbour. A node that has joined asks the closest; the others ask if it lacks something. */
interface Neighbour {
  readonly contact: Contact;
  /** What was looked at last, and its index there. */
  digests: NeighbourhoodDigests;
  index: number;
  /** Whether the two were last found to hold the same. */
  isAgreed: boolean;
  /** When the two are to be compared. */
  compareAt: number;
  /** How long to wait after a comparison that found a difference, or failed; grows while they do. */
  retryMs: number;
  isUnderWay: boolean;
}

/** Why a node looks at what it shares with its neighbours. */
type Reason = "joined" | "changed" | "due";

/** Compares one node with its neighbours. */
export class Repair {
  readonly #parts: RepairParts;
  readonly #change: Alarm;
  readonly #due: Alarm;
  #neighbours = new ContactMap<Neighbour>();
  /** What was looked at last. */
  #noted: NeighbourhoodDigests | null = null;
  /** Those that should get values which have come to this node from others. */
  readonly #toTell = new Set<Neighbour>();
  /** Contacts that answer again, and are neighbours when the replicas are looked at next. */
  readonly #returned = new ContactMap<true>();
  readonly #returnWatch: ReturnWatch;
  /** Whether to compare with all neighbours when the replicas are looked at next. */
  #hasCutEnded = false;
  /** Why to look once more, after the time that is going on. */
  #again: Reason | null = null;
  #isLooking = false;
  #lookedAt = -Infinity;
  #underWay = 0;
  #closed = false;

  constructor(parts: RepairParts) {
    const { clock } = parts.ports;
    this.#parts = parts;
    this.#returnWatch = new ReturnWatch(parts);
    this.#change = new Alarm(clock, () => this.#look("changed"));
    this.#due = new Alarm(clock, () => this.#onDue());
  }

  /** Comparisons under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Neighbours that held something else, or did not answer, when they were last asked. */
  get differing(): number {
    let count = 0;
    for (const { isAgreed } of this.#neighbours.values()) if (!isAgreed) count++;
    return count;
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
      neighbour.isAgreed = false;
      this.#compareBy(neighbour, clock.now() + neighbour.retryMs);
    }
  }

  /** Notes that a contact answers again: what was stored meanwhile may have been stored without it. */
  noteReturned(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#compareSoon(neighbour);
    else {
      this.#returned.set(contact, true);
      this.#change.setFor(this.#parts.ports.clock.now() + RETURN_CHECK_MS);
    }
    if (!this.#returnWatch.noteReturned(contact)) return;
    this.#hasCutEnded = true;
    this.noteChange();
  }

  /**
   * Notes that a value has come from a neighbour: the node closest to its key sees to it that the others have it.
   */
  noteBrought(replica: ReplicaInPlace): void {
    let isNews = false;
    for (const neighbour of this.#neighbours.values()) {
      const { index, digests: { neighbourhood } } = neighbour;
      if (!neighbourhood.isFirst(replica)) return;
      if (!neighbourhood.near.isAmong(index, replica, replica.replication)) continue;
      this.#toTell.add(neighbour);
      isNews = true;
    }
    if (isNews) this.noteChange();
  }

  /** Notes that a neighbour, which has asked, holds the same. */
  noteEqual(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#agree(neighbour);
  }

  /**
   * Notes that a neighbour, which has asked, does not hold the same. It gets what it lacks, and brings what this node
   * lacks; but what it knows to have been replaced it tells this node only when that asks.
   */
  noteDifferent(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (!neighbour) return;
    neighbour.isAgreed = false;
    this.#compareBy(neighbour, this.#parts.ports.clock.now() + neighbour.retryMs);
  }

  /** Notes that a value which a neighbour should hold too may have been replaced: it is asked soon. */
  noteDoubt(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#compareSoon(neighbour);
  }

  /** Begins no more comparisons. */
  close(): void {
    this.#closed = true;
    this.#change.close();
    this.#due.close();
  }

  /** Looks for replicas that belong elsewhere, and at what each neighbour should hold. */
  #look(reason: Reason): void {
    if (this.#closed) return;
    if (this.#isLooking) {
      if (this.#again !== "joined") this.#again = reason;
      return;
    }
    this.#isLooking = true;
    const { storage, republisher, sharedDigests } = this.#parts;
    sharedDigests.withCurrent((digests) => {
      this.#isLooking = false;
      if (this.#closed) return;
      this.#lookedAt = this.#parts.ports.clock.now();
      for (const row of digests.astray) republisher.republishAstray(storage.replicaIn(row));
      // Mostly nothing but the time has come.
      if (digests !== this.#noted || reason !== "due") this.#note(digests, reason);
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
  #note(digests: NeighbourhoodDigests, reason: Reason): void {
    this.#noted = digests;
    const now = this.#parts.ports.clock.now();
    const earlier = this.#neighbours;
    this.#neighbours = new ContactMap();
    // Those that are not close are asked where the two should share something.
    const isAnyDue = reason === "joined" || this.#hasCutEnded;
    digests.neighbourhood.contacts.forEach((contact, index) => {
      const known = earlier.get(contact);
      // A value may have been put through a node that did not know this contact yet, after the first had seen to it.
      const isOther = known
        ? !equalDigests(known.digests.first(known.index), digests.first(index))
        : digests.digest(index).count > 0;
      const neighbour: Neighbour = known ?? {
        contact,
        digests,
        index,
        isAgreed: true,
        compareAt: now + this.#intervalMs(),
        retryMs: REPAIR_RETRY_MS,
        isUnderWay: false,
      };
      neighbour.digests = digests;
      neighbour.index = index;
      this.#neighbours.set(contact, neighbour);
      const isClose = index < this.#parts.options.bucketSize;
      if (reason === "joined" && isClose) {
        neighbour.isAgreed = false;
        neighbour.compareAt = now;
      } else if (this.#returned.get(contact) || (this.#hasCutEnded && isClose)) {
        this.#compareSoon(neighbour);
      } else if (isOther || isAnyDue || this.#toTell.has(neighbour)) {
        this.#compareBy(neighbour, now + REPAIR_STAGGER_MS * this.#parts.ports.random.next());
      }
    });
    this.#toTell.clear();
    this.#returned.clear();
    this.#hasCutEnded = false;
  }

  /** Where contacts come and go all the time, each comparison would be with other neighbours than the one before. */
  #onDue(): void {
    const isFresh = this.#parts.ports.clock.now() - this.#lookedAt < NEIGHBOURHOOD_CHECK_MS;
    if (isFresh) this.#startDue();
    else this.#look("due");
  }

  #startDue(): void {
    const now = this.#parts.ports.clock.now();
    let next = Infinity;
    for (const neighbour of this.#neighbours.values()) {
      const { isUnderWay, compareAt, isAgreed } = neighbour;
      if (isUnderWay) continue;
      if (compareAt > now) next = Math.min(next, compareAt);
      // If there is something to compare after all, the neighbour has it and will ask.
      else if (isAgreed && digestOf(neighbour).count === 0) this.#agree(neighbour);
      else if (this.#underWay < COMPARISONS_MAX) this.#compare(neighbour);
    }
    this.#due.setFor(next);
  }

  #compare(neighbour: Neighbour): void {
    this.#underWay++;
    neighbour.isUnderWay = true;
    neighbour.compareAt = Infinity;
    compareWith(neighbour.contact, () => digestOf(neighbour), this.#parts, (outcome) => {
      this.#underWay--;
      neighbour.isUnderWay = false;
      if (this.#closed) return;
      this.#parts.ports.observer?.compared(outcome);
      this.#noteOutcome(neighbour, outcome);
      this.#startDue();
    });
  }

  /** What was moved is looked at once more, and so is a neighbour that did not answer. */
  #noteOutcome(neighbour: Neighbour, outcome: ComparisonOutcome): void {
    if (outcome === "equal") return this.#agree(neighbour);
    const { options: { republishIntervalMs }, ports: { clock } } = this.#parts;
    neighbour.isAgreed = false;
    this.#compareBy(neighbour, clock.now() + neighbour.retryMs);
    neighbour.retryMs = Math.min(2 * neighbour.retryMs, republishIntervalMs);
  }

  #agree(neighbour: Neighbour): void {
    neighbour.isAgreed = true;
    neighbour.retryMs = REPAIR_RETRY_MS;
    neighbour.compareAt = this.#parts.ports.clock.now() + this.#intervalMs();
    this.#due.setFor(neighbour.compareAt);
  }

  /** The republish interval or a little less, so that neighbours take turns. */
  #intervalMs(): number {
    const { options: { republishIntervalMs }, ports: { random } } = this.#parts;
    return shortened(republishIntervalMs, random);
  }

  /** What the two agreed on is of no use any more. */
  #compareSoon(neighbour: Neighbour): void {
    const { clock, random } = this.#parts.ports;
    neighbour.isAgreed = false;
    this.#compareBy(neighbour, clock.now() + REPAIR_STAGGER_MS * random.next());
  }

  #compareBy(neighbour: Neighbour, time: number): void {
    neighbour.compareAt = Math.min(neighbour.compareAt, time);
    this.#due.setFor(neighbour.compareAt);
  }
}

/** What this node and a neighbour should both hold, by the own store and routing table. */
function digestOf({ digests, index }: Neighbour): Digest {
  return digests.digest(index);
}
