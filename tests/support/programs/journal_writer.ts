/**
 * Writes replicas to a journal as fast as it can, deletes some again, and prints what is safe: for a test that kills
 * it. Arguments: the file, the durability, the number of the first replica.
 *
 * Lines: `holds N N ...` at the start, `deleting N` before a replica is deleted, `kept TIME N N ...` and `gone TIME N N ...`
 * when changes of a time are as safe as the durability makes them before they are acknowledged.
 *
 * @module
 */

import type { FollowedStore } from "../../../lib/core/store/keeper.ts";
import { type Durability, Journal } from "../../../lib/persist/journal.ts";
import { writtenReplica } from "../written_replica.ts";

const AT_ONCE = 20;
/** Beyond so many replicas most are deleted, so that the file has pages to give back. */
const HELD_MAX = 400;
const HELD_MIN = 40;
const [path, durability, first] = Deno.args as [string, Durability, string];

/** The numbers of the replicas that are held, by their rows. */
const held = new Map<number, number>();
const store: FollowedStore = {
  networkNow: Date.now,
  noteKeptAt: () => {},
  restore: ({ row, stamp }) => void held.set(row, stamp),
  unkept: () => [],
  noteRestoredLate: () => {},
  keptRows: () => Uint32Array.from(held.keys()),
  forgetRows: () => held.clear(),
};
const journal = new Journal({
  path,
  nodeId: "ab".repeat(32),
  durability,
  values: true,
  onState: (failure) => print(`state ${failure}`),
});

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Deletes the oldest replicas until so many are left; returns their numbers. */
function forgetUntil(left: number): number[] {
  const gone: number[] = [];
  for (const [row, number] of held) {
    if (held.size <= left) break;
    held.delete(row);
    print(`deleting ${number}`);
    journal.forget(row);
    gone.push(number);
  }
  return gone;
}

const { damage } = await journal.open(store);
if (damage.length > 0) print(`state ${damage.join()}`);
print(`holds ${[...held.values()].join(" ")}`);
for (let number = Number(first);;) {
  const added = Array.from({ length: AT_ONCE }, () => number++);
  for (const one of added) held.set(journal.keep(writtenReplica(one)), one);
  const gone = forgetUntil(held.size > HELD_MAX ? HELD_MIN : held.size - AT_ONCE / 4);
  const at = Date.now();
  journal.whenSafe(() => {
    print(`kept ${at} ${added.join(" ")}`);
    print(`gone ${at} ${gone.join(" ")}`);
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
}
