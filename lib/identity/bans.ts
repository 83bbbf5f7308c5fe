/**
 * Who is shut out of a network, and the proof of each that somebody with the network key has done so.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { BANS_MAX } from "../core/wire/hello_codec.ts";
import type { Ban, Network } from "./network.ts";

/** Bans that none of the networks has made, each of which costs a check, of one sender; the rest is passed over. */
const STRANGE_MAX = 16;

/** The bans that one node knows of. */
export class Bans {
  readonly #bans = new Map<string, Ban>();

  /** All of them. */
  get all(): Ban[] {
    return [...this.#bans.values()];
  }

  /** Whether there is room for another. */
  get areFull(): boolean {
    return this.#bans.size >= BANS_MAX;
  }

  has(member: Uint8Array): boolean {
    return this.#bans.has(encodeHex(member));
  }

  /** Takes those that are new and that one of the networks has made; returns whether there were any. */
  take(bans: readonly Ban[], networks: readonly Network[]): boolean {
    const before = this.#bans.size;
    let strange = 0;
    for (const ban of bans) {
      if (this.areFull || strange > STRANGE_MAX) break;
      if (this.has(ban.member)) continue;
      if (networks.some((network) => network.hasBanned(ban))) {
        this.#bans.set(encodeHex(ban.member), ban);
      } else strange++;
    }
    return this.#bans.size > before;
  }
}
