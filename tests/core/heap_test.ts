import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heap } from "../../lib/core/heap.ts";
import { checkProperty } from "../support/core/property.ts";

const before = (a: number, b: number) => a < b;

Deno.test("an empty heap has nothing", () => {
  const heap = new Heap(before);
  assertEquals([heap.size, heap.peek(), heap.pop(), heap.size], [0, undefined, undefined, 0]);
});

Deno.test("items come out sorted", () => {
  checkProperty(fc.property(fc.array(fc.integer({ min: -50, max: 50 })), (numbers) => {
    const heap = new Heap(before);
    for (const number of numbers) heap.push(number);
    assertEquals(heap.size, numbers.length);
    assertEquals(numbers.map(() => heap.pop()), numbers.toSorted((a, b) => a - b));
    assertEquals(heap.pop(), undefined);
  }));
});

Deno.test("pushes and pops in any order give the smallest item there is", () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 20 })));
  checkProperty(fc.property(steps, (steps) => {
    const heap = new Heap(before);
    const sorted: number[] = [];
    for (const step of steps) {
      if (step === null) {
        assertEquals(heap.pop(), sorted.shift());
      } else {
        heap.push(step);
        sorted.push(step);
        sorted.sort((a, b) => a - b);
      }
      assertEquals([heap.size, heap.peek()], [sorted.length, sorted[0]]);
    }
  }));
});

Deno.test("a cleared heap is empty and can be used again", () => {
  const heap = new Heap(before);
  for (const number of [3, 1, 2]) heap.push(number);
  heap.clear();
  assertEquals([heap.size, heap.pop()], [0, undefined]);
  heap.push(5);
  assertEquals(heap.pop(), 5);
});

interface Placed {
  rank: number;
  place: number;
}

const ranks = fc.integer({ min: 0, max: 20 });
const changes = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("push" as const), rank: ranks, at: fc.nat() }),
    fc.record({ do: fc.constant("push" as const), rank: ranks, at: fc.nat() }),
    fc.record({
      do: fc.constantFrom("remove" as const, "update", "pop"),
      rank: ranks,
      at: fc.nat(),
    }),
  ),
  { maxLength: 100, size: "max" },
);

Deno.test("items know their place, so that they can be taken out and moved anywhere", () => {
  checkProperty(fc.property(changes, (changes) => {
    const heap = new Heap<Placed>((a, b) => a.rank < b.rank, (item, place) => item.place = place);
    const items: Placed[] = [];
    for (const { do: what, rank, at } of changes) {
      const item = items[at % items.length];
      if (what === "push") {
        items.push({ rank, place: -1 });
        heap.push(items.at(-1)!);
      } else if (!item) {
        assertEquals(heap.pop(), undefined);
      } else if (what === "update") {
        item.rank = rank;
        heap.update(item.place);
      } else {
        const out = what === "pop" ? heap.pop()! : heap.remove(item.place);
        assertEquals([out.place, what === "pop" || out === item], [-1, true]);
        items.splice(items.indexOf(out), 1);
      }
      assertEquals(heap.size, items.length);
      assertEquals(heap.peek()?.rank, items.map(({ rank }) => rank).sort((a, b) => a - b)[0]);
    }
    const sorted = items.map(({ rank }) => rank).sort((a, b) => a - b);
    assertEquals(sorted.map(() => heap.pop()!.rank), sorted);
  }));
});
