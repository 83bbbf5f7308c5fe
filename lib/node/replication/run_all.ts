/**
 * Runs many small tasks, a few at once.
 *
 * @module
 */

/** Begins something, and calls `onEnd` once when it has ended: maybe at once. */
export type Task = (onEnd: () => void) => void;

/** Runs all tasks that an iterator gives, `atOnce` of them at a time; calls `onEnd` when the last has ended. */
export function runAll(tasks: Iterator<Task>, atOnce: number, onEnd: () => void): void {
  let underWay = 0;
  let isStarting = false;
  let isExhausted = false;
  const proceed = (): void => {
    // A task that ends at once is counted by the loop that began it, so that many do not nest.
    if (isStarting) return;
    isStarting = true;
    while (!isExhausted && underWay < atOnce) {
      const next = tasks.next();
      if (next.done) {
        isExhausted = true;
        break;
      }
      underWay++;
      next.value(() => {
        underWay--;
        proceed();
      });
    }
    isStarting = false;
    if (isExhausted && underWay === 0) onEnd();
  };
  proceed();
}
