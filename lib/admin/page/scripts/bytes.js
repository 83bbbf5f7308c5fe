/**
 * Bytes as people read and write them: in hex, and as text.
 *
 * @module
 */

/**
 * Formats bytes as lines of 16: the offset, the bytes in hex, and as characters.
 *
 * @param {Uint8Array} bytes
 */
export function formatHex(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = row.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".");
    lines.push(
      `${at.toString(16).padStart(4, "0")}  ${digits.padEnd(47)}  ${letters.join("")}`,
    );
  }
  return lines.join("\n");
}

/**
 * Decodes bytes as text; null if they are not UTF-8, or have control characters.
 *
 * @param {Uint8Array} bytes
 */
export function readText(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[^\P{Cc}\n\r\t]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

/**
 * Parses hex digits, with or without spaces; null if there is anything else.
 *
 * @param {string} text
 */
export function parseHex(text) {
  const digits = text.replaceAll(/\s/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
