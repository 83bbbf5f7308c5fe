/**
 * Well-formed messages with any contents, as a peer without manners would send them: valid values, contacts that are
 * there or not, digests of nothing.
 *
 * @module
 */

import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../lib/core/kademlia/contact.ts";
import type { NodeId } from "../../lib/core/kademlia/node_id.ts";
import type { KeyRange } from "../../lib/core/repair/key_range.ts";
import type { Version } from "../../lib/core/repair/version.ts";
import { REPLICA, type SentValue } from "../../lib/core/value.ts";
import type { ApiRequest, PeerAnswer, PeerRequest } from "../../lib/core/wire/messages.ts";
import { REACHABILITY_NUMBERS, STATUS_NUMBERS } from "../../lib/core/wire/versions.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { proven } from "../support/values.ts";

/** Few keys and values, so that they meet. */
const KEYS = 64;
const VALUE_BYTES_MAX = 200;
const CONTACTS = 200;
const DAY_MS = 86_400_000;

const REACHABILITIES = Object.keys(REACHABILITY_NUMBERS) as (keyof typeof REACHABILITY_NUMBERS)[];
const STATUSES = Object.keys(STATUS_NUMBERS) as (keyof typeof STATUS_NUMBERS)[];

/** Makes messages; the same random numbers give the same ones. */
export class MessageSource {
  readonly contacts: readonly Contact[];
  readonly #random: SeededRandom;
  readonly #unixNow: () => number;
  readonly #keys: readonly NodeId[];

  /** @param unixNow the time around which stamps are. */
  constructor(random: SeededRandom, unixNow: () => number) {
    this.#random = random;
    this.#unixNow = unixNow;
    this.#keys = Array.from({ length: KEYS }, () => this.#bytes(32));
    this.contacts = Array.from({ length: CONTACTS }, (_, i) => this.#makeContact(i));
  }

  /** A request of a client. */
  apiRequest(): ApiRequest {
    const key = this.#key();
    if (this.#random.next() < 0.5) return { type: "get", key };
    const [ttlSeconds, replication] = [this.#random.below(65_536), this.#random.below(256)];
    return { type: "put", key, ttlSeconds, replication, value: this.#value() };
  }

  /** A request of a peer. */
  request(sender: Contact): PeerRequest {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        return { type: "ping", time: this.#time(), sender };
      case 1:
        return { type: "store", ...this.#sentValue(this.#key()) };
      case 2:
        return { type: "findNode", key: this.#key(), amount: random.below(256) };
      case 3:
        return { type: "findValue", key: this.#key(), amount: random.below(256) };
      case 4: {
        const digest = () => ({ count: random.below(5), tags: random.u32(), salts: random.u32() });
        return {
          type: "digest",
          ranges: this.#some(9, () => ({ range: this.#range(), digest: digest() })),
        };
      }
      default:
        return { type: "offer", range: this.#range(), versions: this.#versions() };
    }
  }

  /** An answer of a kind that a request may get. */
  answerTo(request: PeerRequest): PeerAnswer {
    const random = this.#random;
    switch (request.type) {
      case "ping": {
        const { address } = this.contact();
        return {
          type: "pong",
          time: this.#time(),
          reachability: this.#oneOf(REACHABILITIES),
          address,
        };
      }
      case "store":
        return { type: "stored", status: this.#oneOf(STATUSES) };
      case "findValue":
        if (random.next() < 0.5) return { type: "foundValue", ...this.#sentValue(request.key) };
        return this.#foundNode();
      case "findNode":
        return this.#foundNode();
      case "digest": {
        const ranges = request.ranges.map((_, index) => ({ index, count: random.below(20) }));
        return { type: "different", ranges: ranges.filter(() => random.next() < 0.5) };
      }
      case "offer": {
        const indices = () => request.versions.flatMap((_, i) => random.next() < 0.5 ? [i] : []);
        return {
          type: "wanted",
          wanted: indices(),
          replaced: indices(),
          offered: this.#versions(),
        };
      }
    }
  }

  contact(): Contact {
    return this.#oneOf(this.contacts);
  }

  #foundNode(): PeerAnswer {
    return { type: "foundNode", contacts: [...new Set(this.#some(25, () => this.contact()))] };
  }

  #sentValue(key: NodeId): SentValue {
    const random = this.#random;
    const stamp = this.#time();
    const expiresAt = stamp + random.below(random.next() < 0.5 ? 60_000 : DAY_MS);
    const replication = 1 + random.below(random.next() < 0.9 ? 20 : 255);
    const said = { key, value: this.#value(), stamp, expiresAt, replication };
    const cachedUntil = random.next() < 0.7 ? REPLICA : stamp + random.below(60_000);
    return { ...proven(said, 0), cachedUntil };
  }

  #range(): KeyRange {
    const bits = 4 * this.#random.below(9);
    const prefix = new Uint8Array(32);
    prefix.set(this.#key().subarray(0, bits >>> 3));
    if (bits % 8 !== 0) prefix[bits >>> 3] = this.#random.below(16) << 4;
    return { bits, prefix };
  }

  #versions(): Version[] {
    const random = this.#random;
    return this.#some(8, () => ({
      key: this.#key(),
      stamp: this.#time(),
      tag: random.u32(),
      replication: 1 + random.below(20),
    }));
  }

  /** Mostly about now. */
  #time(): number {
    const random = this.#random;
    if (random.next() < 0.05) return random.below(2 ** 53);
    return this.#unixNow() - random.below(10_000) +
      random.below(random.next() < 0.1 ? DAY_MS : 1_000);
  }

  #key(): NodeId {
    return this.#oneOf(this.#keys);
  }

  #value(): Uint8Array {
    return this.#bytes(1 + this.#random.below(VALUE_BYTES_MAX));
  }

  #bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#random.fill(bytes);
    return bytes;
  }

  /** Of several networks, some special, some with two addresses, some at the address of others. */
  #makeContact(i: number): Contact {
    const host = i % 10;
    const ips = [`10.0.${i & 3}.${host}`, `20.${i}.0.1`, `127.0.0.${host}`, `2001:db8:${host}::1`];
    const address = makeAddress(ips[i & 3]!, 1 + i % 5);
    const alternate = i % 7 === 0 && address.hostname.includes(".")
      ? makeAddress(`2001:db8::${i}`, 7402)
      : null;
    return makeContact(address, this.#bytes(4), sha256, alternate);
  }

  #some<Kind>(max: number, make: () => Kind): Kind[] {
    return Array.from({ length: this.#random.below(max + 1) }, make);
  }

  #oneOf<Kind>(all: readonly Kind[]): Kind {
    return all[this.#random.below(all.length)]!;
  }
}
