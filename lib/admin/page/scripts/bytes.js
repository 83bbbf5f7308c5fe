/**
 * Bytes as people read and write them: in hex, and as text.
 *
 * @module
 */

/** Bytes as lines of 16, with their place before and their letters behind. */
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

/** The text that bytes are, or null if they are none. */
export function readText(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /[^\P{Cc}\n\r\t]/u.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** The bytes of hex digits, which may be set apart; null if they are none. */
export function parseHex(text) {
  const digits = text.replaceAll(/\s/g, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
