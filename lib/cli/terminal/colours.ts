/**
 * Colours, for terminals only.
 *
 * @module
 */

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, faint: 2 } as const;

/** What a text may look like. */
export type Colour = keyof typeof CODES;

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** How to write to a stream: plainly, unless it is a terminal and `NO_COLOR` is not set. */
export function paintFor(stream: { isTerminal(): boolean }): Paint {
  if (Deno.noColor || !stream.isTerminal()) return (_, text) => text;
  return (colour, text) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;
}
