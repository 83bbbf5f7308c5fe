/**
 * A binary heap: the smallest item first. Items that are told their place can be taken out and moved.
 *
 * @module
 */

/** A priority queue. Items that compare equal come out in no particular order. */
export class Heap<Item> {
  readonly #items: Item[] = [];
  readonly #before: (a: Item, b: Item) => boolean;
  readonly #moved: (item: Item, place: number) => void;

  /**
   * @param before whether `a` comes out before `b`.
   * @param moved is told each item's place when it has changed, -1 when it is out.
   */
  constructor(
    before: (a: Item, b: Item) => boolean,
    moved: (item: Item, place: number) => void = () => {},
  ) {
    this.#before = before;
    this.#moved = moved;
  }

  get size(): number {
    return this.#items.length;
  }

  /** The first item, which stays. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Takes the first item out. */
  pop(): Item | undefined {
    return this.#items.length > 0 ? this.remove(0) : undefined;
  }

  /** Takes the item at a place out. */
  remove(place: number): Item {
    const item = this.#items[place]!;
    const last = this.#items.pop()!;
    if (last !== item) this.#settle(last, place);
    this.#moved(item, -1);
    return item;
  }

  /** Moves the item at a place to where it belongs now that what it is ordered by has changed. */
  update(place: number): void {
    this.#settle(this.#items[place]!, place);
  }

  clear(): void {
    for (const item of this.#items.splice(0)) this.#moved(item, -1);
  }

  /** Puts an item in at a place and moves it up or down from there. */
  #settle(item: Item, place: number): void {
    const parent = (place - 1) >>> 1;
    if (place > 0 && this.#before(item, this.#items[parent]!)) this.#rise(item, place);
    else this.#sink(item, place);
  }

  #rise(item: Item, at: number): void {
    const items = this.#items;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#before(item, items[parent]!)) break;
      this.#set(items[parent]!, at);
      at = parent;
    }
    this.#set(item, at);
  }

  #sink(item: Item, at: number): void {
    const items = this.#items;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++;
      if (!this.#before(items[child]!, item)) break;
      this.#set(items[child]!, at);
      at = child;
    }
    this.#set(item, at);
  }

  #set(item: Item, place: number): void {
    this.#items[place] = item;
    this.#moved(item, place);
  }
}
