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
    ...readOnly ? [`mount -o remount,ro '${folder}'`] : [],
    'exec "$0" "$@"',
  ].join(" && ");
  return { command: "unshare", args: [...UNSHARE, "sh", "-c", script, command, ...args] };
}

/** Where a folder lies as the process sees it. */
export function asSeenBy(pid: number, folder: string): string {
  return `/proc/${pid}/root${folder}`;
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
