/**
 * Files that are written whole or not at all, and by one process at a time.
 *
 * @module
 */

import type { Log } from "../node/ports.ts";

/** `no such file`, `permission denied`, ...: why a file could not be used. */
export function describeFileError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of the path is no folder";
  if (error instanceof Deno.errors.AlreadyExists) return "a file is where a folder has to be";
  return error instanceof Error ? error.message : String(error);
}

/** Makes sure that nobody but its owner reads a file with a secret in it; says so if somebody could. */
export async function closeToOthers(path: string, log: Log): Promise<void> {
  const { mode } = await Deno.stat(path);
  if (mode === null || (mode & 0o077) === 0) return;
  try {
    await Deno.chmod(path, 0o600);
    log("warn", `Others could read "${path}": only its owner can now`);
  } catch (error) {
    log("warn", `Others can read "${path}": ${describeFileError(error)}`);
  }
}

/** Whether there is anything of that name. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes a file under another name first, so that it is never there in part; replaces one that is there. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await fillWhole(path, mode, async (file) => {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  });
}

/** As {@linkcode writeWhole}, but what is called back writes it. */
export async function fillWhole(
  path: string,
  mode: number,
  fill: (file: Deno.FsFile) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  try {
    await fillNew(temporary, mode, fill);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

async function fillNew(...[path, mode, fill]: Parameters<typeof fillWhole>): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  await fill(file);
  await file.sync();
}

/**
 * Waits until no other process holds the lock of that name, then holds it until disposed of. The
 * lock ends with its process.
 */
export async function lock(path: string): Promise<AsyncDisposable> {
  const file = await Deno.open(path, { create: true, write: true, mode: 0o600 });
  try {
    await file.lock(true);
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    async [Symbol.asyncDispose]() {
      // A process that waits for this very file gets the lock next, a later one makes a new file. Both
      // then find done what the lock was for.
      await Deno.remove(path).catch(() => {});
      file.close();
    },
  };
}
