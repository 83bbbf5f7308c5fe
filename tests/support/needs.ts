/**
 * Tests that need something which not every machine has.
 *
 * @module
 */

/**
 * Whether to ignore a test: if what it needs is missing, one line says why and how to get it. Where the
 * variable `VOIDKAD_ALL_TESTS` is set, as the gate sets it, no test may be ignored.
 *
 * @param missing what is missing and how to get it; null if nothing is.
 * @throws {Error} with that line, if all tests are to run.
 */
export function ignoreIf(missing: string | null): boolean {
  if (missing === null) return false;
  if (Deno.env.get("VOIDKAD_ALL_TESTS")) throw new Error(missing);
  console.log(missing);
  return true;
}
