import { assertEquals } from "@std/assert";
import { compareDistance } from "../../../lib/core/kademlia/node_id.ts";
import { NearIds } from "../../../lib/core/repair/near_ids.ts";
import { testContacts } from "../../support/core/contacts.ts";

const ids = testContacts(60).map(({ id }) => id);

Deno.test("the closest ids are those of a sort by distance, in this order", () => {
  for (const count of [0, 1, 3, 20, 59]) {
    const near = new NearIds(ids.slice(0, 59));
    for (const key of ids) {
      const sorted = [...ids.slice(0, 59).keys()]
        .sort((a, b) => compareDistance(key, ids[a]!, ids[b]!));
      assertEquals(near.closest(key, count), sorted.slice(0, count));
    }
  }
});

Deno.test("fewer ids than wanted are all there are", () => {
  assertEquals(new NearIds([]).closest(ids[0]!, 5), []);
  assertEquals(new NearIds([ids[1]!]).closest(ids[0]!, 5), [0]);
});

Deno.test("ids that differ in their last bit alone are distinguished", () => {
  const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
  b[31] = 1;
  assertEquals(new NearIds([b, a]).closest(a, 2), [1, 0]);
  assertEquals(new NearIds([b, a]).closest(b, 2), [0, 1]);
});
