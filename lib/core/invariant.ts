/**
 * Rules that the program keeps for any input, checked while it runs.
 *
 * A broken rule is a fault of the program. What peers and clients send is never asserted: it is decoded,
 * judged and refused.
 *
 * @module
 */

/** Thrown when a rule of the program's own does not hold. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";

  constructor(rule: string) {
    super(`Broken invariant: ${rule}`);
  }
}

/**
 * Checks that a rule holds.
 *
 * @param rule what must be true, in words; a constant, so that a check that passes costs next to nothing.
 * @throws {InvariantError} if it does not.
 */
export function assertInvariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantError(rule);
}
