import { assertEquals } from "@std/assert";
import { Votes } from "../../../lib/node/values/votes.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { bytesOf, keyOf, proven } from "../../support/values.ts";

const version = (stamp: number, text = "value") =>
  proven({
    key: keyOf("voted"),
    value: bytesOf(text),
    stamp,
    expiresAt: stamp + 60_000,
    replication: 5,
  }, 1);
const [older, newer] = [version(1_000), version(2_000)];

function count(
  needed: number,
  given: readonly [string, typeof older][],
  sure = null as typeof older | null,
) {
  const votes = new Votes({ needed, sure, sha256 });
  for (const [voter, replica] of given) votes.add(voter, replica);
  const stampOf = (one: { replica: typeof older } | null) => one && one.replica.stamp;
  return {
    winner: stampOf(votes.winner),
    favourite: stampOf(votes.favourite),
    lacking: votes.lacking,
  };
}

Deno.test("the newest version with votes enough wins; a newer one without them is asked for", () => {
  assertEquals(count(2, []), { winner: null, favourite: null, lacking: 2 });
  assertEquals(count(2, [["a", older], ["b", older], ["liar", newer]]), {
    winner: 1_000,
    favourite: 1_000,
    lacking: 1,
  });
  assertEquals(count(2, [["a", older], ["b", newer], ["c", older], ["d", newer]]), {
    winner: 2_000,
    favourite: 2_000,
    lacking: 0,
  });
});

Deno.test("where none has votes enough, the most votes count, and then the stamp", () => {
  const given: [string, typeof older][] = [["a", older], ["b", newer]];
  assertEquals(count(3, given).favourite, 2_000);
  assertEquals(count(3, [...given, ["c", older]]).favourite, 1_000);
});

Deno.test("a voter has one vote for a version, however often it gives it", () => {
  assertEquals(count(2, [["a", newer], ["a", newer], ["a", newer]]).winner, null);
});

Deno.test("two values of one stamp are two versions", () => {
  const [one, other] = [version(1_000, "one"), version(1_000, "other")];
  assertEquals(count(2, [["a", one], ["b", other]]).winner, null);
});

Deno.test("what is sure counts with one vote, and nothing older does", () => {
  const given: [string, typeof older][] = [["a", older], ["b", older], ["c", older], [
    "self",
    newer,
  ]];
  assertEquals(count(3, given, newer), { winner: 2_000, favourite: 2_000, lacking: 0 });
  assertEquals(count(3, given.slice(0, 3), newer).favourite, null);
  const forged = version(2_000, "of the same stamp");
  assertEquals(count(3, [["liar", forged]], newer).winner, null);
});
