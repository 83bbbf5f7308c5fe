/**
 * Completion for bash.
 *
 * @module
 */

import type { CommandSpec, Completion } from "../spec/command_spec.ts";

/** The script for these commands; the first runs when none is named. */
export function bashCompletions(commands: readonly CommandSpec[]): string {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ name, flags }) =>
    flags.filter(({ value }) => value !== undefined).map(({ name: flag, letter, completes }) => {
      const spellings = [`${name}:--${flag}`, ...letter ? [`${name}:-${letter}`] : []];
      return `    ${spellings.join(" | ")}) ${offer(completes)} ;;`;
    })
  );
  const words = commands.map(({ name, flags, arguments: all }) => {
    const offered = [
      ...flags.map((flag) => `--${flag.name}`),
      "--help",
      ...all.flatMap(({ completes }) => typeof completes === "object" ? completes : []),
    ];
    return `    ${name}) words="${offered.join(" ")}" ;;`;
  });
  return `\
# Completion of voidkad for bash: \`voidkad completions bash\`
_voidkad() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=${names[0]} words="" IFS=$'\\n'
  case \${COMP_WORDS[1]} in
    ${names.join(" | ")}) ((COMP_CWORD > 1)) && command=\${COMP_WORDS[1]} ;;
    help) ((COMP_CWORD > 1)) && command=help ;;
  esac
  COMPREPLY=()
  case $command:$previous in
${values.join("\n")}
  esac
  case $command in
${words.join("\n")}
    help) words="${names.join(" ")}" ;;
  esac
  if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then words="${names.join(" ")} help"; fi
  IFS=$' \\n'
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _voidkad voidkad
`;
}

/** What is offered for a value: bash code that ends the function. */
function offer(completes: Completion | undefined): string {
  if (completes === undefined) return "return";
  if (typeof completes === "object") {
    return `IFS=$' \\n'; COMPREPLY=($(compgen -W "${completes.join(" ")}" -- "$current")); return`;
  }
  const kind = completes === "file" ? "-f" : "-d";
  return `compopt -o filenames 2> /dev/null; COMPREPLY=($(compgen ${kind} -- "$current")); return`;
}
