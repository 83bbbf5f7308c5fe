/**
 * What is said about a command, once: parsing, help and completion are all made from it.
 *
 * @module
 */

/** What a shell may offer for a value: files, folders, or these words. */
export type Completion = "file" | "folder" | readonly string[];

/** A flag of a command. */
export interface FlagSpec {
  /** Without the leading dashes. */
  readonly name: string;
  /** Its short form, without the dash. */
  readonly letter?: string;
  /** What help calls its value; a flag without one is a switch. */
  readonly value?: string;
  /** Whether it may be given again: each time adds to a comma-separated list. */
  readonly list?: boolean;
  readonly says: string;
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
  /** What goes for all flags: before them, and after them. */
  readonly aboutFlags?: readonly [string, string];
  readonly examples: readonly string[];
  readonly exit: string;
}
