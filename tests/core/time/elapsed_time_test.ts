import { assertEquals } from "@std/assert";
import { ElapsedTime } from "../../../lib/core/time/elapsed_time.ts";

const HOUR_MS = 3_600_000;

/** A machine that can sleep, and whose wall clock can be set. */
class Machine {
  monotonic = 5_000;
  wall = 1_700_000_000_000;
  slept = 0;
  #elapsed: ElapsedTime;

  constructor({ knowsUptime }: { readonly knowsUptime: boolean }) {
    // In whole seconds, as systems give it.
    const uptime = () => 1_000 * Math.floor((90_700 + this.monotonic + this.slept) / 1_000);
    this.#elapsed = new ElapsedTime(this, () => knowsUptime ? uptime() : null);
  }

  get now(): number {
    return this.#elapsed.now(this.monotonic, this.wall);
  }

  run(ms: number): void {
    this.monotonic += ms;
    this.wall += ms;
  }

  sleep(ms: number): void {
    this.wall += ms;
    this.slept += ms;
  }
}

for (const knowsUptime of [true, false]) {
  const how = knowsUptime ? "by the uptime" : "without the uptime";
  Deno.test(`time asleep counts, ${how}`, () => {
    const machine = new Machine({ knowsUptime });
    machine.run(100.5);
    assertEquals(machine.now, 5_100.5);
    machine.sleep(8 * HOUR_MS);
    assertEquals(machine.now, 5_100.5 + 8 * HOUR_MS);
    machine.run(300);
    machine.sleep(3_300);
    assertEquals(machine.now, 5_400.5 + 8 * HOUR_MS + 3_300);
  });

  Deno.test(`a wall clock that is set back changes nothing, ${how}`, () => {
    const machine = new Machine({ knowsUptime });
    machine.wall -= HOUR_MS;
    machine.run(1_000);
    assertEquals(machine.now, 6_000);
    machine.sleep(HOUR_MS / 2);
    assertEquals(machine.now, 6_000 + HOUR_MS / 2);
  });
}

Deno.test("a wall clock that is set forward changes nothing if the uptime says so", () => {
  const machine = new Machine({ knowsUptime: true });
  machine.wall += 25 * HOUR_MS;
  assertEquals(machine.now, 5_000);
  // Asleep and set at once: the uptime tells them apart, to a second.
  machine.wall += HOUR_MS;
  machine.sleep(2 * HOUR_MS);
  assertEquals(Math.abs(machine.now - 5_000 - 2 * HOUR_MS) <= 1_000, true);
});

Deno.test("a leap forward counts as sleep if the uptime is not known", () => {
  const machine = new Machine({ knowsUptime: false });
  machine.wall += HOUR_MS;
  assertEquals(machine.now, 5_000 + HOUR_MS);
});
