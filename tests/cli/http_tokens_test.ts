import { assertEquals, assertRejects } from "@std/assert";
import { parseAddress } from "../../lib/core/kademlia/address.ts";
import { UsageError } from "../../lib/cli/errors.ts";
import { parseConfig } from "../../lib/cli/settings/config.ts";
import { readHttpTokens } from "../../lib/cli/settings/http_tokens.ts";
import { Settings } from "../../lib/cli/settings/settings.ts";

Deno.test("HTTP beyond loopback needs a token, from a file with one in it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/token`, "0123456789abcdef\n", { mode: 0o644 });
    await Deno.writeTextFile(`${folder}/short`, "0123456789abcde");
    await Deno.writeTextFile(`${folder}/words`, "more words than one\n");
    const lines: string[] = [];
    const read = (address: string, ...config: string[]) => {
      const file = `${folder}/node.ini`;
      const settings = new Settings(parseConfig(["[dht]", ...config].join("\n"), file), file);
      return readHttpTokens(
        settings,
        parseAddress(address),
        (level, line) => void lines.push(`${level} ${line}`),
      );
    };
    const remote = "0.0.0.0:7403";
    assertEquals(await read("127.0.0.1:7403"), { httpToken: null, httpReadToken: null });
    assertEquals(await read(remote, "http_token = token"), {
      httpToken: "0123456789abcdef",
      httpReadToken: null,
    });
    assertEquals(lines, [`warn Others could read "${folder}/token": only its owner can now`]);
    for (
      const [message, ...config] of [
        ["--http-address: 0.0.0.0:7403 is open to other machines"],
        ["it needs http_token too", "http_read_token = token"],
        [`cannot read "${folder}/none": no such file`, "http_token = none"],
        [`"${folder}/short" has no token: 16 to`, "http_token = short"],
        [`"${folder}/words" has no token`, "http_token = words"],
      ] as const
    ) await assertRejects(() => read(remote, ...config), UsageError, message);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
