/**
 * Completion for zsh.
 *
 * @module
 */

import type { CommandSpec, Completion } from "../spec/command_spec.ts";

/** The script for these commands; the first runs when none is named. */
export function zshCompletions(commands: readonly CommandSpec[]): string {
  const described = commands.map(({ name, summary }) => quote(`${name}:${summary}`));
  const cases = commands.map((command) =>
    `    ${command.name})\n      _arguments -s ${specs(command).join(" \\\n        ")}\n      ;;`
  );
  return `\
#compdef voidkad
# Completion of voidkad for zsh: \`voidkad completions zsh\`
_voidkad() {
  local -a commands=(
    ${described.join("\n    ")}
    'help:show the help of a command'
  )
  local command=$words[2]
  if [[ $command == -* ]]; then
    command=${commands[0]!.name}
  elif (( CURRENT == 2 )); then
    _describe command commands
    return
  else
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${cases.join("\n")}
    help) _describe command commands ;;
  esac
}
if [[ $funcstack[1] == _voidkad ]]; then _voidkad "$@"; else compdef _voidkad voidkad; fi
`;
}

/** What \`_arguments\` gets for each flag and argument. */
function specs({ flags, arguments: all }: CommandSpec): string[] {
  return [
    ...flags.flatMap(({ name, letter, value, description, list, completes }) => {
      const rest = `[${escape(description)}]${
        value ? `:${escape(value)}:${action(completes)}` : ""
      }`;
      const again = list ? "*" : "";
      return [`--${name}`, ...letter ? [`-${letter}`] : []].map((flag) =>
        quote(again + flag + rest)
      );
    }),
    quote("--help[show the help of the command]"),
    ...all.map(({ name, completes }, i) => quote(`${i + 1}:${name}:${action(completes)}`)),
  ];
}

function action(completes: Completion | undefined): string {
  if (completes === "file") return "_files";
  if (completes === "folder") return "_files -/";
  return completes ? `(${completes.join(" ")})` : "";
}

function escape(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
