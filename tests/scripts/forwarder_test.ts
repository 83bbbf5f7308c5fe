import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { type Cut, CUTS, Forwarder } from "../../scripts/common/forwarder.ts";

const SILENCE_MS = 100;

/** A server that gives back what it gets. */
function serveEcho(): { port: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const done = (async () => {
    for await (const conn of listener) void conn.readable.pipeTo(conn.writable).catch(() => {});
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** What comes back for a byte: "echo", "closed", or "silence". */
async function ask(conn: Deno.Conn): Promise<string> {
  try {
    await conn.write(new Uint8Array([1]));
    const count = await deadline(conn.read(new Uint8Array(1)), SILENCE_MS);
    return count === 1 ? "echo" : "closed";
  } catch (error) {
    return (error as Error).name === "TimeoutError" ? "silence" : "closed";
  }
}

Deno.test("connections are cut in three ways, and new ones work again", async () => {
  const expected: Record<Cut, { former: string; next: string }> = {
    closed: { former: "closed", next: "echo" },
    silent: { former: "silence", next: "echo" },
    unreachable: { former: "silence", next: "silence" },
  };
  await using server = serveEcho();
  for (const cut of CUTS) {
    await using forwarder = new Forwarder(server.port);
    const connect = () => Deno.connect({ hostname: "127.0.0.1", port: forwarder.port });
    using former = await connect();
    assertEquals(await ask(former), "echo", cut);
    forwarder.cut(cut);
    using next = await connect();
    assertEquals({ former: await ask(former), next: await ask(next) }, expected[cut], cut);
    forwarder.heal();
    using last = await connect();
    assertEquals(await ask(last), "echo", cut);
  }
});

Deno.test("while it refuses nobody can connect, then they can at the same port", async () => {
  await using server = serveEcho();
  await using forwarder = new Forwarder(server.port);
  const { port } = forwarder;
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
  using former = await connect();
  assertEquals(await ask(former), "echo");
  forwarder.refuse();
  assertEquals(await ask(former), "closed");
  await assertRejects(connect);
  await forwarder.accept();
  using next = await connect();
  assertEquals(await ask(next), "echo");
});
