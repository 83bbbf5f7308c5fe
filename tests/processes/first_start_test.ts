import { assert, assertEquals } from "@std/assert";
import { DENO_RUN } from "../../scripts/common/deno_run.ts";
import { NodeProcess } from "../../scripts/common/node_process.ts";
import { ROOT } from "../../scripts/common/root.ts";
import { ignoreIf } from "../support/needs.ts";
import { nodeFlags } from "../support/test_node_process.ts";

/** What a node may fetch before it serves, as unpacked files. */
const FETCHED_BYTES_MAX = 10_000_000;
const REGISTRY = Deno.env.get("NPM_CONFIG_REGISTRY") ?? "https://registry.npmjs.org/";

/** Null if the registry answers. */
async function registryMissing(): Promise<string | null> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", `await fetch(${JSON.stringify(REGISTRY)})`],
    stderr: "null",
  }).output();
  return success ? null : `The first start needs the registry at ${REGISTRY}: it does not answer`;
}

/** Sizes of all files below a folder, by their paths within it. */
async function readSizes(folder: string, within = ""): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${within}`)) {
    const path = `${within}${name}`;
    if (!isDirectory) sizes.set(path, (await Deno.stat(`${folder}/${path}`)).size);
    else for (const [below, size] of await readSizes(folder, `${path}/`)) sizes.set(below, size);
  }
  return sizes;
}

/** The packages among files of Deno's cache, each as `name@version`. */
function packagesOf(paths: Iterable<string>): string[] {
  const found = [...paths].flatMap((path) => {
    const [, name, version] =
      /^[^/]+\/((?:@[^/]+\/)?[^@/]+)\/(\d[^/]*)\/package\.json$/.exec(path) ??
        [];
    return version ? [`${name}@${version}`] : [];
  });
  return found.sort();
}

Deno.test("a first start fetches what a node needs, and no more", {
  // A binary has its packages inside.
  ignore: Deno.env.has("VOIDKAD_BINARY") || ignoreIf(await registryMissing()),
}, async () => {
  const home = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  const env = { DENO_DIR: `${home}/deno`, HOME: home };
  const task = { command: Deno.execPath(), args: ["task", "--config", `${ROOT}deno.json`] };
  try {
    const node = await NodeProcess.start(task, nodeFlags(`${home}/node`, []), () => {}, env);
    const { code } = await node.end();
    assertEquals(code, 0, node.stderr);
    const sizes = await readSizes(`${env.DENO_DIR}/npm`);
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`${bytes} bytes fetched`);
    assert(bytes < FETCHED_BYTES_MAX, `${bytes} bytes`);
    const packages = packagesOf(sizes.keys());
    const { npm } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`));
    assertEquals(packages, Object.keys(npm).sort());
    for (const tool of ["typescript", "playwright-core", "fast-check"]) {
      assert(!packages.some((name) => name.startsWith(`${tool}@`)), tool);
    }
    const again = await new Deno.Command(Deno.execPath(), {
      args: [...DENO_RUN, "--allow-all", `${ROOT}main.ts`, "--version"],
      env,
    }).output();
    assertEquals([again.code, again.stderr.length], [0, 0], "nothing is left to download");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
