/**
 * How a node is: one verdict, and what led to it.
 *
 * @module
 */

import { describeOffset, isClockWrong } from "../time/offset.ts";

/** What the verdict is made of. */
export interface HealthFigures {
  /** Contacts in the routing table, and those of them whose last request did not fail. */
  readonly contacts: number;
  readonly answering: number;
  /** Nodes through which it was to join. */
  readonly bootstrappers: number;
  /** Why the last attempt to join failed; null if it did not, or for no reason that is known. */
  readonly joinTrouble: string | null;
  /** Whether it has ever been in touch with a network. */
  readonly hasJoined: boolean;
  /** Share of the recent requests that failed, 0 to 1. */
  readonly failedShare: number;
  /** How late the event loop runs what is due. */
  readonly eventLoopDelayMs: number;
  /** How full the store is, 0 to 1. */
  readonly storeShare: number;
  /** Why no other node can dial this one; null if it can, or if that is not known. */
  readonly unreachable: string | null;
  /** How far a node is that is about to leave; null if it is not. */
  readonly leaving: string | null;
  /** Why nothing is kept beyond the process though it is to be; null if all is well. */
  readonly notKept: string | null;
  /** Why no new peer can connect; null if that is possible. */
  readonly full: string | null;
  /** What the own wall clock lacks to the network's time, in milliseconds. */
  readonly clockOffsetMs: number;
  /** Why the network's time is in doubt; null if it is not. */
  readonly timeInDoubt: string | null;
  /** What speaks for an attack on the routing; null if nothing does. */
  readonly attack: string | null;
}

/** What the program that runs a node knows of it. */
export interface HealthSurroundings {
  /** How late the event loop runs what is due, in milliseconds. */
  readonly eventLoopDelayMs?: number;
  /** Why no new peer can connect; null if that is possible. */
  readonly full?: string | null;
}

/** `alone` is well, if no other node was ever heard of; `joining` and `degraded` are not. */
export type Verdict = "alone" | "joining" | "healthy" | "degraded";

/** A verdict and its reasons, each a sentence. */
export interface Health {
  /** The verdict. */
  readonly verdict: Verdict;
  /** Why: at least one. */
  readonly reasons: readonly string[];
}

/** Above these a node is degraded. */
const FAILED_SHARE_MAX = 0.5;
const SILENT_SHARE_MAX = 0.5;
const EVENT_LOOP_DELAY_MAX_MS = 250;
const STORE_SHARE_MAX = 0.95;

/** Judges a node by its figures. */
export function judgeHealth(figures: HealthFigures): Health {
  const { verdict, reasons } = judge(figures);
  return { verdict, reasons: [...reasons, ...notes(figures)] };
}

/** What the operator should know, though the node works. */
function notes({ clockOffsetMs, attack }: HealthFigures): string[] {
  const notes: string[] = [];
  if (isClockWrong(clockOffsetMs)) {
    notes.push(`the clock of this node is ${describeOffset(clockOffsetMs)}, by which it goes`);
  }
  if (attack !== null) notes.push(attack);
  return notes;
}

function judge(figures: HealthFigures): Health {
  const { contacts, answering, bootstrappers, joinTrouble, hasJoined } = figures;
  const troubles = [...ownTroubles(figures), ...networkTroubles(figures)];
  if (contacts === 0 && bootstrappers === 0 && !hasJoined) {
    return troubles.length > 0 ? { verdict: "degraded", reasons: troubles } : {
      verdict: "alone",
      reasons: ["no other node is known, and none was named to join through"],
    };
  }
  if (!hasJoined && bootstrappers > 0) {
    const reason = answering === 0
      ? `none of the ${bootstrappers} nodes to join through has answered yet` +
        (joinTrouble === null ? "" : `: ${joinTrouble}`)
      : "the first search for the own neighbourhood is under way";
    return { verdict: "joining", reasons: [reason, ...ownTroubles(figures)] };
  }
  if (troubles.length > 0) return { verdict: "degraded", reasons: troubles };
  return { verdict: "healthy", reasons: [`${answering} of ${contacts} contacts answer`] };
}

function ownTroubles(figures: HealthFigures): string[] {
  const { eventLoopDelayMs, storeShare, unreachable, leaving, notKept, full } = figures;
  const troubles: string[] = [];
  if (leaving !== null) troubles.push(`the node is about to leave: ${leaving}`);
  if (unreachable !== null) troubles.push(unreachable);
  if (full !== null) troubles.push(full);
  if (notKept !== null) troubles.push(`nothing is kept on the disk: ${notKept}`);
  if (eventLoopDelayMs > EVENT_LOOP_DELAY_MAX_MS) {
    troubles.push(
      `the event loop is ${Math.round(eventLoopDelayMs)} ms late: the node is overloaded`,
    );
  }
  if (storeShare > STORE_SHARE_MAX) {
    troubles.push(`the store is ${percent(storeShare)} full: it refuses values`);
  }
  return troubles;
}

function networkTroubles(figures: HealthFigures): string[] {
  const { contacts, answering, failedShare, hasJoined, timeInDoubt } = figures;
  const troubles: string[] = [];
  if (answering === 0 && (hasJoined || contacts > 0)) {
    troubles.push(
      contacts === 0 ? "all contacts are lost" : `none of ${contacts} contacts answers`,
    );
  } else if (contacts > 0 && 1 - answering / contacts > SILENT_SHARE_MAX) {
    troubles.push(`${contacts - answering} of ${contacts} contacts do not answer`);
  }
  if (failedShare > FAILED_SHARE_MAX) {
    troubles.push(`${percent(failedShare)} of the recent requests have failed`);
  }
  if (timeInDoubt !== null) troubles.push(timeInDoubt);
  return troubles;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
