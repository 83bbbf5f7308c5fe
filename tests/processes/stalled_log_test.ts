import { assert, assertEquals, assertMatch } from "@std/assert";
import { RawConnection } from "../support/raw_connection.ts";
import { HTTP_FLAGS, nodeFlags, program } from "../support/test_node_process.ts";

/** Each makes a line of the log at level debug: more than a pipe holds, and than a node keeps. */
const BROKEN_HANDSHAKES = 4_000;
const AT_ONCE = 50;

async function breakOff(port: number): Promise<void> {
  using client = await RawConnection.toApi(port);
  await client.tryWrite(Uint8Array.of(0, 4, 0, 0)); // no TLS
  await client.all();
}

Deno.test("a node whose log is not read serves on, counts the lines that it drops, and stops", async () => {
  const folder = await Deno.makeTempDir();
  const { command, args } = program();
  const child = new Deno.Command(command, {
    args: [...args, ...nodeFlags(folder, [...HTTP_FLAGS, "--log-level", "debug"])],
    stdout: "piped",
    stderr: "piped", // and read by nobody until the end
  }).spawn();
  try {
    const reader = child.stdout.getReader();
    const ready = new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    const [, p2p, http] = /p2p=127\.0\.0\.1:(\d+) .*http=(\S+)/.exec(ready)!;
    for (let i = 0; i < BROKEN_HANDSHAKES; i += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => breakOff(Number(p2p))));
    }
    const health = await fetch(`http://${http}/healthz`);
    assertEquals([health.status, (await health.json()).verdict], [200, "alone"]);
    const metrics = await (await fetch(`http://${http}/metrics`)).text();
    const dropped = Number(/^voidkad_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1]);
    assert(dropped > 0 && dropped < BROKEN_HANDSHAKES, `${dropped} lines were dropped`);
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
    const log = await new Response(child.stderr).text();
    assertMatch(log, /Z info {2}Other nodes join/);
  } finally {
    await child.stderr.cancel().catch(() => {});
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
});
