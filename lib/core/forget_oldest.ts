/**
 * Maps and sets that keep so many entries at most.
 *
 * @module
 */

/** Takes out the entries that were set first, until no more than so many are left. */
export function forgetOldest<Key>(entries: Map<Key, unknown> | Set<Key>, sizeMax: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= sizeMax) return;
    entries.delete(oldest);
  }
}
