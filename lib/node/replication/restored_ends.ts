/**
 * The ends of replicas that outlived the process before.
 *
 * An end is a point of the network's time, which at the start of a process is that of its wall clock, right or wrong.
 * So ends move when contacts show what time it is, also those of replicas that seem to have ended; until that is
 * sure these stay, and are given to nobody. Some time after that all ends are as fixed as those of replicas that came
 * while the node ran: what is set then is clocks, not the time.
 *
 * @module
 */

import type { KeptReplica } from "../../core/store/keeper.ts";
import { MINUTE_MS } from "../../core/units.ts";
import type { NodeContext } from "../context.ts";

/** Ends that are off by less stay as they are. */
const ERROR_MS = 500;
/** Contacts that must have shown what time it is, and agree, or how long what seems to have ended stays without that. */
const SAMPLES_SURE = 3;
const ENDED_STAYS_MS = 10 * MINUTE_MS;
/** How long ends move after it was first sure what time it is: the first contacts may all be wrong. */
const MOVES_MS = 10 * MINUTE_MS;
/** Rows gone through at a stretch, before other work gets its turn: some milliseconds. */
const STEP = 2_000;

/** What this calls. */
export interface RestoredEndsHooks {
  /** A part of the replicas is to end later by so much; see `ValueStore.moveRestored`. */
  onMove(byMs: number, position: number, countMax: number): number | null;
  /** Ends have moved, or what has ended may be removed from now on. */
  onChanged(): void;
}

/** Ends that are being moved: the replicas in rows below a position have been. */
interface Move {
  readonly byMs: number;
  position: number;
}

/** The restored ends of one node. */
export class RestoredEnds {
  readonly #context: NodeContext;
  readonly #hooks: RestoredEndsHooks;
  /** How far ahead the network's time was taken to be when the ends were reckoned; null if nothing was restored. */
  #aheadMs: number | null = null;
  #endedStaysUntil = -Infinity;
  #movesUntil = Infinity;
  #move: Move | null = null;

  constructor(context: NodeContext, hooks: RestoredEndsHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  /** Until when nothing is removed that has ended. */
  get endedStaysUntil(): number {
    return this.#move ? Infinity : this.#endedStaysUntil;
  }

  /** What is left of the lifetime of a replica that is taken in; zero or less if it seems to have ended. */
  ttlMsOf({ expiresAt, stamp }: KeptReplica): number {
    const { options: { ttlMaxMs }, time, ports: { clock } } = this.#context;
    // The rows of a move that is under way must be those that were there when it began.
    while (this.#move) this.#proceed();
    if (this.#aheadMs === null) {
      this.#aheadMs = time.aheadMs;
      this.#endedStaysUntil = clock.now() + ENDED_STAYS_MS;
    }
    return Math.min(expiresAt, stamp + ttlMaxMs) - this.#aheadMs - clock.now();
  }

  /** A contact has shown what time it is: reckons the ends anew if that is not what it was taken for. */
  onMeasured(): void {
    const { time: { aheadMs, samples, isAgreed }, ports: { clock } } = this.#context;
    if (this.#aheadMs === null || this.#move || clock.now() >= this.#movesUntil) return;
    const byMs = this.#aheadMs - aheadMs;
    if (Math.abs(byMs) >= ERROR_MS) {
      this.#aheadMs = aheadMs;
      this.#move = { byMs, position: 0 };
      this.#proceedLater();
    } else if (isAgreed && samples >= SAMPLES_SURE && this.#endedStaysUntil !== -Infinity) {
      this.#endedStaysUntil = -Infinity;
      this.#movesUntil = clock.now() + MOVES_MS;
      this.#hooks.onChanged();
    }
  }

  /** Many replicas take turns with other work. */
  #proceedLater(): void {
    const { clock } = this.#context.ports;
    if (this.#move) this.#proceed();
    if (this.#move) clock.runAt(clock.now(), () => this.#proceedLater());
  }

  #proceed(): void {
    const { byMs, position } = this.#move!;
    const next = this.#hooks.onMove(byMs, position, STEP);
    if (next !== null) {
      this.#move!.position = next;
      return;
    }
    this.#move = null;
    this.#hooks.onChanged();
    this.onMeasured(); // what has been measured meanwhile
  }
}
