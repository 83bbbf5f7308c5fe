/**
 * Writing to standard output and standard error.
 *
 * A reader that has gone, as in `voidkad status --watch | head -1`, is no error: there is just nothing
 * left to write for. A full disk is one.
 *
 * @module
 */

/** Takes bytes at once: `Deno.stdout`, `Deno.stderr`. */
export interface Sink {
  writeSync(bytes: Uint8Array): number;
}

/**
 * Writes all bytes.
 *
 * @returns whether they can be read: false if the other end of the pipe is closed.
 * @throws {Error} if they cannot be written for another reason.
 */
export function writeBytes(sink: Sink, bytes: Uint8Array): boolean {
  try {
    for (let at = 0; at < bytes.length;) at += sink.writeSync(bytes.subarray(at));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw new Error(`Cannot write the output: ${(error as Error).message}`, { cause: error });
  }
}

/** Writes a text as {@linkcode writeBytes} does. */
export function writeText(sink: Sink, text: string): boolean {
  return writeBytes(sink, new TextEncoder().encode(text));
}

/** Writes one line as {@linkcode writeBytes} does, its control characters as escapes. */
export function writeLine(sink: Sink, line: string): boolean {
  return writeText(sink, `${escapeControls(line)}\n`);
}

/**
 * A text with escapes for control characters, which could end a line early or steer a terminal: parts of a
 * line may come from another machine.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${hexOf(character)}`);
}

/** Writes a document as one line of JSON, as {@linkcode writeBytes} does. */
export function writeJson(sink: Sink, document: unknown): boolean {
  // JSON lets DEL and the C1 controls stand as they are, and a terminal would obey them.
  const text = JSON.stringify(document).replaceAll(
    /[\x7f-\x9f]/g,
    (character) => `\\u00${hexOf(character)}`,
  );
  return writeText(sink, `${text}\n`);
}

/** Writes one line as {@linkcode writeLine} does. If that fails, there is nowhere to report it. */
export function logLine(sink: Sink, line: string): void {
  try {
    writeLine(sink, line);
  } catch {
    // The disk of the log is full, for example.
  }
}

/** A text with a question mark for each control character. */
export function toPlain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}
