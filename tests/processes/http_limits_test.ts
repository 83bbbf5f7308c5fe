import { assert, assertEquals } from "@std/assert";
import { HTTP_CONNECTIONS_MAX } from "../../lib/admin/http/limits.ts";
import { RawHttpClient } from "../support/http_node.ts";
import { HTTP_FLAGS, TestNetwork } from "../support/test_node_process.ts";
import { until } from "../support/tls_nodes.ts";

/** The version of Deno inside the compiled binary under test; null if `main.ts` is under test. */
async function runtimeOfBinary(): Promise<string | null> {
  const binary = Deno.env.get("VOIDKAD_BINARY");
  if (!binary) return null;
  const text = new TextDecoder("latin1").decode(await Deno.readFile(binary));
  return /Deno\/(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;
}

const runtime = await runtimeOfBinary();
const [major = 0, minor = 0] = (runtime ?? Deno.version.deno).split(".").map(Number);
const hasSockets = major > 2 || (major === 2 && minor >= 8);
if (!hasSockets) {
  console.log(`The limits of HTTP are not tested: they need Deno 2.8, the binary has ${runtime}`);
}

Deno.test({
  name: "a node in a process closes the connection that has waited longest",
  ignore: !hasSockets,
  async fn() {
    await using network = new TestNetwork();
    const { ready } = await network.start({ flags: HTTP_FLAGS });
    const { port } = ready.http!;
    const clients: RawHttpClient[] = [];
    try {
      for (let i = 0; i < HTTP_CONNECTIONS_MAX + 2; i++) {
        clients.push(await RawHttpClient.open(port, "GET / HTTP/1.1\r\nHos"));
      }
      await until(() => clients.filter(({ closed }) => closed).length === 2);
      assert(clients[0]!.closed && clients[1]!.closed);
      using late = await RawHttpClient.open(
        port,
        `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      );
      await until(() => late.status !== null);
      assertEquals(late.status, 200);
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
  },
});
