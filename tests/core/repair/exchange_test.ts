import { assert, assertEquals } from "@std/assert";
import { Exchange } from "../../../lib/core/repair/exchange.ts";
import { compareKeys, compareWithRange, splitRange } from "../../../lib/core/repair/key_range.ts";
import { equalDigests, saltOf, type Version, versionOf } from "../../../lib/core/repair/version.ts";
import {
  type SaltedVersion,
  VersionSet,
  versionsWithout,
} from "../../../lib/core/repair/version_set.ts";

/** Numbers that follow from a seed, for keys and nonces. */
function bytesFrom(seed: number): Uint8Array {
  let state = seed * 2_654_435_761 >>> 0 || 1;
  return Uint8Array.from({ length: 32 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

function version(n: number): SaltedVersion {
  const source = {
    key: bytesFrom(n),
    stamp: 1_700_000_000_000,
    nonce: bytesFrom(n + 1_000_000),
    replication: 20,
  };
  return { ...versionOf(source), salt: saltOf(source) };
}

/** Runs a comparison to its end; returns what each side was found to lack, and the questions it took. */
function compare(own: SaltedVersion[], theirs: SaltedVersion[]) {
  const [mine, others] = [new VersionSet(own), new VersionSet(theirs)];
  const exchange = new Exchange(mine);
  const theyLack: Version[] = [];
  const iLack: Version[] = [];
  let questions = 0;
  for (let step = exchange.next(); step.type !== "done"; step = exchange.next()) {
    questions++;
    if (step.type === "digest") {
      const different = step.ranges.flatMap(({ range, digest }, index) => {
        const own = others.digest(range);
        return equalDigests(own, digest) ? [] : [{ index, count: own.count }];
      });
      exchange.onDifferent(step.ranges, different);
    } else {
      const { versions } = step;
      theyLack.push(...versionsWithout(versions, others.slice(step.range)));
      iLack.push(...versionsWithout(others.slice(step.range), versions));
    }
  }
  return { theyLack, iLack, questions };
}

const keys = (versions: readonly Version[]) => versions.map(({ key }) => key.join()).sort();

Deno.test("equal sets of any size take one question", () => {
  for (const size of [0, 1, 10_000]) {
    const versions = Array.from({ length: size }, (_, n) => version(n));
    assertEquals(compare(versions, [...versions].reverse()), {
      theyLack: [],
      iLack: [],
      questions: 1,
    });
  }
});

Deno.test("each side learns exactly what it lacks", () => {
  const all = Array.from({ length: 5_000 }, (_, n) => version(n));
  const own = all.filter((_, n) => n % 500 !== 7);
  const theirs = all.filter((_, n) => n % 400 !== 9);
  const { theyLack, iLack, questions } = compare(own, theirs);
  assertEquals(keys(theyLack), keys(all.filter((_, n) => n % 400 === 9 && n % 500 !== 7)));
  assertEquals(keys(iLack), keys(all.filter((_, n) => n % 500 === 7 && n % 400 !== 9)));
  assert(questions < 100, `${questions} questions`);
});

Deno.test("one who holds nothing gets all", () => {
  const all = Array.from({ length: 3_000 }, (_, n) => version(n));
  assertEquals(keys(compare(all, []).theyLack), keys(all));
  assertEquals(keys(compare([], all).iLack), keys(all));
});

Deno.test("a range is split into sixteen that hold each of its keys once", () => {
  for (const range of splitRange(splitRange({ bits: 0, prefix: new Uint8Array(32) })[11]!)) {
    assertEquals(range.bits, 8);
  }
  const parts = splitRange(splitRange({ bits: 0, prefix: new Uint8Array(32) })[3]!);
  for (let n = 0; n < 500; n++) {
    const { key } = version(n);
    const holding = parts.filter((part) => compareWithRange(key, part) === 0).length;
    assertEquals(holding, key[0]! >>> 4 === 3 ? 1 : 0);
  }
});

Deno.test("versions stand in the order of their keys, also those whose keys begin alike", () => {
  const versions = Array.from({ length: 300 }, (_, n) => {
    const { key, ...rest } = version(n);
    const begin = n % 3 === 0 ? [1, 2, 3, 4] : n % 3 === 1 ? [255, 255, 255, 255] : [];
    key.set(begin);
    return { ...rest, key };
  });
  const sorted = versions.toSorted((a, b) => compareKeys(a.key, b.key));
  assertEquals(new VersionSet(versions).slice(), sorted);
  assertEquals(new VersionSet([]).slice(), []);
});
