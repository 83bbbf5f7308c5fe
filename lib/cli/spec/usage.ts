/**
 * The help of each command, made from its description.
 *
 * @module
 */

import { formatTable } from "../../format/table.ts";
import { wrapWords } from "../../format/wrap.ts";
import type { CommandSpec, FlagSpec } from "./command_spec.ts";

const WIDTH = 80;
/** Where the texts of flags begin, at most. */
const COLUMN_MAX = 31;

/** `voidkad COMMAND --help` */
export function formatUsage(command: CommandSpec): string {
  const [before, after] = command.aboutFlags ?? ["", ""];
  const parts = [
    `Usage: voidkad ${synopsis(command)}`,
    wrap(command.about),
    before && wrap(before),
    formatFlags(command.flags),
    after && wrap(after),
    `Examples:\n${command.examples.map(formatExample).join("\n")}`,
    wrap(`Exit status: ${command.exit}`),
  ];
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

/**
 * `voidkad --help`
 *
 * @param main the command that runs when none is named; its flags are shown, too.
 */
export function formatOverview(commands: readonly CommandSpec[], main: CommandSpec): string {
  const lines = commands.map((command) => [synopsis(command), command.summary] as const);
  lines.push(["help [COMMAND]", "show the help of a command"], ["--version", "show the version"]);
  const usage = formatTable(lines, "ll").map((line) => `  voidkad ${line}`);
  const [before, after] = main.aboutFlags ?? ["", ""];
  return [
    "voidkad, a node of a Kademlia network that stores values under keys",
    `Usage:\n${usage.join("\n")}`,
    `Examples:\n${commands.map(({ examples }) => formatExample(examples[0]!)).join("\n")}`,
    "Settings of a node:",
    wrap(before),
    formatFlags(main.flags),
    `${wrap(after)}\n`,
  ].join("\n\n");
}

function synopsis({ name, arguments: all, flags }: CommandSpec): string {
  const parts = all.map(({ name, shown = name, optional }) => optional ? `[${shown}]` : shown);
  const start = name === "start" ? "[start]" : name;
  return [start, ...parts, ...flags.length > 0 ? ["[flags]"] : []].join(" ");
}

function formatExample(example: string): string {
  return `  voidkad ${example}`.trimEnd();
}

function formatFlags(flags: readonly FlagSpec[]): string {
  const starts = flags.map(({ name, letter, value }) =>
    `  ${letter ? `-${letter}, ` : ""}--${name}${value ? ` ${value}` : ""}`
  );
  const column = Math.min(COLUMN_MAX, Math.max(...starts.map(({ length }) => length)) + 2);
  return flags.map(({ description }, i) => {
    const lines = wrapWords(description, WIDTH - column);
    const indent = `\n${" ".repeat(column)}`;
    const start = starts[i]!;
    const first = start.length < column ? start.padEnd(column) : start + indent;
    return first + lines.join(indent);
  }).join("\n");
}

function wrap(text: string): string {
  return wrapWords(text, WIDTH).join("\n");
}
