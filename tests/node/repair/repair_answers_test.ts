import { assert, assertEquals } from "@std/assert";
import { ALL_KEYS, rangeOfKey, splitRange } from "../../../lib/core/repair/key_range.ts";
import { EMPTY_DIGEST, type Version, versionOf } from "../../../lib/core/repair/version.ts";
import type { PeerAnswer, PeerRequest } from "../../../lib/core/wire/messages.ts";
import type { Walk } from "../../../lib/node/replication/storage.ts";
import type { Origin } from "../../../lib/node/ports.ts";
import { pingOf } from "../../support/pings.ts";
import { SimWorld } from "../../support/sim_world.ts";
import { bytesOf, keyOf } from "../../support/values.ts";

const ASKED = 100;

/** A node that holds some values, and a neighbour which says that it holds others, and moves none. */
function withNeighbour() {
  const world = new SimWorld();
  const node = world.start(world.contact(1));
  const contact = world.contact(2);
  const asked: PeerRequest[] = [];
  const peer = world.startScripted(contact, (request): PeerAnswer | null => {
    asked.push(request);
    switch (request.type) {
      case "ping":
        return world.pong();
      case "digest": {
        const ranges = request.ranges.map((_, index) => ({ index, count: 1_000_000 }));
        return { type: "different", ranges };
      }
      case "offer":
        return { type: "wanted", wanted: [], replaced: [], offered: [] };
      case "store":
        return { type: "stored", status: "stored" };
      default:
        return { type: "foundNode", contacts: [] };
    }
  });
  const introduce = (): void => {
    world.ask(peer, node.contact, pingOf(contact));
    world.run(1_000);
  };
  const ask = (request: PeerRequest): PeerAnswer => {
    const answer = world.ask(peer, node.contact, request);
    if (typeof answer === "string") throw new Error(answer);
    return answer;
  };
  const put = (name: string): Version => {
    const key = keyOf(name);
    world.put(node, key, bytesOf("value"), { replication: 2 });
    return versionOf(node.parts.storage.get(key)!);
  };
  return { world, node, asked, introduce, ask, put };
}

/** A version of a key that nobody holds. */
function strange(name: string): Version {
  return { key: keyOf(name), stamp: 1, tag: 2, replication: 20 };
}

const lacksAll = (count: number) => Array.from({ length: count }, (_, index) => index);

Deno.test("a stranger that asks again and again has the store gone through once", () => {
  const world = new SimWorld();
  const [node] = world.startMany(2);
  const { repairAnswers, storage } = node!.parts;
  for (let i = 0; i < 20; i++) world.put(node!, keyOf(`key ${i}`), bytesOf("value"));
  const stranger = world.contact(99);
  const origin: Origin = {
    address: stranger.address,
    contact: null,
    peer: stranger,
    checkedAt: 0,
    reachability: "untried",
    storesLeft: 0,
    storesCountedAt: 0,
  };
  const walks: Walk[] = [];
  const usual = storage.walkAllReplicas.bind(storage);
  storage.walkAllReplicas = (walk) => void walks.push(walk);
  let answers = 0;
  const ask = () =>
    repairAnswers.digest(
      { type: "digest", ranges: [{ range: ALL_KEYS, digest: EMPTY_DIGEST }] },
      origin,
      () => answers++,
    );
  for (let i = 0; i < ASKED; i++) ask();
  assertEquals([walks.length, answers], [1, 0], "while it is gone through");
  usual(walks[0]!);
  assertEquals(answers, ASKED);
  for (let i = 0; i < ASKED; i++) ask();
  assertEquals([walks.length, answers], [1, 2 * ASKED], "at once after that");
  world.run(2_000);
  ask();
  assertEquals(walks.length, 2, "another comparison later on");
});

Deno.test("a DIGEST of no range is answered by none, and says nothing about what the asker holds", () => {
  const { world, node, introduce, ask, put } = withNeighbour();
  introduce();
  put("held");
  node.parts.repair.compareWithAll();
  world.run(1_000);
  assertEquals(node.parts.repair.differing, 1);
  assertEquals(ask({ type: "digest", ranges: [] }), { type: "different", ranges: [] });
  assertEquals(node.parts.repair.differing, 1);
});

Deno.test("a DIGEST has up to 255 ranges, in any order, and also the same one twice", () => {
  const { introduce, ask, put } = withNeighbour();
  introduce();
  const { key } = put("held");
  const parts = splitRange(ALL_KEYS).flatMap(splitRange).toReversed();
  const ranges = [...parts.slice(0, 253), ALL_KEYS, ALL_KEYS]
    .map((range) => ({ range, digest: EMPTY_DIGEST }));
  const answer = ask({ type: "digest", ranges });
  const at = 255 - key[0]!;
  const inPart = at < 253 ? [{ index: at, count: 1 }] : [];
  const inAll = [{ index: 253, count: 1 }, { index: 254, count: 1 }];
  assertEquals(answer, { type: "different", ranges: [...inPart, ...inAll] });
});

Deno.test("a dialler that has not introduced itself shares nothing, whatever its digest", () => {
  const { ask, put } = withNeighbour();
  put("held");
  const digest = { count: 5, tags: 1, salts: 2 };
  const answer = ask({ type: "digest", ranges: [{ range: ALL_KEYS, digest }] });
  assertEquals(answer, { type: "different", ranges: [] });
});

Deno.test("what is lacked of an OFFER from a stranger, or of one key, is wanted, and nothing offered but newer versions", () => {
  for (const isStranger of [true, false]) {
    const { introduce, ask, put } = withNeighbour();
    if (!isStranger) introduce();
    const [held, overwritten] = [put("held"), put("overwritten")];
    put("another");
    const older = { ...overwritten, stamp: overwritten.stamp - 1 };
    // Half of these should be with the asker, if it is a contact.
    const others = Array.from({ length: 20 }, (_, n) => ({ ...strange(`${n}`), replication: 1 }));
    const range = isStranger ? ALL_KEYS : rangeOfKey(held.key);
    assertEquals(ask({ type: "offer", range, versions: [held, older, ...others] }), {
      type: "wanted",
      wanted: lacksAll(22).slice(2),
      replaced: [],
      offered: [overwritten],
    });
  }
});

Deno.test("a version of an OFFER is judged by its key, in the range or not; the range says what is offered in turn", () => {
  const { introduce, ask, put } = withNeighbour();
  introduce();
  const held = ["a", "b", "c", "d"].map((name) => put(`held ${name}`));
  const partOf = ({ key }: Version) => key[0]! >>> 4;
  const range = splitRange(ALL_KEYS)[partOf(held[0]!)]!;
  const inRange = held.filter((version) => partOf(version) === partOf(held[0]!));
  const [newer, ...others] = held.filter((version) => !inRange.includes(version));
  assert(others.length > 0);
  const older = { ...newer!, stamp: newer!.stamp - 1 };
  const answer = ask({ type: "offer", range, versions: [strange("lacked"), older] });
  assertEquals(answer, {
    type: "wanted",
    wanted: [0],
    replaced: [],
    offered: [newer!, ...inRange],
  });
});

Deno.test("a neighbour that names differences without end is asked no more when nothing is moved", () => {
  const { world, node, asked, introduce, put } = withNeighbour();
  introduce();
  put("held");
  asked.length = 0;
  node.parts.repair.compareWithAll();
  world.run(24_000);
  const questions = asked.filter(({ type }) => type === "digest" || type === "offer").length;
  assert(questions > 1_000 && questions < 1_100, `${questions} questions`);
  assertEquals(node.parts.repair.underWay, 0);
});
