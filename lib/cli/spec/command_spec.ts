/**
 * The description of a command: parsing, help and completions are all made from it.
 *
 * @module
 */

import type { Flags } from "./flags.ts";

/** Runs a command; resolves to the exit status. */
export type Command = (flags: Flags) => Promise<number>;

/** What a shell offers for a value: files, folders, or these words. */
export type Completion = "file" | "folder" | readonly string[];

/** A flag of a command. */
export interface FlagSpec {
  /** Without the leading dashes. */
  readonly name: string;
  /** Its short form, without the dash. */
  readonly letter?: string;
  /** How help names its value; a flag without one is a switch. */
  readonly value?: string;
  /** Whether it may be repeated: each use adds to a comma-separated list. */
  readonly list?: boolean;
  readonly description: string;
  readonly completes?: Completion;
}

/** An argument of a command. */
export interface ArgumentSpec {
  readonly name: string;
  /** How help writes it, if not by its name alone. */
  readonly shown?: string;
  /** Whether it may be left out. */
  readonly optional?: boolean;
  readonly completes?: Completion;
}

/** A command. */
export interface CommandSpec {
  readonly name: string;
  readonly arguments: readonly ArgumentSpec[];
  /** What it does, in a few words. */
  readonly summary: string;
  /** What it does, in sentences. */
  readonly about: string;
  readonly flags: readonly FlagSpec[];
  /** What holds for all flags: the text before them, and the text after them. */
  readonly aboutFlags?: readonly [string, string];
  readonly examples: readonly string[];
  /** The exit statuses. */
  readonly exit: string;
  /** Loads its code, which starts no sooner than the command is run. */
  readonly load: () => Promise<Command>;
}
