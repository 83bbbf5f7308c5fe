/**
 * Random and mutated frames for both ports. A connection gets many that are well formed, with any
 * content, and at its end one that may be anything: after a wrong one nothing more would be read.
 *
 * @module
 */

import type { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { apiFrame, apiGet, apiPut, findBody, join, peerFrame, uint } from "./frames.ts";
import { keyOf } from "./values.ts";

/** Few keys, so that what is stored stays small. */
const KEYS = Array.from({ length: 64 }, (_, i) => keyOf(`mutated ${i}`));

function bytes(random: SeededRandom, lengthMax: number): Uint8Array {
  const filled = new Uint8Array(random.below(lengthMax + 1));
  random.fill(filled);
  return filled;
}

function key(random: SeededRandom): Uint8Array {
  return KEYS[random.below(KEYS.length)]!;
}

/** A request of the module API with random contents. */
export function randomApiFrame(random: SeededRandom): Uint8Array<ArrayBuffer> {
  if (random.next() < 0.6) return apiGet(key(random));
  const value = join(random.below(256), bytes(random, 200));
  return apiPut(key(random), value, {
    ttl: random.below(65_536),
    replication: random.below(256),
  });
}

/** A request of the peer protocol with random contents. */
export function randomPeerFrame(random: SeededRandom): Uint8Array<ArrayBuffer> {
  const id = random.u32();
  const kind = random.below(20);
  if (kind < 8) return peerFrame(662, id, findBody(key(random), random.below(256)));
  if (kind < 14) return peerFrame(663, id, findBody(key(random), random.below(256)));
  const nonce = new Uint8Array(32);
  random.fill(nonce);
  const stamp = random.next() < 0.5 ? Date.now() - random.below(1_000) : random.u32() * 2 ** 20;
  const times = join(
    uint(random.next() < 0.5 ? 0 : Date.now() + random.below(60_000), 8),
    uint(stamp, 8),
    uint(random.u32(), 4),
    random.below(256),
    nonce,
  );
  return peerFrame(661, id, join(times, key(random), random.below(256), bytes(random, 200)));
}

/** A frame with a few bits or bytes changed, cut off or added; it may still be well formed. */
export function mutate(random: SeededRandom, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  const mutated = new Uint8Array(frame);
  const at = random.below(mutated.length);
  switch (random.below(6)) {
    case 0:
      mutated[random.below(Math.min(10, mutated.length))]! ^= 1 << random.below(8);
      return mutated;
    case 1:
      for (let i = 0; i < 5; i++) mutated[random.below(mutated.length)] = random.below(256);
      return mutated;
    case 2:
      return mutated.slice(0, at);
    case 3:
      return join(mutated.subarray(0, at), bytes(random, 20), mutated.subarray(at));
    case 4:
      return join(mutated.subarray(0, at), mutated.subarray(Math.min(mutated.length, at + 5)));
    default:
      return bytes(random, 300) as Uint8Array<ArrayBuffer>;
  }
}

/** A frame with a right size, all else random. */
export function randomShape(random: SeededRandom, port: "api" | "peer"): Uint8Array<ArrayBuffer> {
  const body = bytes(random, 120);
  if (port === "api") return apiFrame(645 + random.below(12), body);
  return peerFrame(655 + random.below(22), random.u32(), body);
}
