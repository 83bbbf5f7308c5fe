import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import { exists } from "../../lib/identity/atomic_file.ts";
import { HTTP_FLAGS, runCommand, TestNetwork } from "../support/test_node_process.ts";

/** Runs a command; what it wrote, as text. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runCommand(args);
  return { code, out: new TextDecoder().decode(stdout), err: stderr };
}

Deno.test("a command asks the node of its folder, and no other one", async (t) => {
  await using network = new TestNetwork();
  const folders = [network.newFolder(), network.newFolder()] as const;
  const [first, second] = await Promise.all(
    folders.map((folder) => network.start({ folder, flags: HTTP_FLAGS })),
  ) as [typeof network.nodes[0], typeof network.nodes[0]];

  await t.step("whichever ports it has", async () => {
    const put = await run("put", "greeting", "hello", "--data-dir", folders[0]);
    assertMatch(put.out, /^1 of 20 replicas stored in /);
    const got = await run("get", "greeting", "--data-dir", folders[0]);
    assertEquals([got.code, got.out, got.err], [0, "hello", ""]);
    // They know nothing of each other.
    assertEquals((await run("get", "greeting", "--data-dir", folders[1])).code, 1);
    const { out } = await run("status", "--data-dir", folders[1]);
    assertStringIncludes(out, second.ready.id);
  });

  await t.step("an address that is named wins", async () => {
    const at = ["--http-address", formatAddress(first.ready.http!)];
    assertEquals((await run("get", "greeting", "--data-dir", folders[1], ...at)).out, "hello");
  });

  const runFile = (folder: string) => `${folder}/run.json`;

  await t.step("another node at its port gives nothing away and takes nothing", async () => {
    const said = JSON.parse(await Deno.readTextFile(runFile(folders[0])));
    const there = formatAddress(second.ready.http!);
    await Deno.writeTextFile(runFile(folders[0]), JSON.stringify({ ...said, http: there }));
    const put = await run("put", "secret", "mine", "--data-dir", folders[0]);
    assertEquals(put.code, 1);
    assertStringIncludes(put.err, `the node ${first.ready.id} is not here`);
    assertEquals((await run("get", "secret", "--data-dir", folders[1])).code, 1);
    await Deno.writeTextFile(runFile(folders[0]), JSON.stringify(said));
  });

  await t.step("the file goes when the node ends in order", async () => {
    assertEquals((await second.end()).code, 0);
    assert(!await exists(runFile(folders[1])));
  });

  await t.step("and of one that was killed the command says so", async () => {
    await first.end("SIGKILL");
    const { code, err } = await run("get", "greeting", "--data-dir", folders[0]);
    assertEquals(code, 1);
    assertMatch(err, /connection refused: the node of ".*", process \d+, has ended without/);
  });

  await t.step("a file that no node has written is an error that names it", async () => {
    await Deno.writeTextFile(runFile(folders[0]), "{}");
    const { code, err } = await run("status", "--data-dir", folders[0]);
    assertEquals(code, 2);
    assertMatch(err, /run\.json" is not what a node has written/);
  });
});
