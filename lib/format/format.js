/**
 * Numbers, sizes, times and ids as people read them. The command line, the scripts and the node's page
 * share these; a browser loads this file as it is, so it is JavaScript with types in comments.
 *
 * @module
 */

const NONE = "–";

/**
 * Formats a whole number with its thousands set apart: `1,234,567`.
 *
 * @param {number} count
 * @returns {string}
 */
export function formatCount(count) {
  return Number.isFinite(count) ? group(count) : NONE;
}

/**
 * Formats a number with about three digits: `1,234`, `12.3`, `1.23`.
 *
 * @param {number} number
 * @returns {string}
 */
export function formatNumber(number) {
  if (!Number.isFinite(number)) return NONE;
  if (Math.abs(number) >= 100) return group(number);
  return String(Number(number.toFixed(Math.abs(number) >= 10 ? 1 : 2)));
}

/**
 * Formats a share of one as a percentage, never rounded up to 100 or down to 0.
 *
 * @param {number} share
 * @returns {string}
 */
export function formatShare(share) {
  if (!Number.isFinite(share)) return NONE;
  const shown = Number((100 * share).toFixed(2));
  if (shown === 100 && share < 1) return "99.99 %";
  return shown === 0 && share > 0 ? "0.01 %" : `${shown} %`;
}

/**
 * Formats a number of bytes in units of thousands: `1.5 kB`.
 *
 * @param {number} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
  if (!Number.isFinite(bytes)) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (bytes >= 1_000 && unit < units.length - 1) {
    bytes /= 1_000;
    unit++;
  }
  return `${formatNumber(bytes)} ${units[unit]}`;
}

/**
 * Formats a short time: milliseconds below a second, else as {@linkcode formatDuration} does.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatMs(ms) {
  if (!Number.isFinite(ms)) return NONE;
  return ms < 1_000 ? `${formatNumber(ms)} ms` : formatDuration(ms);
}

/**
 * Formats a time in its two largest units: `3 h 20 min`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatDuration(ms) {
  if (!Number.isFinite(ms)) return NONE;
  const seconds = ms / 1_000;
  if (seconds < 60) return `${formatNumber(seconds < 10 ? seconds : Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * Formats a time as hours, minutes and seconds: `25:01:01`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatClock(ms) {
  const seconds = Math.floor(ms / 1_000);
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, "0"));
  return `${Math.floor(seconds / 3_600)}:${minutes}:${rest}`;
}

/**
 * Shortens an id or key to its first digits.
 *
 * @param {string} hex
 * @returns {string}
 */
export function shorten(hex) {
  return `${hex.slice(0, 8)}…`;
}

/**
 * Formats a number of things: `1 node`, `2 nodes`.
 *
 * @param {number} count
 * @param {string} one
 * @param {string} many
 * @returns {string}
 */
export function plural(count, one, many = `${one}s`) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/**
 * Rounds a number and sets its thousands apart. `Intl.NumberFormat` does the same, but takes 17 ms to load,
 * which a command would wait for.
 *
 * @param {number} number
 * @returns {string}
 */
function group(number) {
  return number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}
