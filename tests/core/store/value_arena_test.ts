import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ValueArena } from "../../../lib/core/store/internal/value_arena.ts";
import { VALUE_BYTES_MAX } from "../../../lib/core/limits.ts";
import { checkProperty } from "../../support/core/property.ts";

interface Held {
  cell: number;
  readonly nonce: Uint8Array;
  readonly value: Uint8Array;
}

/** ValueArena and a list of what they should hold. */
class Pair {
  readonly held = new Map<number, Held>();
  readonly cells = new ValueArena((owner, cell) => this.held.get(owner)!.cell = cell);
  #owner = 0;

  add(length: number): void {
    const owner = this.#owner++;
    const nonce = new Uint8Array(32).fill(owner);
    const value = new Uint8Array(length).fill(owner ^ 0x55);
    this.held.set(owner, { cell: this.cells.add(owner, nonce, value), nonce, value });
  }

  delete(choice: number): void {
    const owner = [...this.held.keys()][choice % this.held.size]!;
    const { cell } = this.held.get(owner)!;
    this.held.delete(owner);
    this.cells.delete(cell);
  }

  check(): void {
    for (const { cell, nonce, value } of this.held.values()) {
      assertEquals(this.cells.nonce(cell), nonce);
      assertEquals(this.cells.viewValue(cell, value.length), value);
    }
  }
}

Deno.test("cells hold what was put in, whichever are removed and whichever move there", () => {
  const lengths = fc.oneof(fc.nat({ max: 300 }), fc.constantFrom(0, 1, 16, 17, 128, 129, 4_000));
  const steps = fc.array(fc.record({ length: lengths, remove: fc.nat(), grows: fc.boolean() }), {
    maxLength: 60,
    size: "max",
  });
  checkProperty(
    fc.property(steps, (steps) => {
      const pair = new Pair();
      for (const { length, remove, grows } of steps) {
        if (grows || pair.held.size === 0) pair.add(length);
        else pair.delete(remove);
        pair.check();
      }
      while (pair.held.size > 0) pair.delete(0);
      assertEquals(pair.cells.memoryBytes, 0);
    }),
    100,
  );
});

Deno.test("a cell holds any length, and is at most an eighth larger than it, or 15 bytes", () => {
  for (let length = 1; length <= VALUE_BYTES_MAX; length += 1 + (length >>> 8)) {
    const cells = new ValueArena(() => {});
    const value = new Uint8Array(length).fill(length);
    const cell = cells.add(0, new Uint8Array(32), value);
    assertEquals(cells.viewValue(cell, length), value);
    const spare = cells.memoryBytes / cellsOfFirstPage(length) - 36 - length;
    assert(spare >= 0 && spare <= Math.max(15, length / 8), `${spare} bytes more than ${length}`);
  }
});

/** A first page has room for 64 bytes at least. */
function cellsOfFirstPage(length: number): number {
  return Math.ceil(64 / (36 + 16 * Math.ceil(length / 16)));
}

Deno.test("under long churn of random sizes the cells take little more than what they hold", () => {
  const pair = new Pair();
  let state = 12_345;
  const next = () => state = Math.imul(state, 1_103_515_245) + 12_345 >>> 0;
  for (let step = 0; step < 30_000; step++) {
    const length = 1 + (next() >>> 8) % 2_000;
    pair.add(length);
    if (pair.held.size > 1_000) pair.delete(next() >>> 8);
  }
  const heldBytes = [...pair.held.values()].reduce((sum, { value }) => sum + value.length, 0);
  const takenBytes = pair.cells.memoryBytes;
  assert(takenBytes < 2 * heldBytes, `${takenBytes} bytes for ${heldBytes}`);
  pair.check();
});
