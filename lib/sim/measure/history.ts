/**
 * Judges a run by its history: every PUT and GET with its times and its outcome, held against what the network
 * promises. It knows nothing of nodes, so that runs of the simulator and of real processes are judged alike.
 *
 * @module
 */

/** A PUT. Times are in milliseconds of one clock for the whole run. */
export interface PutRecord {
  readonly key: string;
  /** Names the bytes, which no other PUT of the run has. */
  readonly value: string;
  readonly startedAt: number;
  /** When it was acknowledged; null if it was not, so that it may or may not have been stored. */
  readonly acknowledgedAt: number | null;
  readonly ttlMs: number;
  /** The node that took it. */
  readonly node: string;
}

/** A GET that has ended. */
export interface GetRecord {
  readonly key: string;
  /** The node that was asked. */
  readonly node: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The bytes found; null if it was answered that there is no such value. */
  readonly value: string | null;
}

/** What is promised, where it can be set. */
export interface Promises {
  /** How long after an acknowledged PUT an older value may still be read elsewhere. */
  readonly oldReadsMs: number;
  /** How far the nodes' ends of life may lie apart. */
  readonly expirySlackMs: number;
  /** How long after its acknowledgement a value may not be found yet. */
  readonly findableAfterMs: number;
}

/** The promises of the documentation. */
export const PROMISES: Promises = { oldReadsMs: 60_000, expirySlackMs: 2_000, findableAfterMs: 0 };

/** A promise that was broken, and by what. */
export interface Violation {
  readonly promise: "found" | "expired" | "old" | "backwards" | "foreign" | "own write";
  readonly get: GetRecord;
  readonly put: PutRecord | null;
  readonly detail: string;
}

/** A time from its beginning to its end, both included. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Collects the PUTs and GETs of a run, then judges them. */
export class History {
  readonly #puts = new Map<string, PutRecord[]>();
  readonly #gets = new Map<string, GetRecord[]>();
  /** Times that are excused, by key; those of any key under null. */
  readonly #excused = new Map<string | null, Span[]>();

  /** Notes a PUT, in any order. */
  put(record: PutRecord): void {
    append(this.#puts, record.key, record);
  }

  /** Notes a GET, in any order. One that failed to be answered is not noted. */
  get(record: GetRecord): void {
    append(this.#gets, record.key, record);
  }

  /**
   * Nobody who holds the newest value of a key (of any key if null) was up for a time: not finding it then is
   * no fault, nor is finding an older one.
   */
  excuse(key: string | null, from: number, to: number): void {
    append(this.#excused, key, { from, to });
  }

  /** Number of GETs noted. */
  get gets(): number {
    return sumLengths(this.#gets);
  }

  /** Number of PUTs noted. */
  get puts(): number {
    return sumLengths(this.#puts);
  }

  /** All PUTs and GETs, by the time at which they began. */
  records(): (PutRecord | GetRecord)[] {
    return [...this.#puts.values(), ...this.#gets.values()].flat()
      .sort((a, b) => a.startedAt - b.startedAt);
  }

  /** Everything that broke a promise, by the time of the GET. */
  judge(promises: Promises = PROMISES): Violation[] {
    const violations: Violation[] = [];
    for (const [key, gets] of this.#gets) {
      const puts = (this.#puts.get(key) ?? []).toSorted((a, b) => a.startedAt - b.startedAt);
      const ordered = gets.toSorted((a, b) => a.startedAt - b.startedAt);
      for (const get of ordered) violations.push(...this.#judgeOne(get, puts, promises));
      violations.push(...judgeOrder(ordered.filter((get) => !this.#isExcused(get)), puts));
    }
    return violations.sort((a, b) => a.get.startedAt - b.get.startedAt);
  }

  #judgeOne(get: GetRecord, puts: readonly PutRecord[], promises: Promises): Violation[] {
    const violation = (promise: Violation["promise"], put: PutRecord | null, detail: string) => [
      { promise, get, put, detail },
    ];
    const due = puts.findLast((put) => mustBeThere(put, get, promises));
    if (get.value === null) {
      if (!due || this.#isExcused(get)) return [];
      const own = due.node === get.node;
      const detail = `put ${
        Math.round(get.startedAt - due.acknowledgedAt!)
      } ms before, through ${due.node}`;
      return violation(own ? "own write" : "found", due, detail);
    }
    const found = puts.find(({ value }) => value === get.value);
    if (!found) return violation("foreign", null, "nobody has put these bytes");
    const lateMs = get.startedAt - latestEndOf(found) - promises.expirySlackMs;
    if (lateMs > 0) return violation("expired", found, `${Math.round(lateMs)} ms past its end`);
    const newer = puts.findLast((put) =>
      isBefore(found, put) && put.acknowledgedAt !== null &&
      get.startedAt > put.acknowledgedAt + (put.node === get.node ? 0 : promises.oldReadsMs) &&
      earliestEndOf(put) > get.endedAt
    );
    if (!newer || this.#isExcused(get)) return [];
    const ageMs = get.startedAt - newer.acknowledgedAt!;
    const promise = newer.node === get.node ? "own write" : "old";
    return violation(
      promise,
      newer,
      `a newer value was acknowledged ${Math.round(ageMs)} ms before`,
    );
  }

  #isExcused({ key, startedAt, endedAt }: GetRecord): boolean {
    const overlaps = ({ from, to }: Span) => from <= endedAt && startedAt <= to;
    return [key, null].some((name) => this.#excused.get(name)?.some(overlaps));
  }
}

/** A reader that has found a newer value through a node never finds an older one through it. */
function judgeOrder(gets: readonly GetRecord[], puts: readonly PutRecord[]): Violation[] {
  const violations: Violation[] = [];
  const newestBy = new Map<string, { put: PutRecord; endedAt: number }>();
  for (const get of gets) {
    const put = puts.find(({ value }) => value === get.value);
    if (!put) continue;
    const newest = newestBy.get(get.node);
    if (newest && newest.endedAt <= get.startedAt && isBefore(put, newest.put)) {
      if (earliestEndOf(newest.put) > get.endedAt) {
        violations.push({
          promise: "backwards",
          get,
          put: newest.put,
          detail: `${get.node} had given a newer value ${
            Math.round(get.startedAt - newest.endedAt)
          } ms before`,
        });
      }
    } else {
      newestBy.set(get.node, { put, endedAt: get.endedAt });
    }
  }
  return violations;
}

/** Whether a GET has to find a value, or a newer one: it was acknowledged before, and lives until after. */
function mustBeThere(put: PutRecord, get: GetRecord, promises: Promises): boolean {
  if (put.acknowledgedAt === null) return false;
  const patienceMs = put.node === get.node ? 0 : promises.findableAfterMs;
  return put.acknowledgedAt + patienceMs <= get.startedAt &&
    get.endedAt < earliestEndOf(put) - promises.expirySlackMs;
}

/** Whether one PUT was over before the other began; of two at the same time either may win. */
function isBefore(a: PutRecord, b: PutRecord): boolean {
  return a !== b && a.acknowledgedAt !== null && a.acknowledgedAt <= b.startedAt;
}

/** A value's life may begin as soon as its PUT does. */
function earliestEndOf({ startedAt, ttlMs }: PutRecord): number {
  return startedAt + ttlMs;
}

/** It begins when its PUT ends, at the latest. */
function latestEndOf({ startedAt, acknowledgedAt, ttlMs }: PutRecord): number {
  return (acknowledgedAt ?? startedAt) + ttlMs;
}

function append<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}

function sumLengths(map: Map<string, readonly unknown[]>): number {
  return [...map.values()].reduce((sum, { length }) => sum + length, 0);
}
