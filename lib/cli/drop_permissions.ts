/**
 * What a running node may do. The program starts with the files of the whole machine, as its settings may name any
 * of them, and gives up all but a few once these are read.
 *
 * The runtime narrows a grant of a path, `--allow-read=/`: what was asked for below that path stays when the path is
 * revoked. A grant without a path can only be given up as a whole; one that a user has given is left as it is.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What a node goes on using. */
export interface NeededFiles {
  /** The files that it writes while it runs, in folders that are there or are made. */
  readonly written: readonly string[];
  /** Folders outside the program from which HTTP serves files. */
  readonly served: readonly URL[];
}

/** Gives up all other files, the environment, and code from elsewhere. */
export function dropPermissions({ written, served }: NeededFiles): void {
  const folders = [...new Set(written.flatMap(foldersOf))];
  // The thread of the file and the page are read from the program's own folder when they are needed.
  const program = [new URL("../", import.meta.url), ...served].flatMap((url) =>
    namesOf(fileURLToPath(url))
  );
  keepOnly("write", folders);
  keepOnly("read", [...folders, ...program]);
  Deno.permissions.revokeSync({ name: "env" });
  Deno.permissions.revokeSync({ name: "import" });
}

function keepOnly(name: "read" | "write", paths: readonly string[]): void {
  const root = resolve("/");
  for (const path of paths) {
    // What is not granted would be asked of the user.
    const { state } = Deno.permissions.querySync({ name, path });
    if (state === "granted") Deno.permissions.requestSync({ name, path });
  }
  Deno.permissions.revokeSync({ name, path: root });
}

/**
 * The folders of a file that is perhaps still to be made, and the one to which it is copied if it can only be read.
 */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch {
    // Whoever opens the file says what is wrong with it.
  }
  const [, target = file] = namesOf(file);
  return [folder, dirname(target), temporaryFolder()].flatMap(namesOf);
}

/** Where the runtime makes temporary folders. */
function temporaryFolder(): string {
  const variable = "TMPDIR";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) || "/tmp";
}

/** A path, and where it leads by symbolic links: the runtime asks for both. */
function namesOf(path: string): string[] {
  try {
    return [path, Deno.realPathSync(path)];
  } catch {
    return [path];
  }
}
