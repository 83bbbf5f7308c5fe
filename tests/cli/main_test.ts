import { assertEquals, assertMatch } from "@std/assert";
import { COMMANDS } from "../../lib/cli/spec/commands.ts";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "../../scripts/common/root.ts";
import { runCommand, TestNetwork } from "../support/test_node_process.ts";

/** Runs a command that fails, with nothing on standard output and one line on standard error. */
async function fails(code: number, line: string | RegExp, ...args: string[]): Promise<void> {
  const result = await runCommand(args);
  assertEquals(new TextDecoder().decode(result.stdout), "");
  assertMatch(result.stderr, /^voidkad: [^\n]+\n$/);
  if (typeof line === "string") assertEquals(result.stderr, `voidkad: ${line}\n`);
  else assertMatch(result.stderr, line);
  assertEquals(result.code, code);
}

async function prints(text: string | RegExp, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await runCommand(args);
  const out = new TextDecoder().decode(stdout);
  if (typeof text === "string") assertEquals(out, text);
  else assertMatch(out, text);
  assertEquals([code, stderr], [0, ""]);
}

Deno.test("help and version go to standard output", async () => {
  await Promise.all([
    prints(`voidkad ${config.version}\n`, "--version"),
    ...[["--help"], ["-h"], ["help"], ["help", "--help"], ["help", "help"]].map((args) =>
      prints(/^voidkad, a node .*--proof-of-work-bits/s, ...args)
    ),
    prints(/^Usage: voidkad put /, "put", "--help"),
    prints(/^Usage: voidkad get /, "help", "get"),
    prints(/^Usage: voidkad \[start\] /, "-c", "no such file", "--help"),
    ...COMMANDS.map(({ name }) => prints(/^Usage: .*^Examples:\n {2}voidkad/ms, name, "--help")),
  ]);
});

Deno.test("what the user wrote wrong is one line and exit status 2", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/node.ini`;
  await Deno.writeTextFile(
    file,
    "[gossip]\nx\n[dht]\np2p_address = 127.0.0.1:0\nbootstrapper = 127.0.0.1:1\n" +
      "bootstrapper_cert = gone.pem\n",
  );
  await Promise.all([
    fails(2, 'Unknown command "gett" (did you mean "get"?)', "gett"),
    fails(2, 'help: Unexpected argument "x"', "help", "get", "x"),
    fails(2, 'start: Unknown flag "--p2p"', "--p2p"),
    fails(2, 'start: --p2p-address: "x" has no port', "--p2p-address", "x"),
    fails(2, 'start: Unexpected argument "x"', "start", "x"),
    fails(2, 'start: Cannot read config "gone.ini": no such file', "-c", "gone.ini"),
    fails(
      2,
      /: start: .+node\.ini:6: bootstrapper_cert: Cannot read certificate "[^"]+gone/,
      "-c",
      file,
    ),
    fails(2, "get: KEY is missing", "get"),
    fails(2, /put: --ttl: "2147483648" is not a whole/, "put", "k", "v", "--ttl", "2147483648"),
    fails(
      2,
      /put: --ttl: the module API carries at most 65535 seconds: use HTTP \(--http-address\), or /,
      ...["put", "k", "v", "--ttl", "65536", "--api-address", "127.0.0.1:1"],
    ),
    fails(2, /get: --json writes to standard/, "get", "k", "--json", "-o", "file"),
    fails(
      2,
      /invite: --http-address cannot go with --cert/,
      ...["invite", "--cert", "a", "--address", "127.0.0.1:1", "--http-address", "127.0.0.1:2"],
    ),
    fails(2, "put: VALUE is empty", "put", "k", ""),
  ]);
  const large = await runCommand(["put", "k", "-"], new Uint8Array(65_496));
  assertEquals(large.stderr, "voidkad: put: VALUE is larger than 65495 bytes\n");
  assertEquals(large.code, 2);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a node serves put and get, and leaves on SIGTERM", async () => {
  await using network = new TestNetwork();
  const node = await network.start();
  const { id, p2p, api, cert } = node.ready;
  assertEquals(
    node.stdout,
    `ready id=${id} p2p=127.0.0.1:${p2p.port} api=127.0.0.1:${api.port} cert=${cert}\n`,
  );
  const at = ["--api-address", `127.0.0.1:${api.port}`];
  const bytes = crypto.getRandomValues(new Uint8Array(65_495));
  assertEquals((await runCommand(["put", "largest", "-", ...at], bytes)).code, 0);
  assertEquals((await runCommand(["put", "greeting", "grüß dich", "--ttl", "60", ...at])).code, 0);
  const [largest] = await Promise.all([
    runCommand(["get", "largest", ...at]),
    prints("grüß dich", "get", "greeting", ...at),
    // The SHA-256 of "greeting": the same key.
    prints(
      "grüß dich",
      "get",
      "18f6b0200b6fd32ce4e85b6c841f72247964195b8e1cd7c52e046dc51e48f779",
      ...at,
    ),
    fails(1, 'get: "nothing": not found', "get", "nothing", ...at),
  ]);
  assertEquals(largest.stdout, bytes);
  const taken = `127.0.0.1:${p2p.port}`;
  const folder = network.newFolder();
  const again = await runCommand(["start", "--p2p-address", taken, "--data-dir", folder]);
  assertMatch(
    again.stderr,
    new RegExp(`voidkad: start: --p2p-address: Cannot listen .*127\\.0\\.0\\.1:${p2p.port}`),
  );
  assertEquals(again.code, 1);
  const { code, afterMs } = await node.end("SIGTERM");
  assertEquals(code, 0);
  assertEquals(afterMs < 2_000, true, `took ${afterMs} ms`);
  await fails(1, /get: Cannot reach a node at .* connection refused/, "get", "greeting", ...at);
});

Deno.test("SIGINT ends a node too, and a restart keeps id and certificate", async () => {
  await using network = new TestNetwork();
  const folder = network.newFolder();
  const first = await network.start({ folder });
  const certificate = await Deno.readTextFile(first.ready.cert);
  assertEquals((await first.end("SIGINT")).code, 0);
  const flags = ["--p2p-address", `127.0.0.1:${first.ready.p2p.port}`];
  const second = await network.start({ folder, flags });
  assertEquals(second.ready.id, first.ready.id);
  assertEquals(await Deno.readTextFile(second.ready.cert), certificate);
});

Deno.test("the task that starts a node takes paths from the folder in which it is called", async () => {
  const folder = await Deno.makeTempDir({ prefix: "voidkad test " });
  try {
    await Deno.writeTextFile(`${folder}/a node.ini`, "[dht]\np2p_address = x\n");
    const task = ["task", "--quiet", "--config", `${ROOT}deno.json`, "start"];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...task, "-c", "a node.ini"],
      cwd: folder,
      env: { INIT_CWD: folder }, // as npx sets it, by which the tests themselves may have been run
    }).output();
    const line = 'voidkad: start: a node.ini:2: p2p_address: "x" has no port\n';
    assertEquals([code, new TextDecoder().decode(stderr)], [2, line]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
