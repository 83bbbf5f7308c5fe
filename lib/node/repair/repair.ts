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
import { idKey } from "../../core/kademlia/node_id.ts";
import type { Version } from "../../core/repair/version.ts";
import type { ReplicaInPlace } from "../../core/store/replica_watcher.ts";
import { Alarm } from "../alarm.ts";
import { COMPARISONS_MAX, NEIGHBOURHOOD_CHECK_MS, RETURN_CHECK_MS } from "../limits.ts";
import { compareWith, type ComparisonParts } from "./comparison.ts";
import { digestOf, type Neighbour, Neighbours } from "./neighbours.ts";
import type { Republisher } from "../replication/republisher.ts";
import { ReturnWatch } from "./return_watch.ts";
import type { NeighbourhoodDigests, SharedDigests } from "./shared_digests.ts";

/** How old values are at least that are placed anew after a comparison that has moved nothing. */
const DISPUTED_AGE_MIN_MS = 60_000;

/** What repair takes of a node's parts. */
export interface RepairParts extends ComparisonParts {
  readonly republisher: Republisher;
  readonly sharedDigests: SharedDigests;
}

/** Why a node looks at what it shares with its neighbours. */
type Reason = "joined" | "changed" | "due";

/** Compares one node with its neighbours. */
export class Repair {
  readonly #parts: RepairParts;
  readonly #change: Alarm;
  readonly #due: Alarm;
  readonly #neighbours: Neighbours;
  /** What was looked at last. */
  #noted: NeighbourhoodDigests | null = null;
  readonly #returnWatch: ReturnWatch;
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
    this.#neighbours = new Neighbours(parts, (time) => this.#due.setFor(time));
  }

  /** Comparisons under way. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Neighbours that held something else, or did not answer, when they were last asked. */
  get differing(): number {
    return this.#neighbours.differing;
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
    this.#neighbours.noteMissing();
  }

  /** Notes that a contact answers again: what was stored meanwhile may have been stored without it. */
  noteReturned(contact: Contact): void {
    if (!this.#neighbours.noteReturned(contact)) {
      this.#change.setFor(this.#parts.ports.clock.now() + RETURN_CHECK_MS);
    }
    if (!this.#returnWatch.noteReturned(contact)) return;
    this.#neighbours.noteCutEnded();
    this.noteChange();
  }

  /**
   * Notes that a value has come from a neighbour: the node closest to its key sees to it that the others have it.
   */
  noteBrought(replica: ReplicaInPlace): void {
    if (this.#neighbours.noteBrought(replica)) this.noteChange();
  }

  /** Notes that a neighbour, which has asked, holds the same. */
  noteEqual(contact: Contact): void {
    this.#neighbours.noteEqual(contact);
  }

  /**
   * Notes that a neighbour, which has asked, does not hold the same. It gets what it lacks, and brings what this node
   * lacks; but what it knows to have been replaced it tells this node only when that asks.
   */
  noteDifferent(contact: Contact): void {
    this.#neighbours.noteDifferent(contact);
  }

  /** Notes that a value which a neighbour should hold too may have been replaced: it is asked soon. */
  noteDoubt(contact: Contact): void {
    this.#neighbours.noteDoubt(contact);
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
      if (digests !== this.#noted || reason !== "due") {
        this.#noted = digests;
        this.#neighbours.replace(digests, reason === "joined");
      }
      this.#startDue();
      const again = this.#again;
      this.#again = null;
      if (again) this.#look(again);
    });
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
      else if (isAgreed && digestOf(neighbour).count === 0) this.#neighbours.agree(neighbour);
      else if (this.#underWay < COMPARISONS_MAX) this.#compare(neighbour);
    }
    this.#due.setFor(next);
  }

  /**
   * Of two neighbours that disagree on who should hold a value one does not know a node that should, since its bucket
   * is full or the two have never met. A lookup finds that node; the next comparison would not. Values that have just
   * been put may be on their way.
   */
  #placeAnew(disputed: readonly Version[]): void {
    const { storage, republisher, time } = this.#parts;
    const before = time.now() - DISPUTED_AGE_MIN_MS;
    for (const { key, stamp } of disputed) {
      const held = stamp < before ? storage.get(key) : null;
      if (held && !held.isCached) republisher.republishAstray(held);
    }
  }

  /** Values on their way make two neighbours differ as well, but not in the same range twice. */
  #noteDisputed(neighbour: Neighbour, disputed: readonly Version[]): void {
    const before = neighbour.disputed;
    neighbour.disputed = new Set(disputed.map(({ key }) => idKey(key)));
    this.#placeAnew(disputed.filter(({ key }) => before.has(idKey(key))));
  }

  #compare(neighbour: Neighbour): void {
    this.#underWay++;
    neighbour.isUnderWay = true;
    neighbour.compareAt = Infinity;
    compareWith(neighbour.contact, () => digestOf(neighbour), this.#parts, (outcome, disputed) => {
      this.#underWay--;
      neighbour.isUnderWay = false;
      if (this.#closed) return;
      this.#parts.ports.observer?.compared(outcome);
      this.#neighbours.noteOutcome(neighbour, outcome);
      this.#noteDisputed(neighbour, disputed);
      this.#startDue();
    });
  }
}
