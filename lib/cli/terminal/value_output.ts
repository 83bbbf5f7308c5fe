/**
 * Writing a value to where the user wants it, and nothing to a terminal that could disturb it: a value may
 * come from anyone, and escape sequences can change what a terminal shows.
 *
 * @module
 */

import { describeFileError } from "../../identity/atomic_file.ts";
import { writeBytes, writeText } from "./output.ts";

/** Stands for standard output. */
const STANDARD_OUTPUT = "-";

/**
 * Writes a value.
 *
 * @param output the file to write; `-` for standard output, and undefined for standard output if that is
 * no terminal or the value is text.
 * @throws {Error} if it cannot be written, or is not for a terminal.
 */
export async function writeValue(value: Uint8Array, output?: string): Promise<void> {
  if (output !== undefined && output !== STANDARD_OUTPUT) return await writeFile(output, value);
  const isShown = output === undefined && Deno.stdout.isTerminal();
  if (isShown && !isText(value)) {
    throw new Error(
      "the value is not plain text and could disturb the terminal: redirect it, or use -o FILE " +
        "(-o - prints it all the same)",
    );
  }
  writeBytes(Deno.stdout, value);
  if (isShown && value.at(-1) !== "\n".charCodeAt(0)) writeText(Deno.stdout, "\n");
}

/** Whether bytes are UTF-8 without control characters, except tabs and ends of lines. */
export function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return !/(?![\t\n])\p{Cc}/u.test(text.replaceAll("\r\n", "\n"));
  } catch {
    return false;
  }
}

async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.writeFile(path, bytes);
  } catch (error) {
    throw new Error(`Cannot write "${path}": ${describeFileError(error)}`, { cause: error });
  }
}
