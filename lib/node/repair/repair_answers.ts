/**
 * Answers neighbours that compare their values with those of this node.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ID_BITS } from "../../core/limits.ts";
import { compareKeys, type KeyRange } from "../../core/repair/key_range.ts";
import { type Digest, equalDigests, type Version } from "../../core/repair/version.ts";
import { type VersionSet, versionsWithout } from "../../core/repair/version_set.ts";
import type { PeerAnswer, PeerRequest } from "../../core/wire/messages.ts";
import type { NodeContext } from "../context.ts";
import {
  SHARED_VERSIONS_FRESH_MS,
  SHARED_VERSIONS_REUSED_MS,
  VERSIONS_PER_ANSWER_MAX,
} from "../limits.ts";
import type { Origin } from "../ports.ts";
import type { Neighbourhood, Neighbourhoods } from "./neighbourhood.ts";
import type { Repair } from "./repair.ts";
import type { SharedDigests } from "./shared_digests.ts";
import { SharedWork } from "./shared_work.ts";
import { findSharedVersions, lacksShared } from "./shared_versions.ts";
import type { Storage } from "../replication/storage.ts";
import type { Transfers } from "./transfers.ts";

/** What answering takes of a node's parts. */
export interface RepairAnswersParts extends NodeContext {
  readonly neighbourhoods: Neighbourhoods;
  readonly sharedDigests: SharedDigests;
  readonly storage: Storage;
  readonly transfers: Transfers;
  readonly repair: Repair;
}

type OnAnswer = (answer: PeerAnswer) => void;
type Digests = PeerRequest & { readonly type: "digest" };
type Offer = PeerRequest & { readonly type: "offer" };

/** What this node and an asker should both hold, as it was a short time ago. */
interface Shared {
  readonly neighbourhood: Neighbourhood;
  readonly versions: VersionSet;
  readonly at: number;
}

/** The answers of one node. */
export class RepairAnswers {
  readonly #parts: RepairAnswersParts;
  /** One comparison asks several times: by the connection that it uses. */
  readonly #shared = new WeakMap<Origin, Shared>();
  /** The walks through the store, by the connection that each is for. */
  readonly #walks = new WeakMap<Origin, SharedWork<Shared>>();

  constructor(parts: RepairAnswersParts) {
    this.#parts = parts;
  }

  /** Says which ranges differ. A peer that has not introduced itself shares nothing with this node. */
  digest({ ranges }: Digests, origin: Origin, answer: OnAnswer): void {
    const asker = origin.contact ?? origin.peer;
    if (!asker || ranges.length === 0) return answer({ type: "different", ranges: [] });
    const differ = (ownOf: (range: KeyRange) => Digest): void => {
      const different = ranges.flatMap(({ range, digest }, index) => {
        const own = ownOf(range);
        return equalDigests(own, digest) ? [] : [{ index, count: own.count }];
      });
      answer({ type: "different", ranges: different });
    };
    const isFirst = ranges.every(({ range }) => range.bits === 0);
    if (!isFirst) {
      return this.#withShared(asker, origin, ({ versions }) => {
        differ((range) => versions.digest(range));
      });
    }
    // The question about all keys begins a comparison.
    const { clock } = this.#parts.ports;
    const foundAt = this.#shared.get(origin)?.at ?? -Infinity;
    if (clock.now() - foundAt >= SHARED_VERSIONS_REUSED_MS) this.#shared.delete(origin);
    this.#withDigest(asker, origin, (own) => {
      if (ranges.every(({ digest }) => equalDigests(digest, own))) {
        this.#parts.repair.noteEqual(asker);
      } else if (own.count > 0) this.#parts.repair.noteDifferent(asker);
      differ(() => own);
    });
  }

  /** The digest of all that this node and an asker should both hold. */
  #withDigest(asker: Contact, origin: Origin, use: (digest: Digest) => void): void {
    const { neighbourhoods, sharedDigests } = this.#parts;
    const fromVersions = () =>
      this.#withShared(asker, origin, ({ versions }) => use(versions.digest()));
    // A peer that is no contact is counted as one.
    if (neighbourhoods.current.indexOf(asker) < 0) return fromVersions();
    sharedDigests.withCurrent((digests) => {
      const index = digests.neighbourhood.indexOf(asker);
      if (index < 0) fromVersions();
      else use(digests.digest(index));
    });
  }

  /** Says which of the offered versions this node lacks, and offers those that the asker lacks. */
  offer({ range, versions: theirs }: Offer, origin: Origin, answer: OnAnswer): void {
    const asker = origin.contact ?? origin.peer;
    const { storage } = this.#parts;
    const newer = theirs.flatMap((version) => this.#newerThan(version));
    const replaced = theirs.flatMap((version, index) =>
      storage.hasReplaced(version) ? [index] : []
    );
    const answerWith = (wanted: number[], lacking: readonly Version[]): void => {
      const offered = lacking.slice(0, VERSIONS_PER_ANSWER_MAX);
      answer({ type: "wanted", wanted, replaced, offered });
    };
    // These come from a node that knows who should hold them, whatever the two share.
    if (!asker || range.bits === ID_BITS) {
      for (const version of theirs) storage.notePlaced(version);
      // That another node is to bring a version does not make it held: the asker may rely on this one, and leave.
      const wanted = this.#indicesWanted(theirs, (version) => {
        if (!storage.lacks(version)) return false;
        this.#parts.transfers.claim(version.key);
        return true;
      });
      return answerWith(wanted, newer);
    }
    this.#withShared(asker, origin, ({ versions }) => {
      const sorted = theirs.toSorted((a, b) => compareKeys(a.key, b.key));
      const offered = [...newer, ...versionsWithout(versions.slice(range), sorted)];
      const wanted = this.#indicesWanted(
        theirs,
        (version) => lacksShared(version, this.#parts) && this.#parts.transfers.claim(version.key),
      );
      answerWith(wanted, offered);
    });
  }

  /** A node that is about to leave says that it wants all, and the STOREs that follow are refused. */
  #indicesWanted(offered: readonly Version[], isWanted: (version: Version) => boolean): number[] {
    const { isLeaving } = this.#parts.storage;
    return offered.flatMap((version, index) => isLeaving || isWanted(version) ? [index] : []);
  }

  /** The version that is held instead of another, if it may be the newer one. */
  #newerThan({ key, stamp, tag }: Version): Version[] {
    const held = this.#parts.storage.get(key);
    if (!held || held.isCached || held.stamp < stamp) return [];
    return held.stamp === stamp && held.tag === tag ? [] : [held.version];
  }

  #withShared(asker: Contact, origin: Origin, use: (shared: Shared) => void): void {
    const { clock } = this.#parts.ports;
    const known = this.#shared.get(origin);
    if (known && clock.now() - known.at < SHARED_VERSIONS_FRESH_MS) return use(known);
    const walk = this.#walks.get(origin) ?? new SharedWork();
    this.#walks.set(origin, walk);
    walk.join(use, (onEnd) => {
      const neighbourhood = this.#parts.neighbourhoods.with(asker);
      const index = neighbourhood.indexOf(asker);
      findSharedVersions(neighbourhood, index, this.#parts, (versions) => {
        const shared = { neighbourhood, versions, at: clock.now() };
        this.#shared.set(origin, shared);
        onEnd(shared);
      });
    });
  }
}
