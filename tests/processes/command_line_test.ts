import { assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { createHash } from "node:crypto";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import { assertFound, get, newRandom, randomBytes } from "../support/api_clients.ts";
import { type NodeProcess, runCommand, TestNetwork } from "../support/test_node_process.ts";

const NOTHING = new Uint8Array(0);
const UNCONFIRMED = "voidkad: put: the node took the value, unconfirmed: only HTTP has receipts\n";

Deno.test("voidkad put and get", async (t) => {
  await using network = await TestNetwork.of(2);
  const random = newRandom();
  const [a, b] = network.nodes as [NodeProcess, NodeProcess];
  const apiFlags = (node: NodeProcess) => ["--api-address", formatAddress(node.ready.api)];

  await t.step("bytes from standard input come out as they went in", async () => {
    const value = randomBytes(random, 65_495);
    const key = randomBytes(random, 32);
    const keyText = encodeHex(key);
    const putFlags = ["--ttl", "600", "--replication", "2", ...apiFlags(a)];
    const stored = await runCommand(["put", keyText, "-", ...putFlags], value);
    assertEquals(stored, { code: 0, stdout: NOTHING, stderr: UNCONFIRMED });
    await assertFound(b, { key, value });
    const found = await runCommand(["get", keyText.toUpperCase(), ...apiFlags(b)]);
    assertEquals([found.code, found.stderr], [0, ""]);
    assertEquals(found.stdout, value);
  });

  await t.step("a key in words is hashed", async () => {
    const stored = await runCommand(["put", "a greeting", "grüß dich", ...apiFlags(b)]);
    assertEquals(stored, { code: 0, stdout: NOTHING, stderr: UNCONFIRMED });
    const key = new Uint8Array(createHash("sha256").update("a greeting").digest());
    assertEquals(new TextDecoder().decode(await get(a, key) ?? NOTHING), "grüß dich");
  });

  await t.step("what is not there is one line and exit status 1", async () => {
    const result = await runCommand(["get", "nobody put this", ...apiFlags(a)]);
    assertEquals(result, {
      code: 1,
      stdout: NOTHING,
      stderr: 'voidkad: get: "nobody put this": not found\n',
    });
  });

  await t.step("a value that is too large or empty is one line and exit status 2", async () => {
    for (const value of [NOTHING, randomBytes(random, 65_496)]) {
      const { code, stdout, stderr } = await runCommand(["put", "x", "-", ...apiFlags(a)], value);
      assertEquals([code, stdout.length], [2, 0]);
      assertMatch(stderr, /^voidkad: put: VALUE is (empty|larger than 65495 bytes)\n$/);
    }
  });

  await t.step("a node that is gone is one line and exit status 1", async () => {
    const flags = apiFlags(b);
    await b.end("SIGKILL");
    for (const args of [["put", "x", "y"], ["get", "x"]]) {
      const { code, stdout, stderr } = await runCommand([...args, ...flags]);
      assertEquals([code, stdout.length], [1, 0]);
      assertMatch(stderr, /^voidkad: (put|get): [Cc]annot reach a node at 127\.0\.0\.1:\d+: .+\n$/);
    }
  });
});
