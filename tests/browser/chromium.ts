/**
 * A real browser: a Chromium that is on this machine, driven by playwright.
 *
 * @module
 */

import { type Browser, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Why the tests of the page cannot run, and what to do about it. */
export const CHROMIUM_MISSING =
  "The page's tests need Chromium: install it (on Debian: apt-get install chromium), or name one by CHROMIUM_BIN";

/** The path of the browser: the one that `CHROMIUM_BIN` names, else the first on the `PATH`; null if there is none. */
export async function findChromium(): Promise<string | null> {
  const given = Deno.env.get("CHROMIUM_BIN");
  if (given) return given;
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      const path = `${folder}/${name}`;
      const isFile = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
      if (isFile) return path;
    }
  }
  return null;
}

/** Starts the browser at this path. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
