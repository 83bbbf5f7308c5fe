/**
 * Replicas that leave a node as they are, and come into a network as they are: for a backup, or to move a network.
 *
 * An imported replica keeps its stamp, so that it never displaces a newer version, its proof of work, and its end.
 *
 * @module
 */

import { ID_BYTES, VALUE_BYTES_MAX } from "../../core/limits.ts";
import type { Replica, ValueFault } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import type { Placement, Receipt } from "../values/placement.ts";
import type { Publication } from "../values/publication.ts";
import { valueFault } from "../values/value_fault.ts";
import type { Storage } from "./storage.ts";

/** Rows that are looked at before the size of a page is asked for again. */
const ROWS_AT_ONCE = 64;
/** Bytes of values after which a page ends, and what is counted for each value beside its bytes. */
const PAGE_BYTES = 1_048_576;
const BYTES_BESIDE = 200;

/** Some of the replicas that a node holds. */
export interface ReplicaPage {
  /** Whole replicas, in no order. */
  readonly replicas: readonly Replica[];
  /** The position of the next page; null if this is the last. */
  readonly next: number | null;
}

/** What became of an imported replica: stored, or why not. A newer version of its key is held in its place. */
export type ImportOutcome = "stored" | "newerHeld" | "expired" | "notStored";

/** The end of an import. */
export interface ImportReceipt {
  /** Whether it is stored, or why not. */
  readonly outcome: ImportOutcome;
  /** Nodes that have acknowledged the replica. */
  readonly holders: number;
  /** Nodes that it wants. */
  readonly of: number;
}

/** What exporting and importing take of a node's parts. */
export interface ExportsParts extends NodeContext {
  readonly storage: Storage;
  readonly placement: Placement;
}

/** What the wire has room for. */
const REPLICATION_MAX = 255;
const LIFETIME_MAX_MS = 0xffff_ffff;

/** What is wrong with a replica that can be said before anybody is asked. */
const FAULTS: Readonly<Record<Exclude<ValueFault, "expired">, string>> = {
  tooLarge: `its value is larger than ${VALUE_BYTES_MAX} bytes`,
  weakProofOfWork: "its nonce proves too little work",
  proofOfAnother:
    "its nonce proves the work for something else: another value, stamp, end or replication",
  stampAhead: "its stamp lies in the future",
};

/** The replicas of a node from a position on: what is held all the while is in exactly one page. */
export function exportPage(position: number, { storage, ports }: ExportsParts): ReplicaPage {
  const replicas: Replica[] = [];
  const now = ports.clock.now();
  let bytes = 0;
  let next: number | null = position;
  while (next !== null && bytes < PAGE_BYTES) {
    next = storage.walkReplicas(next, ROWS_AT_ONCE, ({ row }) => {
      const entry = storage.replicaIn(row);
      if (entry.expiresAt <= now) return;
      const { replica } = entry;
      replicas.push(replica);
      bytes += replica.value.length + BYTES_BESIDE;
    });
  }
  return { replicas, next };
}

/**
 * Brings a replica to the nodes closest to its key.
 *
 * @throws {RangeError} if it is none; the message says what is wrong.
 */
export function importReplica(
  replica: Replica,
  parts: ExportsParts,
  onEnd: (receipt: ImportReceipt) => void,
): void {
  const { placement, options: { bucketSize, ttlMaxMs }, time } = parts;
  const replicas = Math.min(replica.replication, bucketSize);
  checkForm(replica);
  const fault = valueFault(replica, parts);
  if (fault === "expired" || replica.stamp + ttlMaxMs <= time.now()) {
    return onEnd({ outcome: "expired", holders: 0, of: replicas });
  }
  if (fault) throw new RangeError(FAULTS[fault]);
  const publication: Publication = { ...replica, replicas };
  placement.publish(publication, { onEnd: (receipt) => onEnd(describe(receipt)) });
}

function checkForm({ key, nonce, value, stamp, replication, expiresAt }: Replica): void {
  const lengths = { key: key.length, nonce: nonce.length };
  for (const [name, length] of Object.entries(lengths)) {
    if (length !== ID_BYTES) {
      throw new RangeError(`its ${name} has ${length} bytes, not ${ID_BYTES}`);
    }
  }
  if (value.length === 0) throw new RangeError("its value is empty");
  if (replication > REPLICATION_MAX) {
    throw new RangeError(`its replication ${replication} is more than ${REPLICATION_MAX}`);
  }
  const lifetimeMs = expiresAt - stamp;
  if (!(lifetimeMs > 0 && lifetimeMs <= LIFETIME_MAX_MS)) {
    throw new RangeError(`it ends ${lifetimeMs} ms after its stamp`);
  }
  const numbers = { stamp, expiresAt, replication };
  for (const [name, number] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(number) || number < 1) {
      throw new RangeError(`its ${name} ${number} is not a whole number above 0`);
    }
  }
}

function describe({ holders, refused, of }: Receipt): ImportReceipt {
  const isOld = refused.some(({ reason }) => reason === "newerHeld");
  const outcome = holders.length > 0 ? "stored" : isOld ? "newerHeld" : "notStored";
  return { outcome, holders: holders.length, of };
}
