/**
 * Checks the values of flags, each by itself.
 *
 * @module
 */

import { UsageError } from "../../lib/cli/errors.ts";
import type { Flags } from "../../lib/cli/spec/flags.ts";
import { suggest } from "../../lib/cli/spec/suggest.ts";

/** Reads values of flags; what does not fit throws a {@linkcode UsageError}. */
export class FlagReader {
  readonly #flags: Flags;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  isOn(name: string): boolean {
    return this.#flags.values.get(name) === "true";
  }

  integer(name: string, standard: number, min: number, max: number): number {
    const value = this.number(name, standard, min, max);
    if (Number.isInteger(value)) return value;
    throw new UsageError(`--${name}: ${value} is not a whole number`);
  }

  number(name: string, standard: number, min: number, max: number): number {
    const text = this.#flags.values.get(name);
    if (text === undefined) return standard;
    if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--${name}: "${text}" is not a number`);
    const value = Number(text);
    if (value >= min && value <= max) return value;
    throw new UsageError(`--${name}: ${text} is not between ${min} and ${max}`);
  }

  choice<Name extends string>(name: string, choices: readonly Name[], standard: Name): Name {
    const text = this.#flags.values.get(name);
    if (text === undefined) return standard;
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw new UsageError(
      `--${name}: "${text}" is not one of ${choices.join(", ")}${suggest(text, choices)}`,
    );
  }
}
