/**
 * How scripts and tests run another file of this project.
 *
 * @module
 */

/**
 * What comes first among the arguments of Deno. A child process fetches nothing: what it needs was fetched
 * before, and a line about a download would stand among what it prints.
 */
export const DENO_RUN: readonly string[] = ["run", "--cached-only", "--no-prompt"];
