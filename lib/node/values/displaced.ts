/**
 * What to do about a PUT that a version from the future has displaced.
 *
 * A newer version may be one that was put meanwhile: it is to win, and this PUT has had its time. But one whose
 * stamp lies ahead of the network's time comes from a clock that is ahead of it, and may have been there long
 * before. Then this PUT is the later one, and gets a stamp above it.
 *
 * @module
 */

import { sameContact } from "../../core/kademlia/contact.ts";
import type { NodeContext } from "../context.ts";
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

/** Calls back with the same PUT under a stamp above the version that has displaced it; null if it is to stay as it is. */
export function restamp(
  publication: Publication,
  receipt: Receipt,
  parts: DisplacedParts,
  onEnd: (again: Publication | null) => void,
): void {
  const { rpc, storage, self, time } = parts;
  const { key } = publication;
  const displacedAt = receipt.refused.find(({ reason }) => reason === "newerHeld")?.contact;
  if (!displacedAt) return onEnd(null);
  const above = (other: number | undefined): void => {
    if (other === undefined || other <= time.now()) return onEnd(null);
    const next = time.nextStamp(other);
    onEnd(next > other ? { ...publication, stamp: next } : null);
  };
  if (sameContact(displacedAt, self)) return above(storage.get(key)?.stamp);
  rpc.ask(displacedAt, { type: "findValue", key, amount: 1 }, (answer) => {
    const isValid = answer?.type === "foundValue" && valueFault(answer, parts) === null;
    above(isValid ? answer.stamp : undefined);
  });
}
