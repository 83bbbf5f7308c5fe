/**
 * Property tests with a seed that is printed, so that a failure can be run again.
 *
 * @module
 */

import fc from "fast-check";

/** Checks a property with a new seed; what fails is shrunk and reported with the seed to replay it. */
export function checkProperty<T>(property: fc.IProperty<T>, runs = 300): void {
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  console.log(`seed ${seed}`);
  fc.assert(property, { seed, numRuns: runs });
}
