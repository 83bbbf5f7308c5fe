/**
 * Colours, for terminals only.
 *
 * @module
 */

import { bold, dim, green, red, yellow } from "@std/fmt/colors";

const STYLES = { bold, dim, green, red, yellow } as const;

/** What a text may look like. */
export type Style = keyof typeof STYLES;

/** Styles a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** How to write to a stream: plainly, unless it is a terminal and `NO_COLOR` is not set. */
export function paintFor(stream: { isTerminal(): boolean }): Paint {
  if (!stream.isTerminal()) return (_, text) => text;
  return (style, text) => STYLES[style](text);
}
