import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyIndex } from "../../../lib/core/store/internal/key_index.ts";
import { idKey } from "../../../lib/core/kademlia/node_id.ts";
import { HASH, NONE } from "../../../lib/core/store/internal/row_layout.ts";
import { Rows } from "../../../lib/core/store/internal/rows.ts";
import { checkProperty } from "../../support/core/property.ts";

/** An index and a Map beside it; keys are numbers, and so are their hashes. */
class Pair {
  readonly rows = new Rows();
  readonly index = new KeyIndex(this.rows);
  readonly model = new Map<string, number>();

  constructor(readonly hashOf: (n: number) => number) {}

  toggle(n: number): void {
    const key = keyOf(n);
    const found = this.find(n);
    if (found !== NONE) {
      this.index.delete(found);
      this.rows.release(found);
      this.model.delete(idKey(key));
      return;
    }
    const row = this.rows.take();
    this.rows.setU32(row, HASH, this.hashOf(n));
    this.rows.setKey(row, key);
    this.index.add(row);
    this.model.set(idKey(key), row);
  }

  /** The row of a key, which both must agree upon. */
  find(n: number): number {
    const found = this.index.find(keyOf(n), this.hashOf(n));
    assertEquals(found, this.model.get(idKey(keyOf(n))) ?? NONE);
    return found;
  }
}

function keyOf(n: number): Uint8Array {
  const key = new Uint8Array(32);
  new DataView(key.buffer).setUint32(28, n);
  return key;
}

const scattered = (n: number) => Math.imul(n + 1, 0x9e3779b9) >>> 0;

Deno.test("the index finds what a Map finds, whether hashes differ, collide or are all the same", () => {
  const cases = fc.record({
    hashOf: fc.constantFrom(scattered, (n: number) => n % 3, () => 0xffff_ffff),
    numbers: fc.array(fc.nat({ max: 40 }), { maxLength: 150, size: "max" }),
  });
  checkProperty(fc.property(cases, ({ hashOf, numbers }) => {
    const pair = new Pair(hashOf);
    for (const n of numbers) {
      pair.toggle(n);
      assertEquals(pair.index.size, pair.model.size);
      pair.index.checkInvariants();
      for (let other = 0; other <= 40; other++) pair.find(other);
    }
  }));
});

Deno.test("the index grows and shrinks with its content, and gives its memory back", () => {
  const pair = new Pair(scattered);
  const { index } = pair;
  for (let n = 0; n < 20_000; n++) {
    pair.toggle(n);
    assert(index.memoryBytes <= Math.max(256, 8 * index.size));
  }
  for (let n = 0; n < 20_000; n++) pair.find(n);
  for (let n = 0; n < 20_000; n++) {
    pair.toggle(n);
    if (n % 1_000 === 0) { for (let other = 0; other < 20_000; other += 77) pair.find(other); }
  }
  assertEquals([index.size, index.memoryBytes], [0, 0]);
});
