/**
 * What some faults need of the machine, and how they are brought about without being root.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Program } from "../common/node_process.ts";
import type { Fault } from "./plan.ts";

/** Where distributions put the library that sets the clock of one process. */
const FAKETIME_PATHS = [
  ...["x86_64-linux-gnu", "aarch64-linux-gnu"].map((arch) => `/usr/lib/${arch}/faketime`),
  ...["/usr/lib/faketime", "/usr/lib64/faketime", "/usr/local/lib/faketime"],
].map((folder) => `${folder}/libfaketimeMT.so.1`);

/** What a machine has. */
export interface Means {
  /** The path of libfaketime; null without it. */
  readonly faketime: string | null;
  /** Whether `prlimit` can let writes of a process fail. */
  readonly prlimit: boolean;
}

/** Finds out what this machine has. */
export async function findMeans(): Promise<Means> {
  return {
    faketime: FAKETIME_PATHS.find(isFile) ?? null,
    prlimit: Deno.build.os === "linux" && await succeeds("prlimit", ["--version"]),
  };
}

/** Why a fault cannot be brought about here, and what helps; null if it can. */
export function whatLacks(fault: Fault, { faketime, prlimit }: Means): string | null {
  if (fault === "clock" && faketime === null) {
    return "clock is left out: libfaketime is not installed (Debian: apt-get install faketime)";
  }
  if (fault === "disk" && !prlimit) return "disk is left out: there is no prlimit (Linux has it)";
  return null;
}

/** Variables by which a process reads its wall clock's offset from a file, once a second. */
export function clockVariables(library: string, file: string): Record<string, string> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: "1",
    // The wall clock alone: timers and the times of files stay what they are.
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
}

/** Sets the offset that a file of {@linkcode clockVariables} holds. */
export async function writeOffset(file: string, offsetMs: number): Promise<void> {
  // Renamed, so that the process never reads half a number.
  await Deno.writeTextFile(`${file}.new`, `${offsetMs < 0 ? "" : "+"}${offsetMs / 1_000}\n`);
  await Deno.rename(`${file}.new`, file);
}

/** Removes what libfaketime leaves of processes that were killed: another with the same number would wait for it. */
export function removeClockTraces(pids: readonly number[]): void {
  const names = pids.flatMap((pid) => [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]);
  // Deno opens no file in this folder without all permissions.
  new Deno.Command("rm", { args: ["-f", ...names.map((name) => `/dev/shm/${name}`)] }).outputSync();
}

/**
 * The program with a disk that may be full: writes beyond a limit fail, and are not answered by a signal that ends
 * the process. Pipes have no such limit.
 *
 * @param isFull whether the disk is full when it starts.
 */
export function withLimitedDisk({ command, args }: Program, isFull: boolean): Program {
  const limit = isFull ? "ulimit -S -f 0; " : "";
  return { command: "sh", args: ["-c", `trap "" XFSZ; ${limit}exec "$0" "$@"`, command, ...args] };
}

/** Lets all writes to files of such a process fail, or none. */
export async function limitDisk(pid: number, isFull: boolean): Promise<void> {
  const limit = isFull ? "0" : "unlimited";
  // The soft limit alone, so that it can be raised again.
  if (!await succeeds("prlimit", ["--pid", `${pid}`, `--fsize=${limit}:`])) {
    throw new Error(`Cannot limit what process ${pid} writes`);
  }
}

/** Waits until something is so; says whether it was in time. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs: number) {
  const end = performance.now() + limitMs;
  while (!await isSo()) {
    if (performance.now() > end) return false;
    await delay(50);
  }
  return true;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
  } catch {
    return false;
  }
}
