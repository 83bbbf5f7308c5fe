import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeApiAnswer, decodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import { FrameError } from "../../../lib/core/wire/bytes.ts";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { ReceivedContacts } from "../../../lib/core/wire/contact_codec.ts";
import { decodePeerAnswer, decodePeerRequest } from "../../../lib/core/wire/peer_codec.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes } from "../../support/core/contacts.ts";
import {
  apiAnswerFrame,
  apiAnswers,
  apiRequestFrame,
  apiRequests,
  ASKER,
  peerAnswerFrame,
  peerExchanges,
  peerRequestFrame,
} from "../../support/core/messages.ts";
import { checkProperty } from "../../support/core/property.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";

const FRAMES = 100_000;
const TYPES = [650, 651, 652, 653, 660, 661, 662, 663, 664, 665, 670, 671, 672, 673, 674];

/** A frame with a few bytes changed, cut out, put in, or a piece of it repeated. */
function mutate(frame: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = Array.from(frame);
  for (let i = random.below(4); i >= 0; i--) {
    const at = random.below(bytes.length + 1);
    const length = 1 + random.below(random.next() < 0.9 ? 4 : 64);
    switch (random.below(5)) {
      case 0:
        bytes[at] = random.below(256);
        break;
      case 1:
        bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)]!;
        break;
      case 2:
        bytes.splice(at, length);
        break;
      case 3:
        bytes.splice(at, 0, ...randomBytes(random, length));
        break;
      case 4:
        bytes.splice(at, 0, ...bytes.slice(at, at + length));
    }
  }
  return Uint8Array.from(bytes);
}

/** Random bytes behind a header with a known type, so that bodies are reached. */
function randomFrame(random: SeededRandom): Uint8Array {
  const frame = randomBytes(random, random.below(200));
  const type = TYPES[random.below(TYPES.length)]!;
  if (frame.length > 6 && random.next() < 0.9) {
    frame.set([type >>> 8, type & 0xff], random.next() < 0.3 ? 2 : 4);
  }
  return frame;
}

/** What came of frames on one connection: a decoder may return or refuse. */
class Tally {
  readonly toContact = new ContactCache(sha256, 16).toContact;
  readonly received = new ReceivedContacts(this.toContact);
  read = 0;
  refused = 0;

  add(decode: () => unknown): void {
    try {
      decode();
      this.read++;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.refused++;
    }
  }
}

function decodeAll(frame: Uint8Array, request: PeerRequest, tally: Tally): void {
  const before = frame.slice();
  tally.add(() => decodeApiRequest(frame));
  tally.add(() => decodeApiAnswer(frame));
  tally.add(() => decodePeerRequest(frame, ASKER));
  tally.add(() => decodePeerAnswer(frame, request, tally.received));
  assertEquals(frame.join(), before.join(), "the decoder changed the frame");
}

const messages = fc.record({ exchange: peerExchanges, request: apiRequests, answer: apiAnswers });

Deno.test(`${FRAMES / 2} mutated frames: each is read or refused, never anything else`, () => {
  const runs = 500;
  const tally = new Tally();
  checkProperty(
    fc.property(messages, fc.integer(), ({ exchange, request, answer }, seed) => {
      const random = new SeededRandom(seed);
      const frames = [
        peerRequestFrame(exchange.request),
        peerAnswerFrame(exchange.answer),
        apiRequestFrame(request),
        apiAnswerFrame(answer),
      ];
      for (let i = 0; i < FRAMES / 2 / runs; i++) {
        decodeAll(mutate(frames[i % frames.length]!, random), exchange.request, tally);
      }
    }),
    runs,
  );
  assert(tally.read > FRAMES / 50 && tally.refused > FRAMES / 2, JSON.stringify(tally));
});

Deno.test(`${FRAMES / 2} random frames: each is read or refused, never anything else`, () => {
  const runs = 500;
  const tally = new Tally();
  checkProperty(
    fc.property(peerExchanges, fc.integer(), ({ request }, seed) => {
      const random = new SeededRandom(seed);
      for (let i = 0; i < FRAMES / 2 / runs; i++) decodeAll(randomFrame(random), request, tally);
    }),
    runs,
  );
  assert(tally.refused > FRAMES, JSON.stringify(tally));
});
