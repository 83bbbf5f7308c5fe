import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  makeNetworkKey,
  NetworkKeyError,
  parseNetworkKey,
  readNetworkKeys,
  writeNetworkKeys,
} from "../../lib/identity/network_key.ts";
import { encodeHex } from "@std/encoding/hex";

async function withFolder(test: (file: string, lines: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  await test(`${folder}/new/network.key`, lines).finally(() =>
    Deno.remove(folder, { recursive: true })
  );
}

const log = (lines: string[]) => (level: string, message: string) =>
  void lines.push(`${level} ${message}`);

Deno.test("keys are read as they were written, by their owner alone", () =>
  withFolder(async (file, lines) => {
    assertEquals(await readNetworkKeys(file, log(lines)), null);
    const keys = [makeNetworkKey(), makeNetworkKey()];
    await writeNetworkKeys(file, keys);
    assertEquals(await readNetworkKeys(file, log(lines)), keys);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    await Deno.chmod(file, 0o644);
    assertEquals(await readNetworkKeys(file, log(lines)), keys);
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    assertEquals(lines, [
      `warn Others could read "${file}": only its owner can now`,
    ]);
  }));

Deno.test("a file that has no keys, too many, or something else, is refused by name and line", () =>
  withFolder(async (file) => {
    const hex = encodeHex(makeNetworkKey());
    for (
      const [text, message] of [
        ["", "has no key in it"],
        ["# a comment\n", "has no key in it"],
        [`${hex}\n${hex}\n${hex}\n`, "has 3 network keys, at most 2"],
        [`${hex}\nab\n`, ":2: a network key has 64 hex digits"],
      ] as const
    ) {
      await writeNetworkKeys(file, []);
      await Deno.writeTextFile(file, text);
      const error = await assertRejects(() => readNetworkKeys(file, () => {}), NetworkKeyError);
      assert(error.message.includes(message), error.message);
    }
  }));

Deno.test("a key is 64 hex digits", () => {
  assertEquals(parseNetworkKey("AB".repeat(32))?.[0], 0xab);
  for (const text of ["", "auto", "ab".repeat(31), "ab".repeat(33), "xy".repeat(32)]) {
    assertEquals(parseNetworkKey(text), null);
  }
});
