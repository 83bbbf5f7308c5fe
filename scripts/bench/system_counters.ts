/**
 * What Linux counts: packets over the loopback interface, and what a process has used. Deno lets only a
 * program with all permissions read it.
 *
 * @module
 */

/** Clock ticks are 100 a second on all that Deno runs on. */
const TICK_MS = 10;
const KIB = 1_024;

/** What the loopback interface has carried. */
export interface LoopbackCounts {
  readonly bytes: number;
  readonly packets: number;
}

/** Counts since the machine started, of all programs; null where they cannot be read. */
export function loopbackCounts(): LoopbackCounts | null {
  try {
    const line = /^ *lo: *(.*)$/m.exec(Deno.readTextFileSync("/proc/net/dev"))?.[1];
    const fields = line?.split(/ +/).map(Number);
    return fields ? { bytes: fields[8]!, packets: fields[9]! } : null;
  } catch {
    return null;
  }
}

/** Processor time of another process, in milliseconds. */
export function processCpuMs(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

/** Resident memory of another process. */
export function processResidentBytes(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/status`);
  return KIB * Number(/^VmRSS:\s*(\d+)/m.exec(text)?.[1] ?? NaN);
}
