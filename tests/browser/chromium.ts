/**
 * A real browser: Debian's Chromium, driven by playwright.
 *
 * Where there is none it is installed from the machine's own package sources, which takes root and a Debian;
 * elsewhere the tests that need it are passed over, and say so.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const PACKAGE = "chromium";

/** Starts a browser, or says why there is none. */
export async function openBrowser(): Promise<Browser | string> {
  const found = await find() ?? await install();
  if (found.startsWith("/")) {
    return await chromium.launch({
      executablePath: found,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
  }
  return found;
}

async function find(): Promise<string | null> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      const path = `${folder}/${name}`;
      const there = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
      if (there) return path;
    }
  }
  return null;
}

/** The path of the browser that was installed, or why that failed. */
async function install(): Promise<string> {
  console.log(`installing ${PACKAGE} with apt-get`);
  const failure = await apt("update") ??
    await apt("install", "-y", "--no-install-recommends", PACKAGE);
  return await find() ?? `there is no Chromium, and it cannot be installed: ${failure}`;
}

/** What went wrong, or null. */
async function apt(...args: string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command("apt-get", {
      args: ["-q", ...args],
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    return success ? null : `apt-get ${args[0]}: ${lines.at(-1)}`;
  } catch (error) {
    return (error as Error).message;
  }
}
