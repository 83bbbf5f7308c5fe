/**
 * Reads one section of an INI file, with the line of each entry.
 *
 * VoidPhone modules share one file, each with a section of its own. Only the lines of the wanted section
 * are read; other sections, and lines before the first section, may follow the grammar of another module.
 *
 * In the section: `key = value`; `;` and `#` begin a comment, at the start of a line or after a space; a
 * value in double quotes is taken as it stands, without escapes.
 *
 * @module
 */

/** One `key = value`. */
export interface IniEntry {
  readonly key: string;
  readonly value: string;
  /** Line in the file, from 1. */
  readonly line: number;
}

/** A line of the section is no entry. */
export class IniError extends Error {
  override readonly name = "IniError";
  /** Line in the file, from 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * The entries of a section in the order of the file, or null if there is no such section. A section that
 * is opened more than once is read as one.
 *
 * @throws {IniError} if a line of the section is neither an entry nor a comment nor empty.
 */
export function readIniSection(text: string, section: string): IniEntry[] | null {
  const entries: IniEntry[] = [];
  let found = false;
  let inside = false;
  for (const [index, raw] of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === "" || /^[;#]/.test(content)) continue;
    if (content.startsWith("[")) {
      const header = /^\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(content);
      if (!header && inside) {
        throw new IniError(line, `"${content}" is not a section: write [name]`);
      }
      inside = header?.[1]?.trim() === section;
      found ||= inside;
    } else if (inside) entries.push(readEntry(content, line));
  }
  return found ? entries : null;
}

function readEntry(content: string, line: number): IniEntry {
  const at = content.indexOf("=");
  const key = content.slice(0, Math.max(at, 0)).trim();
  if (key === "") throw new IniError(line, `"${content}" is not a setting: write key = value`);
  return { key, value: readValue(content.slice(at + 1).trim(), line), line };
}

function readValue(text: string, line: number): string {
  if (!text.startsWith('"')) return text.replace(/(?:^|\s)[;#].*$/, "").trim();
  const quoted = /^"([^"]*)"\s*(?:[;#].*)?$/.exec(text);
  if (!quoted) throw new IniError(line, `the quotes in ${text} do not enclose the value`);
  return quoted[1]!;
}
