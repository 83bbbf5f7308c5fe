/**
 * What a node knows of each of its neighbours: what both should hold, whether they were found to hold the same, and
 * when the two are to be compared.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import { type Digest, equalDigests } from "../../core/repair/version.ts";
import type { ReplicaInPlace } from "../../core/store/replica_watcher.ts";
import type { NodeContext } from "../context.ts";
import { shortened } from "../jitter.ts";
import { REPAIR_RETRY_MS, REPAIR_STAGGER_MS } from "../limits.ts";
import type { ComparisonOutcome } from "../observer.ts";
import type { NeighbourhoodDigests } from "./shared_digests.ts";

/** What is known of one neighbour. A node that has joined asks the closest; the others ask if it lacks something. */
export interface Neighbour {
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
  /** Keys of what the last comparison found in dispute. */
  disputed: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** What this node and a neighbour should both hold, by the own store and routing table. */
export function digestOf({ digests, index }: Neighbour): Digest {
  return digests.digest(index);
}

/** The neighbours of one node. */
export class Neighbours {
  readonly #context: NodeContext;
  readonly #onDue: (time: number) => void;
  #neighbours = new ContactMap<Neighbour>();
  /** Those that should get values which have come to this node from others. */
  readonly #toTell = new Set<Neighbour>();
  /** Contacts that answer again, and are neighbours when the replicas are looked at next. */
  readonly #returned = new ContactMap<true>();
  /** Whether to compare with all neighbours when the replicas are looked at next. */
  #hasCutEnded = false;

  /** @param onDue hears the time at which a neighbour is to be compared with. */
  constructor(context: NodeContext, onDue: (time: number) => void) {
    this.#context = context;
    this.#onDue = onDue;
  }

  /** All neighbours. */
  values(): Iterable<Neighbour> {
    return this.#neighbours.values();
  }

  /** Neighbours that held something else, or did not answer, when they were last asked. */
  get differing(): number {
    let count = 0;
    for (const { isAgreed } of this.#neighbours.values()) if (!isAgreed) count++;
    return count;
  }

  /**
   * Notes who the neighbours are now, and when to compare with each. After a change the node closest to a key sees
   * to its value: it compares at once with those that should hold others of its values than before.
   *
   * @param hasJoined whether this node has just joined, and may lack what they hold.
   */
  replace(digests: NeighbourhoodDigests, hasJoined: boolean): void {
    const { ports: { clock, random }, options: { bucketSize } } = this.#context;
    const now = clock.now();
    const earlier = this.#neighbours;
    this.#neighbours = new ContactMap();
    // Those that are not close are asked where the two should share something.
    const isAnyDue = hasJoined || this.#hasCutEnded;
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
        disputed: NONE,
      };
      neighbour.digests = digests;
      neighbour.index = index;
      this.#neighbours.set(contact, neighbour);
      const isClose = index < bucketSize;
      if (hasJoined && isClose) {
        neighbour.isAgreed = false;
        neighbour.compareAt = now;
      } else if (this.#returned.get(contact) || (this.#hasCutEnded && isClose)) {
        this.#compareSoon(neighbour);
      } else if (isOther || isAnyDue || this.#toTell.has(neighbour)) {
        this.#compareBy(neighbour, now + REPAIR_STAGGER_MS * random.next());
      }
    });
    this.#toTell.clear();
    this.#returned.clear();
    this.#hasCutEnded = false;
  }

  /** Notes that values have not come which neighbours had said they would send. */
  noteMissing(): void {
    for (const neighbour of this.#neighbours.values()) this.#differ(neighbour);
  }

  /** Notes that a contact answers again; returns whether it is a neighbour now. */
  noteReturned(contact: Contact): boolean {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#compareSoon(neighbour);
    else this.#returned.set(contact, true);
    return neighbour !== undefined;
  }

  /** Notes that a cut has ended. */
  noteCutEnded(): void {
    this.#hasCutEnded = true;
  }

  /** Notes that a value has come from a neighbour; returns whether this node has to see to it that others have it. */
  noteBrought(replica: ReplicaInPlace): boolean {
    let isNews = false;
    for (const neighbour of this.#neighbours.values()) {
      const { index, digests: { neighbourhood } } = neighbour;
      if (!neighbourhood.isFirst(replica)) return false;
      if (!neighbourhood.near.isAmong(index, replica, replica.replication)) continue;
      this.#toTell.add(neighbour);
      isNews = true;
    }
    return isNews;
  }

  /** Notes that a neighbour, which has asked, holds the same. */
  noteEqual(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.agree(neighbour);
  }

  /** Notes that a neighbour, which has asked, does not hold the same. */
  noteDifferent(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#differ(neighbour);
  }

  /** Notes that a value which a neighbour should hold too may have been replaced. */
  noteDoubt(contact: Contact): void {
    const neighbour = this.#neighbours.get(contact);
    if (neighbour) this.#compareSoon(neighbour);
  }

  /** What was moved is looked at once more, and so is a neighbour that did not answer. */
  noteOutcome(neighbour: Neighbour, outcome: ComparisonOutcome): void {
    if (outcome === "equal") return this.agree(neighbour);
    this.#differ(neighbour);
    const { republishIntervalMs } = this.#context.options;
    neighbour.retryMs = Math.min(2 * neighbour.retryMs, republishIntervalMs);
  }

  /** The two hold the same. */
  agree(neighbour: Neighbour): void {
    neighbour.isAgreed = true;
    neighbour.retryMs = REPAIR_RETRY_MS;
    neighbour.compareAt = this.#context.ports.clock.now() + this.#intervalMs();
    this.#onDue(neighbour.compareAt);
  }

  #differ(neighbour: Neighbour): void {
    neighbour.isAgreed = false;
    this.#compareBy(neighbour, this.#context.ports.clock.now() + neighbour.retryMs);
  }

  /** What the two agreed on is of no use any more. */
  #compareSoon(neighbour: Neighbour): void {
    const { clock, random } = this.#context.ports;
    neighbour.isAgreed = false;
    this.#compareBy(neighbour, clock.now() + REPAIR_STAGGER_MS * random.next());
  }

  #compareBy(neighbour: Neighbour, time: number): void {
    neighbour.compareAt = Math.min(neighbour.compareAt, time);
    this.#onDue(neighbour.compareAt);
  }

  /** The republish interval or a little less, so that neighbours take turns. */
  #intervalMs(): number {
    const { options: { republishIntervalMs }, ports: { random } } = this.#context;
    return shortened(republishIntervalMs, random);
  }
}
