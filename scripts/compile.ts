/**
 * Makes one binary of the program: `deno task compile [--target TARGET] [--output FILE]`.
 *
 * The permissions that a node needs are baked in, and so is the code that only a first start loads. The
 * runtime that it is built on comes from Deno's server, or is the one that the variable `DENORT_BIN` names.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

const PERMISSIONS = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env=DENO_TLS_CA_STORE,OTEL_DENO",
];

/** With the usual 2 MiB, Deno 2.8.3 overflows its stack when it compiles the package prom-client. */
const COMPILER_STACK_BYTES = 64 * 2 ** 20;

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
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    "compile",
    "--exclude-unused-npm", // what only tests and scripts use stays out
    ...["--include", "lib/admin/page", "--include", "lib/format/format.js"],
    ...PERMISSIONS,
    ...target === null ? [] : ["--target", target],
    "--output",
    output,
    "main.ts",
  ],
  env: { RUST_MIN_STACK: `${COMPILER_STACK_BYTES}` },
}).spawn().status;
if (code === 0) console.log(output);
Deno.exit(code);
