/**
 * Disks of a few megabytes, or that can only be read, for one process: a file system in memory, mounted where only
 * that process sees it. Needs no privilege, but a system that lets a user have namespaces of his own.
 *
 * @module
 */

import type { Program } from "../../scripts/common/node_process.ts";
import { ignoreIf } from "./needs.ts";

/** A disk to be mounted. */
export interface SmallDisk {
  /** Where it is mounted; the folder is there. */
  readonly folder: string;
  readonly bytes: number;
  /** A shell command that fills it, run in the folder before the program. */
  readonly fill?: string;
  /** Whether it can only be read from then on. */
  readonly readOnly?: boolean;
}

const UNSHARE = ["--user", "--map-root-user", "--mount"];

/** A program that finds the disk mounted when it starts. */
export function withDisk({ command, args }: Program, disk: SmallDisk): Program {
  const { folder, bytes, fill = "true", readOnly = false } = disk;
  const script = [
    `mount -t tmpfs -o size=${bytes} tmpfs '${folder}'`,
    `(cd '${folder}' && ${fill})`,
    ...readOnly ? [`mount -o remount,bind,ro '${folder}'`] : [],
    'exec "$0" "$@"',
  ].join(" && ");
  return { command: "unshare", args: [...UNSHARE, "sh", "-c", script, command, ...args] };
}

/** Copies files of a folder as a process sees it. */
export async function copyFrom(
  { pid, folder }: { readonly pid: number; readonly folder: string },
  names: readonly string[],
  to: string,
): Promise<void> {
  await run("cp", [...names.map((name) => `/proc/${pid}/root${folder}/${name}`), to]);
}

/** Removes a file of a folder as a process sees it. */
export async function removeFrom(
  { pid, folder }: { readonly pid: number; readonly folder: string },
  name: string,
): Promise<void> {
  await run("rm", [`/proc/${pid}/root${folder}/${name}`]);
}

/** Deno reads `/proc` with all permissions only; another program does with its own. */
async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Whether tests with such disks are to be ignored here. */
export async function ignoreSmallDisks(): Promise<boolean> {
  const script = "mount -t tmpfs tmpfs /tmp";
  try {
    const { success } = await new Deno.Command("unshare", {
      args: [...UNSHARE, "sh", "-c", script],
      stdout: "null",
      stderr: "null",
    }).output();
    if (success) return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return ignoreIf(
    "tests with a full disk are passed over: this system gives users no mount namespaces " +
      "(`unshare -Urm` has to work)",
  );
}
