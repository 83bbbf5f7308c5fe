import { Framer } from "../../../lib/core/wire/framer.ts";
import { PEER_FRAMES } from "../../../lib/core/wire/peer_codec.ts";
import { testContact } from "../../support/core/contacts.ts";
import { peerRequestFrame } from "../../support/core/messages.ts";

const FRAMES = 1_000;
const key = testContact(1).id;
const frame = peerRequestFrame({
  type: "store",
  cachedUntil: 0,
  key,
  value: new Uint8Array(256),
  expiresAt: 1_000,
  replication: 20,
  stamp: 1,
  nonce: key,
});
const stream = new Uint8Array(FRAMES * frame.length);
for (let i = 0; i < FRAMES; i++) stream.set(frame, i * frame.length);

for (const chunkBytes of [65_536, 4_096, 100, 1]) {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += chunkBytes) {
    chunks.push(stream.subarray(at, at + chunkBytes));
  }
  const framer = new Framer(PEER_FRAMES);
  Deno.bench(`${FRAMES} STOREs of 256 bytes, in chunks of ${chunkBytes}`, () => {
    let frames = 0;
    for (const chunk of chunks) framer.push(chunk, () => frames++);
    if (frames !== FRAMES) throw new Error(`${frames} frames came out`);
  });
}
