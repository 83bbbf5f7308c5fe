/**
 * Which connection makes room for another.
 *
 * @module
 */

/** The connection that was used least recently, one without requests under way if there is any. */
export function leastRecentlyUsed<C extends { readonly usedAt: number; readonly idle: boolean }>(
  connections: Iterable<C>,
): C | null {
  let found: C | null = null;
  for (const connection of connections) {
    const better = !found || (connection.idle && !found.idle) ||
      (connection.idle === found.idle && connection.usedAt < found.usedAt);
    if (better) found = connection;
  }
  return found;
}
