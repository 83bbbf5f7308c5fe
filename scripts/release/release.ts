/**
 * Makes the files of a release in `dist/release`: `deno task release --version VERSION [--targets LIST]`.
 *
 * A binary for each target, `SHA256SUMS` over all files, and a bill of materials.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { encodeHex } from "@std/encoding/hex";
import config from "../../deno.json" with { type: "json" };
import { sha256 } from "../../lib/hash/sha256.ts";
import { ROOT } from "../common/root.ts";
import { makeBillOfMaterials } from "./bill_of_materials.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

const FOLDER = `${ROOT}dist/release`;

/** Ends the release with a line that says why. */
function refuse(reason: string, status: number): never {
  console.error(`release: ${reason}`);
  Deno.exit(status);
}

const flags = parseArgs(Deno.args, {
  string: ["version", "targets"],
  unknown: (arg) =>
    refuse(`unknown argument "${arg}"; usage: --version VERSION [--targets LIST]`, 2),
});
const version = flags["version"] === undefined ? null : String(flags["version"]);
const targets = flags["targets"] ? String(flags["targets"]).split(",") : TARGETS;
if (version === null) refuse("--version is missing", 2);
if (version !== config.version) {
  refuse(`the tag says version ${version}, deno.json says ${config.version}`, 1);
}
const unknown = targets.find((target) => !TARGETS.includes(target));
if (unknown !== undefined) refuse(`--targets: "${unknown}" is none of ${TARGETS.join(", ")}`, 2);

await Deno.mkdir(FOLDER, { recursive: true });
for (const target of targets) {
  const name = `voidkad-${version}-${target}${target.includes("windows") ? ".exe" : ""}`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "compile", "--target", target, "--output", `${FOLDER}/${name}`],
    cwd: ROOT,
  }).spawn().status;
  if (code !== 0) refuse(`cannot compile for ${target}`, 1);
}
const lock = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`));
await Deno.writeTextFile(
  `${FOLDER}/voidkad-${version}.cdx.json`,
  `${JSON.stringify(makeBillOfMaterials(version, lock), null, 2)}\n`,
);
const sums: string[] = [];
for await (const { name } of Deno.readDir(FOLDER)) {
  if (name === "SHA256SUMS") continue;
  sums.push(`${encodeHex(sha256(await Deno.readFile(`${FOLDER}/${name}`)))}  ${name}`);
}
await Deno.writeTextFile(`${FOLDER}/SHA256SUMS`, `${sums.sort().join("\n")}\n`);
console.log(`${FOLDER}: ${sums.length + 1} files`);
