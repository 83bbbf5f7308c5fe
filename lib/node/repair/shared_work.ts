/**
 * Work that several wait for, done once for all of them.
 *
 * @module
 */

/** One piece of work, which may be done again after it has ended. */
export class SharedWork<Result> {
  #waiting: ((result: Result) => void)[] | null = null;

  /** Calls back with the result of the work that is under way; begins it if none is. It may end at once. */
  join(use: (result: Result) => void, begin: (onEnd: (result: Result) => void) => void): void {
    if (this.#waiting) return void this.#waiting.push(use);
    const waiting = [use];
    this.#waiting = waiting;
    begin((result) => {
      this.#waiting = null;
      for (const waits of waiting) waits(result);
    });
  }
}
