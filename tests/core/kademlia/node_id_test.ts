import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  bitsAt,
  commonPrefixLength,
  compareDistance,
  distance,
  equalIds,
  flipBit,
  idKey,
} from "../../../lib/core/kademlia/node_id.ts";
import { idSharing } from "../../support/core/contacts.ts";
import { checkProperty } from "../../support/core/property.ts";
import { leadingZeroBits } from "../../support/values.ts";
import { SeededRandom } from "../../../lib/sim/random/seeded_random.ts";

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bitIndexes = fc.integer({ min: 0, max: 255 });

/** Two ids that share any number of leading bits, all of them now and then. */
const relatedIds = fc.tuple(ids, fc.integer({ min: 0, max: 256 }), fc.integer()).map(
  ([id, shared, seed]) => ({ id, shared, other: idSharing(shared, id, new SeededRandom(seed)) }),
);

function toBits(id: Uint8Array): string {
  return Array.from(id, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

function toNumber(id: Uint8Array): bigint {
  return BigInt(`0b${toBits(id)}`);
}

Deno.test("compareDistance orders ids as the numbers that XOR gives", () => {
  checkProperty(fc.property(ids, relatedIds, (target, { id: a, other: b }) => {
    const [toA, toB] = [toNumber(distance(target, a)), toNumber(distance(target, b))];
    assertEquals(Math.sign(compareDistance(target, a, b)), toA < toB ? -1 : Number(toA > toB));
  }));
});

Deno.test("distance is the XOR of two ids", () => {
  checkProperty(fc.property(ids, ids, (a, b) => {
    assertEquals(toNumber(distance(a, b)), toNumber(a) ^ toNumber(b));
  }));
});

Deno.test("commonPrefixLength counts the leading bits that two ids share", () => {
  checkProperty(fc.property(relatedIds, ({ id, other, shared }) => {
    assertEquals(commonPrefixLength(id, other), shared);
    assertEquals(commonPrefixLength(other, id), shared);
  }));
});

Deno.test("leadingZeroBits counts up to the first one, also in bytes that have none", () => {
  assertEquals(leadingZeroBits(new Uint8Array(0)), 0);
  assertEquals(leadingZeroBits(new Uint8Array(5)), 40);
  checkProperty(fc.property(fc.uint8Array({ minLength: 1, maxLength: 32 }), (bytes) => {
    const first = toBits(bytes).indexOf("1");
    assertEquals(leadingZeroBits(bytes), first < 0 ? 8 * bytes.length : first);
  }));
});

Deno.test("equalIds tells ids apart by any one bit", () => {
  checkProperty(fc.property(ids, bitIndexes, (id, index) => {
    assert(equalIds(id, id.slice()));
    assert(!equalIds(id, flipBit(id, index)));
  }));
});

Deno.test("flipBit gives a new id that differs in that bit alone", () => {
  checkProperty(fc.property(ids, bitIndexes, (id, index) => {
    const before = toBits(id);
    const after = toBits(flipBit(id, index));
    assertEquals(toBits(id), before);
    assertEquals([...after].flatMap((bit, i) => bit === before[i] ? [] : [i]), [index]);
  }));
});

Deno.test("bitsAt reads 1 to 8 bits at any index, zeros beyond the end", () => {
  checkProperty(fc.property(ids, bitIndexes, fc.integer({ min: 1, max: 8 }), (id, index, count) => {
    const bits = (toBits(id) + "0".repeat(8)).slice(index, index + count);
    assertEquals(bitsAt(id, index, count), parseInt(bits, 2));
  }));
});

Deno.test("idKey has a character for each byte, so that different ids have different keys", () => {
  checkProperty(fc.property(ids, bitIndexes, (id, index) => {
    assertEquals(Array.from(idKey(id), (char) => char.charCodeAt(0)), [...id]);
    assertNotEquals(idKey(id), idKey(flipBit(id, index)));
  }));
});
