import { assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { NearIds } from "../../../lib/core/repair/near_ids.ts";
import { testContacts } from "../../support/core/contacts.ts";

const ids = testContacts(60).map(({ id }) => id);
const COUNTS = [0, 1, 3, 20, 59, 70];

/** Indices of ids by their distance to a key. */
function sortedByDistance(key: Uint8Array, count: number): number[] {
  return [...ids.slice(0, count).keys()].sort((a, b) => compareDistance(key, ids[a]!, ids[b]!));
}

Deno.test("the closest ids are those of a sort by distance, in this order", () => {
  const near = new NearIds(ids.slice(0, 59));
  for (const count of COUNTS) {
    for (const key of ids) {
      assertEquals(near.closest(key, count), sortedByDistance(key, 59).slice(0, count));
    }
  }
});

Deno.test("an id is among the closest to a key, wherever the key lies, as a sort says", () => {
  for (const size of [1, 2, 7, 59]) {
    const near = new NearIds(ids.slice(0, size));
    for (const key of ids) {
      const place = { bytes: Uint8Array.of(1, 2, 3, ...key, 4), keyAt: 3 };
      const sorted = sortedByDistance(key, size);
      for (const [rank, index] of sorted.entries()) {
        for (const count of COUNTS) {
          assertEquals(near.isAmong(index, place, count), rank < count, `${rank} of ${count}`);
        }
        assertEquals(near.isClosest(index, place), rank === 0);
      }
    }
  }
});

Deno.test("the subtrees that cover the closest ids have each of them once, and no other id", () => {
  for (const size of [1, 2, 7, 59]) {
    const near = new NearIds(ids.slice(0, size));
    for (const key of ids) {
      for (const count of COUNTS) {
        const covered = new Array<number>(near.subtrees).fill(0);
        near.cover({ bytes: key, keyAt: 0 }, count, (subtree) => covered[subtree]!++);
        const closest = new Set(sortedByDistance(key, size).slice(0, count));
        for (let index = 0; index < size; index++) {
          let times = 0;
          near.climb(index, (subtree) => times += covered[subtree]!);
          assertEquals(times, closest.has(index) ? 1 : 0);
        }
      }
    }
  }
});

Deno.test("fewer ids than wanted are all there are", () => {
  assertEquals(new NearIds([]).closest(ids[0]!, 5), []);
  assertEquals(new NearIds([ids[1]!]).closest(ids[0]!, 5), [0]);
  new NearIds([]).cover({ bytes: ids[0]!, keyAt: 0 }, 5, () => {
    throw new Error("there is no subtree of no ids");
  });
});

Deno.test("ids that differ in their last bit alone are distinguished", () => {
  const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
  b[31] = 1;
  const near = new NearIds([b, a]);
  assertEquals(near.closest(a, 2), [1, 0]);
  assertEquals(near.closest(b, 2), [0, 1]);
  assertEquals(near.isClosest(0, { bytes: b, keyAt: 0 }), true);
  assertEquals(near.isClosest(1, { bytes: b, keyAt: 0 }), false);
});
