import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heap } from "../../lib/core/heap.ts";
import { checkProperty } from "../property.ts";

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
