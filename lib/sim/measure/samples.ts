/**
 * Samples of a measured quantity: their number, mean and quantiles.
 *
 * @module
 */

/** A growing list of numbers. */
export class Samples {
  readonly values: number[] = [];
  #sorted = true;
  #sum = 0;

  add(value: number): void {
    this.values.push(value);
    this.#sum += value;
    this.#sorted = false;
  }

  get count(): number {
    return this.values.length;
  }

  /** The mean; NaN without samples. */
  get mean(): number {
    return this.#sum / this.values.length;
  }

  /** The value that a share of the samples does not exceed (nearest rank); NaN without samples. */
  quantile(share: number): number {
    if (!this.#sorted) this.values.sort((a, b) => a - b);
    this.#sorted = true;
    const rank = Math.ceil(share * this.values.length) - 1;
    return this.values[Math.min(this.values.length - 1, Math.max(0, rank))] ?? NaN;
  }
}
