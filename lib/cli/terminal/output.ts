/**
 * Writing to standard output and standard error.
 *
 * @module
 */

/** Where bytes are written to at once: `Deno.stdout`, `Deno.stderr`. */
export interface Sink {
  writeSync(bytes: Uint8Array): number;
}

/** Writes all bytes, or throws. */
export function writeBytes(sink: Sink, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += sink.writeSync(bytes.subarray(at));
}

/** Writes a text. That nobody reads any more is no reason to stop: it is ignored. */
export function writeText(sink: Sink, text: string): void {
  try {
    writeBytes(sink, new TextEncoder().encode(text));
  } catch {
    // The other end of the pipe is closed.
  }
}

/**
 * Writes one line as {@linkcode writeText} does. What could end it early or steer a terminal is written
 * as an escape: parts of a line may come from another machine.
 */
export function writeLine(sink: Sink, line: string): void {
  writeText(sink, `${line.replaceAll(/\p{Cc}/gu, escape)}\n`);
}

function escape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
