import { assertEquals } from "@std/assert";
import { type GetRecord, History, type PutRecord } from "../../lib/sim/measure/history.ts";

const HOUR_MS = 3_600_000;

function put(value: string, at: number, more: Partial<PutRecord> = {}): PutRecord {
  return {
    key: "k",
    value,
    startedAt: at,
    acknowledgedAt: at + 10,
    ttlMs: HOUR_MS,
    node: "a",
    ...more,
  };
}

function get(value: string | null, at: number, node = "b"): GetRecord {
  return { key: "k", value, startedAt: at, endedAt: at + 5, node };
}

/** The promises that a history breaks. */
function broken(puts: PutRecord[], gets: GetRecord[], excused: [number, number][] = []): string[] {
  const history = new History();
  for (const one of puts) history.put(one);
  for (const one of gets) history.get(one);
  for (const [from, to] of excused) history.excuse("k", from, to);
  return history.judge().map(({ promise }) => promise);
}

Deno.test("an acknowledged value has to be found while it lives", () => {
  assertEquals(broken([put("1", 0)], [get("1", 50), get(null, 60), get(null, 60, "a")]), [
    "found",
    "own write",
  ]);
  assertEquals(broken([put("1", 0)], [get(null, 5)]), [], "before it was acknowledged");
  assertEquals(broken([put("1", 0, { acknowledgedAt: null })], [get(null, 60)]), []);
  assertEquals(broken([put("1", 0)], [get(null, HOUR_MS)]), [], "at its end");
  assertEquals(broken([put("1", 0)], [get(null, 60)], [[50, 70]]), [], "nobody who holds it is up");
  const slow = put("1", 0, { acknowledgedAt: 3_000, ttlMs: 20_000 });
  assertEquals(
    broken([slow], [get(null, 19_000)]),
    [],
    "it may live from the beginning of its PUT",
  );
  assertEquals(broken([slow], [get("1", 24_000)]), [], "or from the end");
});

Deno.test("nothing is found past its end, and nothing that nobody put", () => {
  assertEquals(broken([put("1", 0)], [get("1", HOUR_MS + 1_000)]), []);
  assertEquals(broken([put("1", 0)], [get("1", HOUR_MS + 3_000)]), ["expired"]);
  assertEquals(broken([put("1", 0)], [get("x", 50)]), ["foreign"]);
});

Deno.test("an older value may be read elsewhere for a minute, through the writer's node never", () => {
  const puts = [put("1", 0), put("2", 1_000)];
  assertEquals(broken(puts, [get("1", 2_000), get("1", 61_000)]), []);
  assertEquals(broken(puts, [get("1", 61_020)]), ["old"]);
  assertEquals(broken(puts, [get("1", 2_000, "a")]), ["own write"]);
  assertEquals(broken([put("1", 0), put("2", 5)], [get("1", 90_000)]), [], "at the same time");
  assertEquals(broken(puts, [get("1", 61_020)], [[61_000, 61_100]]), [], "nobody has the newer");
});

Deno.test("a PUT that took no time is not older than itself", () => {
  assertEquals(broken([put("1", 0, { acknowledgedAt: 0 })], [get("1", 90_000)]), []);
});

Deno.test("a reader never goes back through one node", () => {
  const puts = [put("1", 0), put("2", 1_000)];
  assertEquals(broken(puts, [get("2", 2_000), get("1", 3_000)]), ["backwards"]);
  assertEquals(broken(puts, [get("2", 2_000), get("1", 3_000, "c")]), []);
  const short = [put("1", 0), put("2", 1_000, { ttlMs: 500 })];
  assertEquals(broken(short, [get("2", 1_200), get("1", 3_000)]), [], "the newer one has ended");
});
