/**
 * Reads the flags and arguments of a command.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../errors.ts";
import { suggest } from "./suggest.ts";

/** What a command takes, besides `--help`. */
export interface FlagsSpec {
  /** Flags with a value, without the leading dashes. */
  readonly values: readonly string[];
  /** Those of them that may be repeated: each use adds to a comma-separated list. */
  readonly lists?: readonly string[];
  /** Flags without a value; they can also be given as `--flag=false` and `--no-flag`. */
  readonly switches: readonly string[];
  /** Short forms by flag, without the dashes. */
  readonly letters?: Readonly<Record<string, string>>;
  /** Names of the arguments. */
  readonly positionals: readonly string[];
  /** How many of them are needed; all by default. */
  readonly positionalsMin?: number;
}

/** The flags and arguments that a command was given. */
export interface Flags {
  /** Values by flag; `true` or `false` for a switch. */
  readonly values: ReadonlyMap<string, string>;
  /** As many as the specification allows, unless help is asked for. */
  readonly positionals: readonly string[];
  readonly help: boolean;
}

/**
 * Reads the flags and arguments of a command.
 *
 * @throws {UsageError} if they do not fit the specification.
 */
export function readFlags(args: readonly string[], spec: FlagsSpec): Flags {
  const unknown: string[] = [];
  const parsed = parseArgs(args, {
    string: ["_", ...spec.values],
    boolean: ["help", ...spec.switches],
    negatable: spec.switches,
    collect: [...spec.values, ...spec.switches],
    alias: { ...spec.letters, help: "h" },
    "--": true,
    unknown: (arg, key) => key === undefined || (unknown.push(arg), false),
  });
  const given = new Map<string, string>();
  for (const name of [...spec.values, ...spec.switches]) {
    const found = spec.lists?.includes(name) ? joinList(parsed[name]) : parsed[name];
    const value = readOne(name, found);
    if (value !== null) given.set(name, value);
  }
  if (unknown.length > 0) throw unknownFlag(unknown[0]!, spec);
  const positionals = [...parsed._, ...parsed["--"] ?? []].map(String);
  const help = parsed["help"] === true;
  if (!help) checkPositionals(positionals, spec);
  return { values: given, positionals, help };
}

/** The value of a flag; null if it was not given. A negated switch is no list. */
function readOne(name: string, found: unknown): string | null {
  const all = Array.isArray(found) ? found : [found ?? []].flat();
  if (all.length > 1) throw new UsageError(`--${name} is given more than once`);
  if (all.length === 0) return null;
  if (all[0] === "") throw new UsageError(`--${name} needs a value`);
  return String(all[0]);
}

/** Several values of one flag as one list. */
function joinList(found: unknown): unknown {
  return Array.isArray(found) && !found.includes("") ? [found.join(",")].filter(Boolean) : found;
}

function unknownFlag(arg: string, spec: FlagsSpec): UsageError {
  const flag = arg.split("=", 1)[0]!;
  const known = [...spec.values, ...spec.switches, "help"].map((name) => `--${name}`);
  const hint = suggest(flag, known) ||
    (spec.positionals.length > 0 ? ' (an argument that starts with "-" goes after "--")' : "");
  return new UsageError(`Unknown flag "${flag}"${hint}`);
}

function checkPositionals(positionals: readonly string[], spec: FlagsSpec): void {
  const { positionals: names, positionalsMin = names.length } = spec;
  const missing = names[positionals.length];
  if (missing !== undefined && positionals.length < positionalsMin) {
    throw new UsageError(`${missing} is missing`);
  }
  const extra = positionals[names.length];
  if (extra !== undefined) throw new UsageError(`Unexpected argument "${extra}"`);
}
