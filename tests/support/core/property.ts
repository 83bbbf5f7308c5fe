/**
 * Property tests with a seed that is printed, so that a failure can be run again.
 *
 * @module
 */

import fc from "fast-check";
import { printedSeed } from "./seed.ts";

/** Checks a property with a new seed; what fails is shrunk and reported with the seed to replay it. */
export function checkProperty<T>(property: fc.IProperty<T>, runs = 300): void {
  fc.assert(property, { seed: printedSeed() | 0, numRuns: runs });
}
