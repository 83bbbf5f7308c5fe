/**
 * Seeds of tests with random numbers. Each is printed, so that a run can be repeated: `SEED=... deno test`.
 *
 * @module
 */

/**
 * The seed in the environment, or else `standard`. Prints it.
 *
 * @param standard a new one if it is not given.
 * @returns a whole number from 0 to 2^32 - 1.
 */
export function printedSeed(standard = crypto.getRandomValues(new Uint32Array(1))[0]!): number {
  const seed = givenSeed() ?? standard;
  console.log(`seed ${seed}`);
  return seed;
}

/**
 * Registers a test that runs with a new seed, and once with each seed that has found a fault before.
 *
 * @param found these seeds.
 */
export function testWithSeeds(
  name: string,
  found: readonly number[],
  test: (seed: number) => void | Promise<void>,
): void {
  Deno.test(name, () => test(printedSeed()));
  for (const seed of found) Deno.test(`${name} (seed ${seed})`, () => test(seed));
}

/** Tests of the core run without any permission, and so without a given seed. */
function givenSeed(): number | null {
  if (Deno.permissions.querySync({ name: "env", variable: "SEED" }).state !== "granted") {
    return null;
  }
  const given = Deno.env.get("SEED");
  return given ? Number(given) >>> 0 : null;
}
