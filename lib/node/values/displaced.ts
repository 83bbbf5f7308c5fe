/**
 * What to do about a PUT whose stamp others do not accept, or that a version from the future has displaced.
 *
 * A newer version may be one that was put meanwhile: it is to win, and this PUT has had its time. But one whose
 * stamp lies ahead of the network's time comes from a clock that is ahead of it, and may have been there long
 * before. Then this PUT is the later one, and gets a stamp above it. And a node whose own clock is wrong may have
 * learnt what time it is since the PUT began: then its stamp and its end are made anew.
 *
 * @module
 */

import { sameContact } from "../../core/kademlia/contact.ts";
import type { NodeContext } from "../context.ts";
import { CLOCK_JUMP_MIN_MS } from "../limits.ts";
import type { Storage } from "../replication/storage.ts";
import type { Rpc } from "../rpc/rpc.ts";
import type { Receipt } from "./placement.ts";
import type { Publication } from "./publication.ts";
import { valueFault } from "./value_fault.ts";

/** What finding the other version takes of a node's parts. */
export interface DisplacedParts extends NodeContext {
  readonly rpc: Rpc;
  readonly storage: Storage;
}

/** A PUT that has been placed. */
export interface Placed {
  readonly publication: Publication;
  readonly receipt: Receipt;
  /** By how much this node's idea of the network's time has moved since the PUT was stamped, in milliseconds. */
  readonly timeMovedMs: number;
}

/**
 * Calls back with the same PUT under another stamp, which takes new work, if it is to be placed again; null if it is
 * to stay as it is.
 */
export function restamp(
  { publication, receipt, timeMovedMs }: Placed,
  parts: DisplacedParts,
  onEnd: (again: Publication | null) => void,
): void {
  const { rpc, storage, self, time } = parts;
  const { key, expiresAt } = publication;
  const isRefused = receipt.refused.some(({ reason }) => TIME_WRONG.has(reason));
  // A clock that was behind makes ends too early, whoever takes them.
  const lacksMs = Math.max(0, time.stampLacks(publication.stamp));
  if (lacksMs > 0 || isRefused && Math.abs(timeMovedMs) >= CLOCK_JUMP_MIN_MS) {
    const stamp = time.nextStamp();
    const end = Math.max(Math.round(expiresAt + (lacksMs || timeMovedMs)), stamp + 1);
    return onEnd({ ...publication, stamp, expiresAt: end });
  }
  const displacedAt = receipt.refused.find(({ reason }) => reason === "newerHeld")?.contact;
  if (!displacedAt) return onEnd(null);
  const above = (other: number | undefined): void => {
    if (other === undefined || other <= time.now()) return onEnd(null);
    const next = time.nextStamp(other);
    onEnd(other < next && next < expiresAt ? { ...publication, stamp: next } : null);
  };
  if (sameContact(displacedAt, self)) return above(storage.get(key)?.stamp);
  rpc.ask(displacedAt, { type: "findValue", key, amount: 1 }, (answer) => {
    const isValid = answer?.type === "foundValue" && valueFault(answer, parts) === null;
    above(isValid ? answer.stamp : undefined);
  });
}

/** How others refuse what a node has dated by a wrong idea of the time. */
const TIME_WRONG: ReadonlySet<Receipt["refused"][number]["reason"]> = new Set([
  "stampAhead",
  "expired",
]);
