/**
 * Which version of a value several nodes agree on.
 *
 * Anyone can make a version of any key, with work of his own, and give it to whoever asks. So the newest version that
 * is given need not be one that was put: it counts when several nodes give it, and the nodes of one network, which
 * may be one person's, count once.
 *
 * @module
 */

import { compareVersions } from "../../core/store/compare_versions.ts";
import type { Hash } from "../../core/kademlia/node_id.ts";
import type { Replica } from "../../core/value.ts";
import type { SureVersion } from "./newest_read.ts";

/** A version and who gives it. */
export interface Candidate<Given extends Replica = Replica> {
  readonly replica: Given;
  readonly voters: ReadonlySet<string>;
}

/** How votes are counted. */
export interface VoteRules {
  /** Votes that make a version count. */
  readonly needed: number;
  /** A version that counts with any vote; no older one does. */
  readonly sure: SureVersion | null;
  readonly sha256: Hash;
}

/** The votes of one read. */
export class Votes {
  readonly #rules: VoteRules;
  /** The newest first. */
  readonly #candidates: { readonly replica: Replica; readonly voters: Set<string> }[] = [];
  readonly #voters = new Set<string>();

  constructor(rules: VoteRules) {
    this.#rules = rules;
  }

  /** Voters that have given any version. */
  get count(): number {
    return this.#voters.size;
  }

  /** Counts a vote; one voter has one for each version. */
  add(voter: string, replica: Replica): void {
    this.#voters.add(voter);
    const { sha256 } = this.#rules;
    const order = (other: Replica) => compareVersions(other, replica, sha256);
    const at = this.#candidates.findIndex((one) => order(one.replica) <= 0);
    const found = this.#candidates[at];
    if (found && order(found.replica) === 0) return void found.voters.add(voter);
    this.#candidates.splice(at < 0 ? this.#candidates.length : at, 0, {
      replica,
      voters: new Set([voter]),
    });
  }

  /** The newest version that counts; null if none does yet. */
  get winner(): Candidate | null {
    const { needed } = this.#rules;
    return this.#notOlder().find((one) => one.voters.size >= needed || this.#isSure(one)) ?? null;
  }

  /** Votes that the newest version given lacks to count; as many as it takes if none was given. */
  get lacking(): number {
    const [newest] = this.#notOlder();
    if (newest && this.#isSure(newest)) return 0;
    return Math.max(0, this.#rules.needed - (newest?.voters.size ?? 0));
  }

  /** The version with the most votes, of several the newest: what is left if none counts. */
  get favourite(): Candidate | null {
    const most = (best: Candidate | null, one: Candidate) =>
      best && best.voters.size >= one.voters.size ? best : one;
    return this.#notOlder().reduce(most, null as Candidate | null);
  }

  #notOlder(): readonly Candidate[] {
    const oldest = this.#rules.sure?.stamp ?? 0;
    return this.#candidates.filter(({ replica }) => replica.stamp >= oldest);
  }

  #isSure({ replica: { stamp, nonce } }: Candidate): boolean {
    const { sure } = this.#rules;
    return sure !== null && sure.stamp === stamp &&
      nonce.every((byte, i) => byte === sure.nonce[i]);
  }
}
