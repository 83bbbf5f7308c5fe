/**
 * Completion for fish.
 *
 * @module
 */

import type { CommandSpec, Completion, FlagSpec } from "../spec/command_spec.ts";

/** The script for these commands; the first runs when none is named. */
export function fishCompletions(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name }) => name);
  const others = `not __fish_seen_subcommand_from ${names.slice(1).join(" ")} help`;
  const lines = commands.flatMap((command, i) => {
    const { name, flags, arguments: all } = command;
    const when = quote(i === 0 ? others : `__fish_seen_subcommand_from ${name}`);
    return [
      ...flags.map((flag) => `complete -c voidkad -n ${when} ${options(flag)}`),
      ...all.flatMap(({ completes }) =>
        typeof completes === "object"
          ? [`complete -c voidkad -n ${when} -a ${quote(completes.join(" "))}`]
          : []
      ),
    ];
  });
  const first = commands.map(({ name, summary }) =>
    `complete -c voidkad -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`
  );
  return [
    "# Completion of voidkad for fish: `voidkad completions fish`",
    "complete -c voidkad -f",
    "complete -c voidkad -l help -s h -d 'show the help of a command'",
    ...first,
    "complete -c voidkad -n __fish_use_subcommand -a help -d 'show the help of a command'",
    `complete -c voidkad -n '__fish_seen_subcommand_from help' -a ${quote(names.join(" "))}`,
    ...lines,
    "",
  ].join("\n");
}

function options({ name, letter, value, description, completes }: FlagSpec): string {
  const short = letter ? ` -s ${letter}` : "";
  const parameter = value === undefined ? "" : ` ${offer(completes)}`;
  return `-l ${name}${short}${parameter} -d ${quote(description)}`;
}

/** What is offered for a value. */
function offer(completes: Completion | undefined): string {
  if (completes === "file") return "-r -F";
  if (completes === "folder") return "-x -a '(__fish_complete_directories)'";
  return completes ? `-x -a ${quote(completes.join(" "))}` : "-x";
}

function quote(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
