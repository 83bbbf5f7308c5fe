/**
 * Numbers as people read them; for the page and for the command line.
 *
 * @module
 */

const NONE = "–";
const GROUPED = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/**
 * A whole number with its thousands set apart.
 *
 * @param {number} count
 * @returns {string}
 */
export function formatCount(count) {
  return Number.isFinite(count) ? GROUPED.format(count) : NONE;
}

/**
 * A number with about three digits.
 *
 * @param {number} number
 * @returns {string}
 */
export function formatNumber(number) {
  if (!Number.isFinite(number)) return NONE;
  if (Math.abs(number) >= 100) return GROUPED.format(number);
  return String(Number(number.toFixed(number >= 10 ? 1 : 2)));
}

/**
 * Bytes, by thousands.
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
 * A short time, in milliseconds or seconds.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatMs(ms) {
  if (!Number.isFinite(ms)) return NONE;
  return ms < 1_000 ? `${formatNumber(ms)} ms` : formatLong(ms);
}

/**
 * A time in the largest two units that it has.
 *
 * @param {number} ms
 * @returns {string}
 */
export function formatLong(ms) {
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
 * The beginning of an id or key.
 *
 * @param {string} hex
 * @returns {string}
 */
export function shorten(hex) {
  return `${hex.slice(0, 8)}…`;
}

/**
 * "1 node", "2 nodes"
 *
 * @param {number} count
 * @param {string} one
 * @param {string} many
 * @returns {string}
 */
export function plural(count, one, many = `${one}s`) {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
