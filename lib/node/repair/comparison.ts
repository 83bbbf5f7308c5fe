/**
 * Compares what this node and a neighbour should both hold, and moves what one of them lacks.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { Exchange, type ExchangeStep } from "../../core/repair/exchange.ts";
import { ALL_KEYS } from "../../core/repair/key_range.ts";
import type { Digest, Version } from "../../core/repair/version.ts";
import type { PeerAnswer } from "../../core/wire/messages.ts";
import type { NodeContext } from "../context.ts";
import type { ComparisonOutcome } from "../observer.ts";
import type { Introductions } from "../rpc/introductions.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Neighbourhoods } from "./neighbourhood.ts";
import type { ReplacedVersions } from "../replication/replaced_versions.ts";
import { findSharedVersions, lacksShared } from "./shared_versions.ts";
import type { Storage } from "../replication/storage.ts";
import type { Moved, Transfers } from "./transfers.ts";

/** Versions that are told to be disputed after one comparison that has moved nothing. */
const DISPUTED_MAX = 16;

/** What comparing takes of a node's parts. */
export interface ComparisonParts extends NodeContext {
  readonly neighbourhoods: Neighbourhoods;
  readonly rpc: Rpc;
  readonly introductions: Introductions;
  readonly storage: Storage;
  readonly transfers: Transfers;
  readonly replaced: ReplacedVersions;
}

/**
 * Called at the end. If a difference was found and nothing moved, the two disagree on who should hold what: that is
 * among the versions that were offered.
 */
export type OnCompared = (outcome: ComparisonOutcome, disputed: readonly Version[]) => void;

/** Asks a contact whether it holds the same, by the digest of what it should hold; then for the rest. */
export function compareWith(
  contact: Contact,
  digestNow: () => Digest,
  parts: ComparisonParts,
  onEnd: OnCompared,
): void {
  const { rpc, introductions } = parts;
  // Who does not know the asker cannot say what the two share.
  if (!rpc.isConnected(contact)) {
    introductions.ping(contact, (answer) => {
      // One that ends each connection at once would be asked for ever.
      if (answer && rpc.isConnected(contact)) compareWith(contact, digestNow, parts, onEnd);
      else onEnd("failed", []);
    });
    return;
  }
  const ranges = [{ range: ALL_KEYS, digest: digestNow() }];
  rpc.ask(contact, { type: "digest", ranges }, (answer) => {
    if (answer?.type !== "different") return onEnd("failed", []);
    if (answer.ranges.length === 0) return onEnd("equal", []);
    const neighbourhood = parts.neighbourhoods.with(contact);
    findSharedVersions(neighbourhood, neighbourhood.indexOf(contact), parts, (versions) => {
      new Comparison(contact, new Exchange(versions), parts, onEnd).proceed();
    });
  });
}

/** One comparison under way. */
class Comparison {
  /** Whether the other node has answered all so far. */
  #answered = true;
  #hasMoved = false;
  /** Versions that were offered and are neither wanted nor replaced, the first ones. */
  readonly #declined: Version[] = [];

  constructor(
    readonly contact: Contact,
    readonly exchange: Exchange,
    readonly parts: ComparisonParts,
    readonly onEnd: OnCompared,
  ) {}

  proceed(): void {
    const step = this.#answered ? this.exchange.next() : null;
    if (!step) return this.onEnd("failed", []);
    if (step.type === "done") return this.onEnd("different", this.#hasMoved ? [] : this.#declined);
    this.parts.rpc.ask(this.contact, step, (answer) => this.#take(step, answer));
  }

  #take(step: Exclude<ExchangeStep, { type: "done" }>, answer: PeerAnswer | null): void {
    if (step.type === "digest" && answer?.type === "different") {
      this.exchange.onDifferent(step.ranges, answer.ranges);
      this.proceed();
    } else if (step.type === "offer" && answer?.type === "wanted") {
      this.#move(step.versions, answer);
    } else this.onEnd("failed", []);
  }

  /** Sends what is wanted and fetches what is lacking; then goes on. */
  #move(
    versions: readonly Version[],
    { wanted, replaced, offered }: PeerAnswer & { readonly type: "wanted" },
  ): void {
    const { transfers } = this.parts;
    for (const index of replaced) this.parts.replaced.note(versions[index]!, this.contact);
    let underWay = 1;
    const end = (moved: Moved): void => {
      if (moved === "failed") this.#answered = false;
      else if (moved === "moved") {
        this.#hasMoved = true;
        this.exchange.noteMoved();
      }
      if (--underWay === 0) this.proceed();
    };
    this.#noteDeclined(versions, new Set([...wanted, ...replaced]));
    for (const index of wanted) {
      underWay++;
      transfers.push(this.contact, versions[index]!.key, end);
    }
    for (const version of offered) {
      if (!lacksShared(version, this.parts) || !transfers.claim(version.key)) continue;
      underWay++;
      transfers.pull(this.contact, version.key, end);
    }
    end("unmoved");
  }

  #noteDeclined(versions: readonly Version[], lacking: ReadonlySet<number>): void {
    const left = DISPUTED_MAX - this.#declined.length;
    if (left === 0) return;
    this.#declined.push(...versions.filter((_, index) => !lacking.has(index)).slice(0, left));
  }
}
