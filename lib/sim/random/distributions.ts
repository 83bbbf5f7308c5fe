/**
 * Samples of distributions that are not uniform.
 *
 * @module
 */

import type { Random } from "../../node/ports.ts";

/** A sample of the exponential distribution with mean 1. */
export function sampleExponential(random: Random): number {
  return -Math.log(1 - random.next());
}

/** A sample of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
function sampleNormal(random: Random): number {
  const radius = Math.sqrt(2 * sampleExponential(random));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** A sample of the gamma distribution of a shape above 0 and scale 1 (Marsaglia and Tsang). */
export function sampleGamma(random: Random, shape: number): number {
  if (shape < 1) return sampleGamma(random, shape + 1) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = sampleNormal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < x * x / 2 + d - d * v + d * Math.log(v)) {
      return d * v;
    }
  }
}
