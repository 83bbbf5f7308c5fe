/**
 * Joins the network, and joins again when it has been lost.
 *
 * As the Go module's bit flips did: look up the own id, and ids that differ from it first at bit 0, 1, 2
 * and so on, until the own neighbourhood is reached, where the first lookup has found everyone. A bucket
 * that is full already is skipped.
 *
 * @module
 */

import { type Contact, sameContact } from "../../core/kademlia/contact.ts";
import {
  FORMER_CONTACTS_ASKED,
  JOIN_AGAIN_MIN_MS,
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MIN_MS,
} from "../limits.ts";
import type { Lookup } from "../../core/kademlia/lookup.ts";
import { flipBit } from "../../core/kademlia/node_id.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import { Alarm } from "../alarm.ts";
import type { NodeContext } from "../context.ts";
import { jittered } from "../jitter.ts";
import type { Lookups } from "../lookup/lookups.ts";
import type { Membership } from "../membership/membership.ts";
import type { Introductions } from "../rpc/introductions.ts";
import { JoinTroubles } from "./join_troubles.ts";

/** A lookup that fills the table. */
const FILLING = { forValue: false, onePath: true, isJoining: true } as const;

/** What joining takes of a node's parts. */
export interface JoinerParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly introductions: Introductions;
  readonly lookups: Lookups;
}

/** What the joiner calls. */
export interface JoinerHooks {
  /** An attempt to join has reached another node. */
  readonly onJoined?: (() => void) | undefined;
}

/** Keeps one node in its network. */
export class Joiner {
  readonly #parts: JoinerParts;
  readonly #hooks: JoinerHooks;
  readonly #retry: Alarm;
  #waitMs = JOIN_RETRY_MIN_MS;
  /** When it last joined, by the clock; infinite if that has been taken into account. */
  #joinedAt = Infinity;
  #joining = false;
  #hasJoined = false;
  /** Contacts known when the attempt began. */
  #sizeBefore = 0;
  #againMs = JOIN_AGAIN_MIN_MS;
  #closed = false;
  readonly #troubles: JoinTroubles;
  /** Contacts of an earlier process, those to be asked next first. */
  #former: readonly Contact[] = [];

  constructor(parts: JoinerParts, hooks: JoinerHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#troubles = new JoinTroubles(parts.ports.log);
    this.#retry = new Alarm(parts.ports.clock, () => this.join());
  }

  /** Whether any attempt has reached another node. */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** Why the last attempt failed; null if it did not, or for no reason that is known. */
  get trouble(): string | null {
    return this.#troubles.last;
  }

  /** Contacts of an earlier process of this node, through which it may join too: the one seen last first. */
  remember(contacts: readonly Contact[]): void {
    this.#former = contacts.filter((contact) => !sameContact(contact, this.#parts.self));
  }

  /** The nodes that the node knew before it started. */
  get via(): readonly Contact[] {
    return [...this.#parts.bootstrappers, ...this.#former];
  }

  /** Number of them. */
  get knownBefore(): number {
    return this.#parts.bootstrappers.length + this.#former.length;
  }

  /** Asks the bootstrappers and all known contacts for the own neighbourhood, and on success for the rest. */
  join(): void {
    if (this.#joining || this.#closed) return;
    this.#joining = true;
    this.#sizeBefore = this.#parts.table.size;
    this.#retry.stop();
    let left = 2;
    const onEnd = (): void => {
      if (--left === 0) this.#lookUpSelf();
    };
    this.#askBootstrappers(onEnd);
    this.#askFormer(onEnd);
  }

  /** Joins again if no contact is left that answers. Cheap: called after each failure. */
  checkAlone(): void {
    if (!this.#joining && !this.#closed && this.#isAlone() && this.#knowsAnyone()) this.#tryLater();
  }

  /** Ends what is under way. */
  close(): void {
    this.#closed = true;
    this.#retry.stop();
  }

  #askBootstrappers(onEnd: () => void): void {
    let left = this.#parts.bootstrappers.length;
    if (left === 0) return onEnd();
    for (const contact of this.#parts.bootstrappers) {
      this.#parts.introductions.ping(contact, (_, failure) => {
        this.#troubles.note("bootstrapper", contact, failure);
        if (--left === 0) onEnd();
      });
    }
  }

  /**
   * Asks some of the contacts of an earlier process, others at each attempt, while the node is alone. The first that
   * answers is enough; the others enter the table as they answer. Those that do not are looked for later on, or a
   * node that the first stranger has found would never ask them again.
   */
  #askFormer(onEnd: () => void): void {
    const asked = this.#isAlone() ? this.#former.slice(0, FORMER_CONTACTS_ASKED) : [];
    if (asked.length === 0) return onEnd();
    this.#former = [...this.#former.slice(asked.length), ...asked];
    let left = asked.length;
    let hasEnded = false;
    for (const contact of asked) {
      this.#parts.introductions.ping(contact, (answer, failure) => {
        // That one is away is nothing to report; that the network has shut this node out is.
        if (!failure || failure === "notMember" || failure === "shutOut") {
          this.#troubles.note("contact", contact, failure);
        }
        if (!answer && !this.#closed) this.#parts.membership.rememberLost(contact);
        if (hasEnded || (--left > 0 && !answer)) return;
        hasEnded = true;
        onEnd();
      });
    }
  }

  #isAlone(): boolean {
    return this.#parts.table.closest(this.#parts.self.id, 1).length === 0;
  }

  /** Whether there is a node to try; a first node has none until others join it. */
  #knowsAnyone(): boolean {
    return this.knownBefore > 0 || this.#parts.table.size > 0;
  }

  /** Looks up the own id and, once it shows that there are others to find, the other half of all ids beside it. */
  #lookUpSelf(): void {
    const { self, table, lookups, options: { bucketSize } } = this.#parts;
    const farthest = flipBit(self.id, 0);
    let isReached = false;
    let isFlipped = false;
    let left = 1;
    const onEnd = (): void => {
      if (--left > 0 || this.#closed) return;
      if (isReached) return this.#flipBits(isFlipped ? 1 : 0);
      this.#joining = false;
      this.#troubles.tell({ hasJoined: false });
      if (this.#knowsAnyone()) this.#tryLater();
    };
    const onStep = ({ candidates }: Lookup): void => {
      if (isFlipped || candidates.length <= bucketSize || table.isFullAt(farthest)) return;
      isFlipped = true;
      left++;
      lookups.run({ target: farthest, ...FILLING }, onEnd);
    };
    lookups.run({ target: self.id, forValue: false, isJoining: true, onStep }, (result) => {
      if (this.#closed) return;
      lookups.release();
      isReached = result !== null && result.closest.length > 0;
      onEnd();
    });
  }

  /** Looks up the own id with one bit flipped, from bit `index` on. */
  #flipBits(index: number): void {
    const { table, self } = this.#parts;
    let bit = index;
    while (table.countWithPrefix(bit) >= this.#parts.options.bucketSize) {
      const target = flipBit(self.id, bit++);
      if (table.isFullAt(target)) continue;
      this.#parts.lookups.run({ target, ...FILLING }, () => {
        if (!this.#closed) this.#flipBits(bit);
      });
      return;
    }
    this.#joined();
  }

  /**
   * While few are known and attempts bring new ones there may be more to come: nodes that start together
   * learn of each other only when all have joined.
   */
  #joined(): void {
    const { clock, log, random } = this.#parts.ports;
    const { size } = this.#parts.table;
    this.#joining = false;
    this.#hasJoined = true;
    this.#joinedAt = clock.now();
    this.#troubles.tell({ hasJoined: true });
    log("info", `Joined: ${size} contact${size === 1 ? "" : "s"}`);
    if (size > this.#sizeBefore && size < this.#parts.options.bucketSize) {
      this.#retry.setFor(clock.now() + jittered(this.#againMs, random));
      this.#againMs *= 2;
    } else {
      this.#againMs = JOIN_AGAIN_MIN_MS;
    }
    this.#hooks.onJoined?.();
  }

  /** Waits longer each time that no node could be reached, or none was left soon after. */
  #tryLater(): void {
    if (this.#retry.isSet) return;
    const { clock, random } = this.#parts.ports;
    if (clock.now() - this.#joinedAt > JOIN_RETRY_MAX_MS && this.#hasJoined) {
      this.#waitMs = JOIN_RETRY_MIN_MS;
      this.#joinedAt = Infinity;
    }
    this.#retry.setFor(clock.now() + jittered(this.#waitMs, random));
    this.#waitMs = Math.min(2 * this.#waitMs, JOIN_RETRY_MAX_MS);
  }
}
