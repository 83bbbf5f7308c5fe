import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { exists } from "../../lib/identity/atomic_file.ts";
import { Network } from "../../lib/identity/network.ts";
import {
  makeNetworkKey,
  NetworkKeyError,
  readNetworkKeys,
} from "../../lib/identity/network_key.ts";
import { makeToken, openNetworkRecords } from "../../lib/identity/network_records.ts";
import { pause } from "../support/tls_nodes.ts";

const [A, B] = [1, 2].map((fill) => new Uint8Array(32).fill(fill)) as [Uint8Array, Uint8Array];
const HOUR_MS = 3_600_000;

async function withKeyFile(act: (file: string, lines: string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(`${folder}/network.key`, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an invite is used by one member, as often as that one likes, until it ends", () =>
  withKeyFile(async (file) => {
    const { redeem } = await openNetworkRecords(file, () => {});
    const token = await makeToken(file, Date.now() + HOUR_MS);
    const other = await openNetworkRecords(file, () => {}); // another process, or the next one
    assertEquals([redeem!(token, A), redeem!(token, B), other.redeem!(token, B)], [
      true,
      false,
      false,
    ]);
    assertEquals([redeem!(token, A), other.redeem!(token, A)], [true, true]);
    assertEquals(redeem!(new Uint8Array(16), A), false, "nobody has made it");
    const ended = await makeToken(file, Date.now() - 1);
    assertEquals(redeem!(ended, A), false);
    await makeToken(file, Date.now() + HOUR_MS);
    const names = [...Deno.readDirSync(file.replace(".key", ".invites"))].map(({ name }) => name);
    assertEquals(names.length, 3, "one that was used, and one that was not; the ended one is gone");
    assert(names.every((name) => !name.includes(encodeHex(token))), "the token itself is not kept");
  }));

Deno.test("bans and memberships are found by the next process", () =>
  withKeyFile(async (file, lines) => {
    const network = new Network(makeNetworkKey());
    const bans = [network.ban(A), network.ban(B)];
    const membership = { publicKey: network.publicKey, signature: network.admit(A) };
    const records = await openNetworkRecords(
      file,
      (level, line) => void lines.push(`${level} ${line}`),
    );
    assertEquals(records.bans, []);
    records.onBans!(bans.slice(0, 1));
    records.onBans!(bans);
    records.onKeys!([membership]);
    const next = () => openNetworkRecords(file, () => {});
    while ((await next()).bans!.length < bans.length) await pause(10);
    assertEquals((await next()).bans, bans);
    while (!await exists(file)) await pause(10);
    assertEquals(await readNetworkKeys(file, () => {}), [membership]);
    assertEquals(lines.length, 3);
  }));

Deno.test("bans that cannot be read keep a node from starting: nobody is let in by mistake", () =>
  withKeyFile(async (file) => {
    await Deno.writeTextFile(file.replace(".key", ".bans"), "nonsense\n");
    const error = await assertRejects(() => openNetworkRecords(file, () => {}), NetworkKeyError);
    assert(error.message.endsWith("network.bans:1: a ban has 64 and 128 hex digits"));
  }));
