import {
  decodeApiAnswer,
  decodeApiRequest,
  encodeApiAnswer,
  encodeApiRequest,
} from "../../../lib/core/wire/api_codec.ts";
import { Writer } from "../../../lib/core/wire/bytes.ts";
import type {
  ApiAnswer,
  ApiRequest,
  PeerAnswer,
  PeerRequest,
} from "../../../lib/core/wire/messages.ts";
import {
  decodePeerAnswer,
  decodePeerRequest,
  encodePeerAnswer,
  encodePeerRequest,
} from "../../../lib/core/wire/peer_codec.ts";
import { ReceivedContacts, SentContacts } from "../../../lib/core/wire/contact_codec.ts";
import { testContact } from "../../support/core/contacts.ts";
import {
  apiAnswerFrame,
  apiRequestFrame,
  ASKER,
  peerAnswerFrame,
  peerRequestFrame,
  toContact,
} from "../../support/core/messages.ts";
import { pingOf, pongAt } from "../../support/pings.ts";

const CERTIFICATE_BYTES = 400;
const key = testContact(1).id;
const value = new Uint8Array(256).fill(7);
const timed = {
  key,
  value,
  cachedUntil: 0,
  expiresAt: Date.UTC(2030, 0),
  replication: 20,
  stamp: 1_700_000_000_000,
  nonce: key,
};
const contacts = Array.from({ length: 20 }, (_, n) => testContact(n, CERTIFICATE_BYTES));

const apiRequests: Record<string, ApiRequest> = {
  "DHT PUT of 256 bytes": { type: "put", ttlSeconds: 60, replication: 20, key, value },
  "DHT GET": { type: "get", key },
};
const apiAnswers: Record<string, ApiAnswer> = {
  "DHT SUCCESS of 256 bytes": { type: "success", key, value },
  "DHT FAILURE": { type: "failure", key },
};
const findNode: PeerRequest = { type: "findNode", key, amount: 20 };
const findValue: PeerRequest = { type: "findValue", key, amount: 20 };
const store: PeerRequest = { type: "store", ...timed };
const ping: PeerRequest = pingOf(contacts[0]!);
const peerRequests: Record<string, PeerRequest> = {
  "PING": ping,
  "STORE of 256 bytes": store,
  "FIND NODE": findNode,
  "FIND VALUE": findValue,
};
const peerAnswers: Record<string, { request: PeerRequest; answer: PeerAnswer }> = {
  "PONG": { request: ping, answer: pongAt() },
  "STORED": { request: store, answer: { type: "stored", status: "stored" } },
  "FOUND NODE of 20 contacts": { request: findNode, answer: { type: "foundNode", contacts } },
  "FOUND VALUE of 256 bytes": { request: findValue, answer: { type: "foundValue", ...timed } },
};

const writer = new Writer(65_536);

function benchPair(name: string, encode: () => void, decode: () => void): void {
  Deno.bench(`encode ${name}`, { group: "encode" }, () => {
    writer.clear();
    encode();
  });
  Deno.bench(`decode ${name}`, { group: "decode" }, decode);
}

for (const [name, request] of Object.entries(apiRequests)) {
  const frame = apiRequestFrame(request);
  benchPair(name, () => encodeApiRequest(writer, request), () => void decodeApiRequest(frame));
}
for (const [name, answer] of Object.entries(apiAnswers)) {
  const frame = apiAnswerFrame(answer);
  benchPair(name, () => encodeApiAnswer(writer, answer), () => void decodeApiAnswer(frame));
}
for (const [name, request] of Object.entries(peerRequests)) {
  const frame = peerRequestFrame(request);
  benchPair(
    name,
    () => encodePeerRequest(writer, 1, request),
    () => void decodePeerRequest(frame, ASKER),
  );
}
for (const [name, { request, answer }] of Object.entries(peerAnswers)) {
  const frame = peerAnswerFrame(answer);
  benchPair(
    name,
    () => encodePeerAnswer(writer, 1, answer, new SentContacts()),
    () => void decodePeerAnswer(frame, request, new ReceivedContacts(toContact)),
  );
}
