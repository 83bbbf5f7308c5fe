import { assertEquals } from "@std/assert";
import { REQUEST_LIMIT_MAX_MS } from "../../../lib/core/limits.ts";
import type { PeerRequest } from "../../../lib/core/wire/messages.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { systemRandom } from "../../../lib/net/system.ts";
import { NODE_OPTIONS_DEFAULT } from "../../../lib/node/options.ts";
import { NodeParts } from "../../../lib/node/parts.ts";
import type { Clock, Transport } from "../../../lib/node/ports.ts";
import { fakeContact, keyOf } from "../../support/values.ts";

const HOUR_MS = 3_600_000;

/** A clock that a stopped process has: time passes, and what was due meanwhile runs after it. */
class StoppableClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ time: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  unixNow(): number {
    return this.#now;
  }

  runAt(time: number, callback: () => void): () => void {
    const timer = { time, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Lets time pass all at once, then runs what is due. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.time <= this.#now && this.#timers.delete(timer)) timer.callback();
    }
  }
}

const SILENT: Transport = {
  attach: () => {},
  request: () => ({ cancel: () => {} }),
  isConnected: () => true,
  suspect: () => false,
  close: () => Promise.resolve(),
};

Deno.test("a process that was stopped for an hour does not wait another for an answer", () => {
  const clock = new StoppableClock();
  const settings = {
    self: fakeContact("10.0.0.1", 1),
    options: NODE_OPTIONS_DEFAULT,
    bootstrappers: [],
  };
  const ports = { transport: SILENT, clock, random: systemRandom, sha256, log: () => {} };
  const { rpc } = new NodeParts(settings, ports);
  const request: PeerRequest = { type: "findNode", key: keyOf("any"), amount: 20 };
  const failures: (string | null)[] = [];
  rpc.ask(fakeContact("10.0.0.2", 1), request, (_, failure) => failures.push(failure));
  clock.jump(HOUR_MS);
  assertEquals(failures, []);
  clock.jump(REQUEST_LIMIT_MAX_MS);
  assertEquals(failures, ["timeout"]);
});
