import { assert, assertEquals } from "@std/assert";
import { NodeProcess } from "../../scripts/common/node_process.ts";
import { nodeFlags, program } from "../support/test_node_process.ts";

/** What an exporter has sent, by the path that it was sent to. */
interface Collector extends AsyncDisposable {
  readonly endpoint: string;
  readonly received: Map<string, string[]>;
}

/** Takes OTLP over HTTP as JSON. */
async function openCollector(): Promise<Collector> {
  const received = new Map<string, string[]>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => resolve(port) },
    async (request) => {
      const { pathname } = new URL(request.url);
      received.set(pathname, [...received.get(pathname) ?? [], await request.text()]);
      return Response.json({});
    },
  );
  return {
    endpoint: `http://127.0.0.1:${await promise}`,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What stands under a name anywhere in some JSON. */
function namesIn(texts: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const text of texts) {
    JSON.parse(text, (key, value) => {
      if (key === "name" && typeof value === "string") names.add(value);
      return value;
    });
  }
  return names;
}

// A binary has the exporter only if it was compiled with OTEL_DENO=true: Deno decides it then, and for good.
const ignore = Deno.env.has("VOIDKAD_BINARY");

Deno.test("spans and metrics reach a collector by Deno's exporter", { ignore }, async () => {
  await using collector = await openCollector();
  const folder = Deno.makeTempDirSync({ prefix: "voidkad-test-" });
  const env = {
    OTEL_DENO: "true",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_METRIC_EXPORT_INTERVAL: "1", // so often that metrics are being collected when the node ends
    OTEL_BSP_SCHEDULE_DELAY: "100",
  };
  try {
    const flags = [...nodeFlags(folder, ["--http-address", "127.0.0.1:0"])];
    await using node = await NodeProcess.start(program(), flags, () => {}, env);
    const url = `http://127.0.0.1:${node.ready.http!.port}/v1/values/key`;
    const put = await fetch(url, { method: "PUT", headers: { "X-Voidkad": "1" }, body: "value" });
    assertEquals(put.status, 201);
    await put.body?.cancel();
    const got = await fetch(url);
    assertEquals(await got.text(), "value");
    assertEquals((await node.end("SIGTERM")).code, 0);
    const spans = namesIn(collector.received.get("/v1/traces") ?? []);
    for (const name of ["put", "get", "lookup", "proof of work"]) {
      assert(spans.has(name), `${name} is not among ${[...spans]}`);
    }
    const metrics = namesIn(collector.received.get("/v1/metrics") ?? []);
    for (const name of ["voidkad.put.duration", "voidkad.lookup.hops", "voidkad.get.duration"]) {
      assert(metrics.has(name), `${name} is not among ${[...metrics]}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
