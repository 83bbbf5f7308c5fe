/**
 * A token for HTTP in a file of its own.
 *
 * @module
 */

import type { Log } from "../node/ports.ts";
import { closeToOthers, describeFileError } from "./atomic_file.ts";

const LENGTH_MIN = 16;
const LENGTH_MAX = 1_024;

/**
 * Reads a token: one line of 16 to 1,024 letters of ASCII without spaces.
 *
 * @throws {SyntaxError} that says what is wrong with the file.
 */
export async function readToken(file: string, log: Log): Promise<string> {
  let text: string;
  try {
    text = (await Deno.readTextFile(file)).trim();
  } catch (error) {
    throw new SyntaxError(`cannot read "${file}": ${describeFileError(error)}`);
  }
  if (!/^[!-~]+$/.test(text) || text.length < LENGTH_MIN || text.length > LENGTH_MAX) {
    throw new SyntaxError(
      `"${file}" has no token: ${LENGTH_MIN} to ${LENGTH_MAX} letters and digits in one line`,
    );
  }
  await closeToOthers(file, log);
  return text;
}
