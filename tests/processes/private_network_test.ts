/**
 * A private network as its operator makes it, one that pastes an invite joins it, and one that does not is kept out.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { encodeBase64Url } from "@std/encoding/base64url";
import {
  nodeFlags,
  type NodeProcess,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();

/** The invite of a node, with the network key from its folder. */
async function inviteOf(http: string, folder: string): Promise<string> {
  const { stdout, stderr } = await runCommand([
    ...["invite", "--http-address", http],
    ...["--data-dir", folder],
  ]);
  assertEquals(stderr, "");
  return text(stdout);
}

/** Waits until `voidkad status` says something of a node. */
async function waitForStatus({ ready }: NodeProcess, wanted: string): Promise<void> {
  const at = ["--http-address", `127.0.0.1:${ready.http!.port}`];
  for (const start = performance.now();;) {
    const said = text((await runCommand(["status", ...at])).stdout);
    if (said.includes(wanted)) return;
    assert(performance.now() - start < 20_000, said);
  }
}

const WITH_HTTP = ["--http-address", "127.0.0.1:0"];

/** The first node of a private network with its invite, and a folder for a second one. */
async function startPrivate(network: TestNetwork) {
  const [first, second] = [network.newFolder(), network.newFolder()];
  const flags = [...WITH_HTTP, "--network-key", "auto"];
  const host = await network.start({ folder: first, flags });
  const http = `127.0.0.1:${host.ready.http!.port}`;
  return { first, second, host, http, invite: await inviteOf(http, first) };
}

Deno.test("an invite lets nodes into a private network, and nothing else does", async () => {
  await using network = new TestNetwork();
  const { first, second, host, http, invite } = await startPrivate(network);
  assertEquals((await Deno.stat(`${first}/network.key`)).mode! & 0o777, 0o600);

  const key = invite.slice(invite.lastIndexOf("/") + 1);
  assertEquals(key.length, 43);
  const answer = await fetch(`http://${http}/v1/node`).then((response) => response.text());
  assert(!answer.includes(key) && !host.stderr.includes(key), "the key stays in the folder");

  const joined = await network.start({ folder: second, flags: ["--join", invite] });
  await joined.waitUntilJoined();
  const at = ["--api-address", `127.0.0.1:${joined.ready.api.port}`];
  assertEquals((await runCommand(["put", "greeting", "hello", ...at])).code, 0);
  const got = await runCommand(["get", "greeting", "--http-address", http]);
  assertEquals(text(got.stdout), "hello");

  const stranger = await network.start({ flags: ["--join", invite.slice(0, -44)] });
  await stranger.waitForLog(/Cannot join: .* belongs to another network/, 20_000);

  const other = await runCommand([
    ...["start", ...nodeFlags(second, [])],
    ...["--network-key", "ab".repeat(32), "--join", invite],
  ]);
  assertEquals(other.code, 2);
  assertMatch(other.stderr, /--join: the invite is of another network/);
});

Deno.test("an invite never has the key of another node's network", async () => {
  await using network = new TestNetwork();
  const flags = ["--http-address", "127.0.0.1:0", "--network-key", "auto"];
  const [own, other] = [network.newFolder(), network.newFolder()];
  const host = await network.start({ folder: own, flags });
  await network.start({ folder: other, flags });
  const http = `127.0.0.1:${host.ready.http!.port}`;
  const { code, stdout, stderr } = await runCommand([
    ...["invite", "--http-address", http],
    ...["--data-dir", other],
  ]);
  assertEquals([code, text(stdout)], [2, ""]);
  assertMatch(stderr, /uses another network key: name its own folder with --data-dir/);
});

Deno.test("an invite has the network key that is in the settings of the node, and not in its folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "voidkad-test-" });
  try {
    const keyFile = `${folder}/shared.key`;
    await Deno.writeTextFile(keyFile, `${"ab".repeat(32)}\n`, { mode: 0o600 });
    await Deno.writeTextFile(
      `${folder}/node.ini`,
      "[dht]\ndata_dir = own\nnetwork_key = shared.key\n",
    );
    await using network = new TestNetwork();
    const http = ["--http-address", "127.0.0.1:0"];
    const host = await network.start({ flags: [...http, "--network-key", keyFile] });
    const at = ["--http-address", `127.0.0.1:${host.ready.http!.port}`];
    const config = ["-c", `${folder}/node.ini`];
    for (const given of [["--network-key", keyFile], ["--network-key", "ab".repeat(32)], config]) {
      const { code, stdout, stderr } = await runCommand(["invite", ...at, ...given]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(text(stdout).split("/").at(-1), encodeBase64Url(new Uint8Array(32).fill(0xab)));
    }
    assertEquals((await runCommand(["network", "rotate", ...config])).code, 0);
    const lines = (await Deno.readTextFile(keyFile)).trim().split("\n");
    assertEquals([lines.length, lines[1]], [2, "ab".repeat(32)]);
    const itself = await runCommand(["network", "rotate", "--network-key", "ab".repeat(32)]);
    assertMatch(itself.stderr, /--network-key: it is the key itself: keep the key in a file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the key of a network is changed node by node, and nobody is shut out meanwhile", async () => {
  await using network = new TestNetwork();
  const { first, second, host, http, invite: before } = await startPrivate(network);
  const member = await network.start({ folder: second, flags: ["--join", before] });
  await member.waitUntilJoined();

  assertEquals((await runCommand(["network", "rotate", "--data-dir", first])).code, 0);
  const rotated = await inviteOf(http, first);
  const port = `127.0.0.1:${host.ready.p2p.port}`;
  await host.end();
  const again = await network.start({
    folder: first,
    flags: [...WITH_HTTP, "--p2p-address", port],
  });
  const after = await inviteOf(`127.0.0.1:${again.ready.http!.port}`, first);
  assert(after !== before);
  assertEquals(rotated, after, "the new key is in an invite before the node is started again");
  const newcomer = await network.start({ flags: ["--join", after] });
  await newcomer.waitUntilJoined();
  await waitForStatus(
    again,
    `1 of 2 contacts have the new one; still to adopt it: 127.0.0.1:${member.ready.p2p.port}`,
  );
  const adopted = await runCommand(["network", "adopt", after, "--data-dir", second]);
  assertEquals([adopted.code, adopted.stderr], [0, ""]);
  const lines = (await Deno.readTextFile(`${second}/network.key`)).trim().split("\n");
  assertEquals(lines, (await Deno.readTextFile(`${first}/network.key`)).trim().split("\n"));
  const twice = await runCommand(["network", "rotate", "--data-dir", second]);
  assertMatch(twice.stderr, /there are 2 keys already: run finish first/);
  assertEquals((await runCommand(["network", "finish", "--data-dir", second])).code, 0);
  assertEquals(await Deno.readTextFile(`${second}/network.key`), `${lines[0]}\n`);
});

/** An invite for one node, made in the folder of the host. */
async function inviteOnce(http: string, folder: string, ...flags: string[]): Promise<string> {
  const at = ["--http-address", http, "--data-dir", folder];
  const { stdout, stderr } = await runCommand(["invite", "--once", ...flags, ...at]);
  assertEquals(stderr, "");
  return text(stdout);
}

Deno.test("an invite for one node lets in one node, without the key, until it is shut out", async () => {
  await using network = new TestNetwork();
  const { first, second, host, http } = await startPrivate(network);
  const port = `127.0.0.1:${host.ready.p2p.port}`;
  const once = await inviteOnce(http, first);

  const guest = await network.start({ folder: second, flags: [...WITH_HTTP, "--join", once] });
  await guest.waitUntilJoined();
  assertMatch(
    await Deno.readTextFile(`${second}/network.key`),
    /^member [0-9a-f]{64} [0-9a-f]{128}\n$/,
  );
  const { ready: { id, p2p, http: guestHttp } } = guest;
  const mayNot = await runCommand([
    ...["invite", "--data-dir", second, "--http-address", `127.0.0.1:${guestHttp!.port}`],
  ]);
  assertMatch(mayNot.stderr, /a member without the network key, and can invite nobody/);

  const late = await network.start({ flags: ["--join", once] });
  await late.waitForLog(/Cannot join: .* another network/, 20_000);
  const restarted = ["--p2p-address", `127.0.0.1:${p2p.port}`];
  await guest.end();
  const again = await network.start({ folder: second, flags: [...restarted, "--join", once] });
  await again.waitUntilJoined();
  const unknown = await runCommand(["network", "ban", "0".repeat(64), "--http-address", http]);
  assertEquals(unknown.code, 1);
  assertMatch(unknown.stderr, /refused: no member of that id has been connected with/);
  const banned = await runCommand(["network", "ban", id, "--http-address", http]);
  assertEquals([banned.stderr, banned.code], ["", 0]);
  await again.waitForLog(/shut out of the network/, 20_000);

  await again.end();
  await host.end();
  await network.start({ folder: first, flags: ["--p2p-address", port] });
  const back = await network.start({ folder: second, flags: ["--join", once] });
  await back.waitForLog(/Cannot join: .* one of them has been shut out/, 20_000);
});

Deno.test("a member that has lost its key says which contact shuts it out, in the log and in /healthz", async () => {
  await using network = new TestNetwork();
  const { second, host, invite } = await startPrivate(network);
  const attempt = await network.start({ folder: second, flags: ["--join", invite] });
  const flags = ["--p2p-address", `127.0.0.1:${attempt.ready.p2p.port}`]; // a port of 0 keeps no contacts
  await attempt.end();
  const member = await network.start({ folder: second, flags: [...flags, "--join", invite] });
  await member.waitUntilJoined();
  await member.end();

  await Deno.remove(`${second}/network.key`);
  const again = await network.start({ folder: second, flags: [...flags, ...WITH_HTTP] });
  const trouble = `127.0.0.1:${host.ready.p2p.port} belongs to another network`;
  await again.waitForLog(new RegExp(`Cannot join: contact ${trouble}`), 20_000);
  const response = await fetch(`http://127.0.0.1:${again.ready.http!.port}/healthz`);
  const { verdict, reasons } = await response.json();
  assertEquals(verdict, "joining");
  assertMatch(reasons[0], new RegExp(`has answered yet: ${trouble}`));
});

Deno.test("a node that other machines reach needs a decision", async () => {
  const { code, stderr } = await runCommand([
    ...["start", "--p2p-address", "0.0.0.0:0", "--public-address", "192.0.2.1:0"],
    ...["--api-address", "127.0.0.1:0", "--http-address", "off", "--data-dir", "/nowhere/at/all"],
  ]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /0\.0\.0\.0:0 is open to other machines: add --network-key auto .* --open-network/,
  );
});

Deno.test("a network that is to be open and private at once leaves no key behind", async () => {
  await using network = new TestNetwork();
  const folder = network.newFolder();
  const { code, stderr } = await runCommand([
    ...["start", ...nodeFlags(folder, [])],
    ...["--network-key", "auto", "--open-network"],
  ]);
  assertEquals(code, 2);
  assertMatch(stderr, /--open-network: a network with a network_key is not open/);
  await assertRejects(() => Deno.stat(`${folder}/network.key`), Deno.errors.NotFound);
});
