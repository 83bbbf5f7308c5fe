/**
 * Makes one binary of the program: `deno task compile [--target TARGET] [--output FILE]`.
 *
 * The permissions that a node needs are baked in, and so is the code that only a first start loads. The
 * runtime that it is built on comes from Deno's server, or is the one that the variable `DENORT_BIN` names.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { PERMISSIONS, PERMISSIONS_ON_WINDOWS } from "./common/permissions.ts";

/** What no import names: files of the page, and the thread that writes values. */
const INCLUDED = ["lib/admin/page", "lib/format/format.js", "lib/persist/file/worker.ts"];

const flags = parseArgs(Deno.args, {
  string: ["target", "output"],
  unknown: (arg) => {
    console.error(`compile: unknown argument "${arg}"; usage: [--target TARGET] [--output FILE]`);
    Deno.exit(2);
  },
});
const target = flags["target"] ? String(flags["target"]) : null;
const isWindows = (target ?? Deno.build.target).includes("windows");
const output = String(flags["output"] || `dist/voidkad${isWindows ? ".exe" : ""}`);
const { code, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    ...INCLUDED.flatMap((path) => ["--include", path]),
    ...isWindows ? PERMISSIONS_ON_WINDOWS : PERMISSIONS,
    ...target === null ? [] : ["--target", target],
    "--output",
    output,
    "main.ts",
  ],
  env: { RUST_BACKTRACE: "0" },
  stdout: "inherit",
  stderr: "piped",
}).output();
if (code === 0) console.log(output);
else console.error(explainFailure(new TextDecoder().decode(stderr)));
Deno.exit(code);

/** What Deno said; or what to do, if the runtime that the binary is built on cannot be fetched. */
function explainFailure(said: string): string {
  const url = /error sending request for url \((\S+denort\S+)\)/.exec(said)?.[1];
  if (url === undefined) return said.trimEnd();
  return `compile: Cannot fetch the runtime at ${url}: unpack it on a machine that reaches that server, ` +
    "and name the file by DENORT_BIN";
}
