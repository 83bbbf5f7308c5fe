/**
 * Makes the harness of the other systems ready: a copy of the folder `harness` in the folder of caches, with its packages.
 *
 * @module
 */

import { ROOT } from "../../common/root.ts";

const SOURCE = `${ROOT}scripts/bench/peers/harness`;

/** Where the copy is. */
export const PEERS_FOLDER = `${
  Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`
}/voidkad/peers`;

let python: string | null = null;

/**
 * Copies the harness and installs its packages, unless that was done before.
 *
 * @throws {Error} that says what is missing.
 */
export async function preparePeers(): Promise<void> {
  python = await findPython();
  await Deno.mkdir(PEERS_FOLDER, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(SOURCE)) {
    if (isFile) await Deno.copyFile(`${SOURCE}/${name}`, `${PEERS_FOLDER}/${name}`);
  }
  if (await exists(`${PEERS_FOLDER}/node_modules/hyperdht`)) return;
  console.error(`Installing the peers in ${PEERS_FOLDER}`);
  const { code } = await new Deno.Command("npm", {
    args: ["ci", "--no-audit", "--no-fund", "--loglevel=error"],
    cwd: PEERS_FOLDER,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) throw new Error(`Cannot run beside peers: npm ci fails in ${PEERS_FOLDER}`);
}

/** The Python that OpenDHT's package was made for, which need not be the first on the path. */
export function pythonWithOpenDht(): string {
  if (python === null) throw new Error("The peers are not prepared");
  return python;
}

async function findPython(): Promise<string> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const folder of folders) {
    const candidate = `${folder}/python3`;
    if (!await exists(candidate)) continue;
    const { code } = await new Deno.Command(candidate, {
      args: ["-c", "import opendht"],
      stdout: "null",
      stderr: "null",
    }).output();
    if (code === 0) return candidate;
  }
  throw new Error(
    "Cannot run beside peers: no python3 on the path has OpenDHT (apt-get install python3-opendht)",
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
