/**
 * Maps that keep so many entries at most.
 *
 * @module
 */

/** Takes out the entries that were set first, until no more than so many are left. */
export function forgetOldest<Key>(map: Map<Key, unknown>, sizeMax: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= sizeMax) return;
    map.delete(oldest);
  }
}
