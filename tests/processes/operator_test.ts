import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import {
  askOverHttp,
  HTTP_FLAGS,
  type NodeProcess,
  program,
  runCommand,
  TestNetwork,
} from "../support/test_node_process.ts";
import { newRandom, randomBytes } from "../support/api_clients.ts";

/** Flags by which a command asks a node over HTTP, or else through the module API. */
function httpOf(node: NodeProcess): string[] {
  return [...askOverHttp(node), "--api-address", formatAddress(node.ready.api)];
}

/** Runs a command; what it wrote, as text. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runCommand(args);
  return { code, out: new TextDecoder().decode(stdout), err: stderr };
}

/** Runs a command with --json; what it printed. */
async function runJson(
  ...args: string[]
): Promise<{ code: number; said: Record<string, unknown> }> {
  const { code, out } = await run(...args, "--json");
  assertEquals(out.trimEnd().split("\n").length, 1, out);
  return { code, said: JSON.parse(out) };
}

Deno.test("a node is invited, joined, looked at and asked why", async (t) => {
  await using network = new TestNetwork();
  const first = await network.start({ flags: HTTP_FLAGS });
  const at = askOverHttp(first);
  const address = formatAddress(first.ready.p2p);
  const { out: invite } = await run("invite", ...at);
  const line = invite.trimEnd();

  await t.step(
    "the invite is one line, the same from the node, its log and its certificate",
    async () => {
      assertMatch(invite, /^voidkad:\/\/127\.0\.0\.1:\d+\/[\w-]+\n$/);
      assert(first.stderr.includes(`--join ${line}`), first.stderr);
      const made = await run("invite", "--cert", first.ready.cert, "--address", address);
      assertEquals(made, { code: 0, out: invite, err: "" });
      assertEquals(await runJson("invite", ...at), { code: 0, said: { invite: line } });
    },
  );

  const second = await network.start({ flags: ["--join", line, ...HTTP_FLAGS] });
  await second.waitUntilJoined();
  const third = await network.start({ flags: ["--join", line] });
  await third.waitUntilJoined();

  await t.step("ping measures the handshake and the round trip", async () => {
    const { code, out, err } = await run("ping", "--join", line);
    assertMatch(out, /^127\.0\.0\.1:\d+ answers: handshake [\d.]+ ms, round trip [\d.]+ ms\n$/);
    assertEquals([code, err], [0, ""]);
    const { said } = await runJson("ping", address, "--cert", first.ready.cert);
    assertEquals([said.address, typeof said.handshakeMs, typeof said.roundTripMs], [
      address,
      "number",
      "number",
    ]);
    const other = await run("ping", address, "--cert", second.ready.cert);
    assertMatch(other.err, /^voidkad: ping: Cannot ping 127.*: it does not hold the certificate/);
    assertEquals([other.code, other.out], [1, ""]);
  });

  await t.step("put prints what became of the value", async () => {
    const { code, out, err } = await run(
      "put",
      "greeting",
      "hello",
      "--write-quorum",
      "3",
      ...httpOf(second),
    );
    assertMatch(out, /^3 of 20 replicas stored in [\d.]+ m?s, write quorum 3/);
    assertEquals([code, err], [0, ""]);
    const limited = await run("put", "much", "v", "--replication", "255", ...httpOf(second));
    assertMatch(limited.out, /\nreplication 20 instead of 255: the node's limit\n/);
    const { code: missed, said } = await runJson(
      "put",
      "a",
      "b",
      "--write-quorum",
      "4",
      ...httpOf(first),
    );
    assertEquals([missed, said.stored, said.quorum], [1, 3, 4]);
    assertMatch(String(said.error), /^the write quorum was not reached: 3 of 4 nodes/);
    const { err: why } = await run("put", "a", "b", "--write-quorum", "4", ...httpOf(first));
    assertEquals(why, "voidkad: put: the write quorum is missed: 3 of 4\n");
  });

  await t.step("get shows where a value comes from", async () => {
    const { code, said } = await runJson("get", "greeting", ...httpOf(first));
    assertEquals([code, said.found, said.bytes, said.base64], [0, true, 5, "aGVsbG8="]);
    assertEquals(typeof said.ageMs, "number");
    const missing = await runJson("get", "nobody put this", ...httpOf(first));
    assertEquals([missing.code, missing.said.found, missing.said.asked], [1, false, 2]);
    const plain = await run("get", "greeting", ...httpOf(first));
    assertEquals(plain, { code: 0, out: "hello", err: "" });
  });

  await t.step("status shows the state of the node", async () => {
    const { code, out, err } = await run("status", ...at);
    assertMatch(out, /^healthy {2}127\.0\.0\.1:\d+ {2}[0-9a-f]{64}\n/);
    assertMatch(out, /^contacts {5}2\n/m);
    assertEquals([code, err, out.includes("\x1b")], [0, "", false]);
    const { said } = await runJson("status", ...at);
    assertEquals(said.id, first.ready.id);
  });

  await t.step("explain shows a lookup", async () => {
    const { code, out, err } = await run("explain", "greeting", ...at);
    assertMatch(out, /^responsible .* holds it/m);
    assertMatch(out, /^127\.0\.0\.1:\d+ \(this node\) .* yes /m);
    assertEquals([code, err, out.includes("undefined")], [0, "", false]);
    const missing = await runJson("explain", "nobody put this", ...at);
    const asked = missing.said.asked as unknown[];
    assertEquals([missing.code, missing.said.verdict, asked.length], [1, "missing", 2]);
  });

  await t.step("the page and its parts come from inside the program", async () => {
    const base = `http://${formatAddress(first.ready.http!)}`;
    for (
      const path of [
        "/",
        "/admin/page/scripts/page.js",
        "/admin/page/styles/page.css",
        "/format/format.js",
        "/uplot.js",
        "/uplot.css",
        "/icon.svg",
      ]
    ) {
      const answer = await fetch(base + path);
      assertEquals(answer.status, 200, path);
      assert((await answer.text()).length > 100, path);
    }
  });

  await t.step("a contact is forgotten when the operator says so", async () => {
    const known = formatAddress(third.ready.p2p);
    const forgot = await run("contact", "forget", known, ...at);
    assertMatch(
      forgot.out,
      /^Forgot 127\.0\.0\.1:\d+: whoever proves to be there next is taken\n$/,
    );
    assertEquals((await run("contact", "forget", "192.0.2.1:7402", ...at)).code, 1);
    assertEquals((await run("contact", "forget", "nobody", ...at)).code, 2);
    assertEquals((await run("contact", "remember", known, ...at)).code, 2);
  });
});

Deno.test("status --watch goes on until it is interrupted", async () => {
  await using network = new TestNetwork();
  const node = await network.start({ flags: HTTP_FLAGS });
  const { command, args } = program();
  const watching = new Deno.Command(command, {
    args: [...args, "status", "--watch", "--json", ...askOverHttp(node)],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "";
  for await (const chunk of watching.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.split("\n").length > 2) watching.kill("SIGINT");
  }
  assertEquals((await watching.status).code, 0);
  const [one, other] = text.split("\n").map((line) => JSON.parse(line || "{}"));
  assert(other.now > one.now);
});

Deno.test("without HTTP a put is not confirmed, and says so", async () => {
  await using network = new TestNetwork();
  const node = await network.start();
  const api = ["--api-address", formatAddress(node.ready.api)];
  const off = ["--http-address", "off", ...api];
  const value = randomBytes(newRandom(), 1_000);
  const stored = await runCommand(["put", "k", "-", ...off], value);
  assertEquals(stored.stdout.length, 0);
  assertEquals(
    [stored.code, stored.stderr],
    [0, "voidkad: put: the node took the value, unconfirmed: only HTTP has receipts\n"],
  );
  assertEquals((await runCommand(["get", "k", ...api])).stdout, value);
  const { said } = await runJson("put", "k", "v", ...api);
  assertEquals(said.confirmed, false);
  const quorum = await run("put", "k", "v", "--write-quorum", "2", ...off);
  assertMatch(quorum.err, /^voidkad: put: Cannot confirm the write quorum: /);
  assertEquals([quorum.code, quorum.out], [1, ""]);
  const explained = await run("explain", "k", "--http-address", "off");
  assertMatch(explained.err, /^voidkad: explain: HTTP is off: /);
  assertEquals(explained.code, 2);
});

Deno.test("a damaged invite is one line that says what is wrong", async () => {
  for (
    const [line, what] of [
      ["voidcat://127.0.0.1:1/MIIB", /an invite begins with voidkad:/],
      ["voidkad://127.0.0.1/MIIB", /no port/],
      ["voidkad://127.0.0.1:1/MII$", /has a "\$" in it/],
      ["voidkad://127.0.0.1:1/MIIB", /says|certificate/],
    ] as const
  ) {
    for (const command of ["ping", "start"]) {
      const { code, out, err } = await run(command, "--join", line);
      assertMatch(err, new RegExp(`^voidkad: ${command}: --join: [^\n]+\n$`));
      assertMatch(err, what);
      assertEquals([code, out], [2, ""]);
    }
  }
});

Deno.test("a command asks the node that its flags name, and no other", async () => {
  await using network = new TestNetwork();
  const [first, other] = await Promise.all([
    network.start({ flags: HTTP_FLAGS }),
    network.start({ flags: HTTP_FLAGS }),
  ]);
  const at = askOverHttp(first);
  // What a command would ask by default: the module API of another node.
  const config = `${network.newFolder()}.ini`;
  await Deno.writeTextFile(config, `[dht]\napi_address = ${formatAddress(other.ready.api)}\n`);
  const named = [...at, "-c", config];
  assertEquals((await run("put", "k", "v", ...named)).code, 0);
  assertEquals(await run("get", "k", ...named), { code: 0, out: "v", err: "" });
  assertEquals((await run("get", "k", "-c", config)).code, 1);
  assertEquals((await run("get", "k", ...askOverHttp(other))).code, 1);
  await first.end("SIGTERM");
  for (const args of [["get", "k"], ["put", "k", "v"]]) {
    const { code, out, err } = await run(...args, ...named);
    assertMatch(err, /^voidkad: (get|put): Cannot ask a node at http:.* connection refused/);
    assertEquals([code, out], [1, ""]);
  }
});

Deno.test("put takes any lifetime over HTTP", async () => {
  await using network = new TestNetwork();
  const node = await network.start({ flags: HTTP_FLAGS });
  const { code, said } = await runJson("put", "k", "v", "--ttl", "86400", ...askOverHttp(node));
  assertEquals([code, said.ttlMs], [0, 86_400_000]);
  const longer = await run("put", "k", "v", "--ttl", "172800", ...askOverHttp(node));
  assertMatch(longer.out, /^lifetime 24 h 0 min instead of 2 d 0 h: the node's limit$/m);
  const api = ["--api-address", formatAddress(node.ready.api)];
  const refused = await run("put", "k", "v", "--ttl", "86400", ...api);
  assertMatch(refused.err, /^voidkad: put: --ttl: the module API carries at most 65535 seconds: /);
  assertEquals([refused.code, refused.out], [2, ""]);
});
