import { assertEquals } from "@std/assert";
import { NearIds } from "../../../lib/core/repair/near_ids.ts";
import { type CountedVersion, SharedSums } from "../../../lib/core/repair/shared_sums.ts";
import { EMPTY_DIGEST } from "../../../lib/core/repair/version.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";
import { randomBytes, testContacts } from "../../support/core/contacts.ts";
import { printedSeed } from "../../support/core/seed.ts";

Deno.test("the digest of each node is that of the versions that it should hold, after each change", () => {
  const random = new SeededRandom(printedSeed());
  const near = new NearIds(testContacts(30).map(({ id }) => id));
  const sums = new SharedSums(near);
  const counted: CountedVersion[] = [];
  const expected = (index: number) => {
    const held = counted.filter(({ bytes, replication }) =>
      near.closest(bytes, replication).includes(index)
    );
    return held.reduce(({ count, tags, salts }, { tag, salt }) => {
      return { count: count + 1, tags: (tags ^ tag) >>> 0, salts: (salts ^ salt) >>> 0 };
    }, EMPTY_DIGEST);
  };
  for (let step = 0; step < 300; step++) {
    if (counted.length > 0 && random.below(3) === 0) {
      const [version] = counted.splice(random.below(counted.length), 1);
      sums.delete(version!);
    } else {
      const [tag, salt, replication] = [random.u32(), random.u32(), random.below(40)];
      const version = { bytes: randomBytes(random), keyAt: 0, replication, tag, salt };
      sums.add(version);
      counted.push(version);
    }
    const index = random.below(30);
    assertEquals(sums.digest(index), expected(index));
  }
  for (const version of counted) sums.delete(version);
  for (let index = 0; index < 30; index++) assertEquals(sums.digest(index), EMPTY_DIGEST);
});
