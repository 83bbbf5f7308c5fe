import { assertThrows } from "@std/assert";
import { checkOptions, NODE_OPTIONS_DEFAULT, type NodeOptions } from "../../lib/node/options.ts";

Deno.test("settings out of their range, broken or missing are named", () => {
  checkOptions(NODE_OPTIONS_DEFAULT);
  const wrong: readonly (readonly [Partial<Record<keyof NodeOptions, unknown>>, string])[] = [
    [{ bucketSize: 0 }, "bucketSize: 0 is not a whole number between 1 and 128"],
    [{ bucketSize: 1.5 }, "bucketSize: 1.5 is not a whole number"],
    [{ bucketSize: 8, replication: 9 }, "replication: 9 is more than bucketSize, 8"],
    [{ leaveLimitMs: -1 }, "leaveLimitMs: -1 is not"],
    [{ parallelism: undefined }, "parallelism: undefined is not"],
    [{ ttlMaxMs: NaN }, "ttlMaxMs: NaN is not"],
  ];
  for (const [changes, message] of wrong) {
    const options = { ...NODE_OPTIONS_DEFAULT, ...changes } as NodeOptions;
    assertThrows(() => checkOptions(options), RangeError, message);
  }
});
