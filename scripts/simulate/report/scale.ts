/**
 * Scales: where a value is drawn, and which values are written at an axis.
 *
 * @module
 */

/** Maps values to positions in a drawing. */
export interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** A linear scale over a domain that is not empty, with about so many ticks at round values. */
export function linearScale(
  [min, max]: readonly [number, number],
  [start, end]: readonly [number, number],
  count: number,
): Scale {
  return {
    at: (value) => start + (end - start) * (value - min) / (max - min),
    ticks: ticksBetween(min, max, roundStep((max - min) / count)),
  };
}

/** A linear scale over virtual milliseconds, with ticks at whole minutes or hours. */
export function timeScale(
  [min, max]: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  const least = (max - min) / count;
  const step = TIME_STEPS_MS.find((one) => one >= least) ?? TIME_STEPS_MS.at(-1)! *
      Math.ceil(least / TIME_STEPS_MS.at(-1)!);
  return { ...linearScale([min, max], range, count), ticks: ticksBetween(min, max, step) };
}

/** A logarithmic scale over a positive domain, with at most so many ticks if powers of ten allow it. */
export function logScale(
  [min, max]: readonly [number, number],
  range: readonly [number, number],
  count: number,
): Scale {
  const { at } = linearScale([Math.log(min), Math.log(max)], range, 1);
  const choices = [[1, 2, 5], [1, 3], [1]].map((factors) => powersBetween(min, max, factors));
  const ticks = choices.find(({ length }) => length <= count) ?? choices.at(-1)!;
  return { at: (value) => at(Math.log(value)), ticks };
}

/** The end of a domain that holds 0 to `max` and ends at a tick. */
export function roundUp(max: number, count: number): number {
  if (max <= 0) return 1;
  const step = roundStep(max / count);
  return step * Math.ceil(max / step - 1e-9);
}

const MINUTE_MS = 60_000;
const TIME_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440]
  .map((minutes) => minutes * MINUTE_MS);

/** The smallest of 1, 2, 2.5 and 5 times powers of ten that is not below a value. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 2.5, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function powersBetween(min: number, max: number, factors: readonly number[]): number[] {
  const values: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10) {
    values.push(...factors.map((factor) => factor * power));
  }
  return values.filter((value) => value >= min && value <= max);
}

function ticksBetween(min: number, max: number, step: number): number[] {
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + 1e-9 * step; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}
