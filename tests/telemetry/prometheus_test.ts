import { assert, assertEquals } from "@std/assert";
import parsePrometheus from "parse-prometheus-text-format";
import { ask, type HttpNode, putOver, startHttpNode } from "../support/http_node.ts";
import { startNode, until } from "../support/tls_nodes.ts";

interface Metric {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value?: string;
  readonly count?: string;
  readonly sum?: string;
  readonly buckets?: Readonly<Record<string, string>>;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly Metric[];
}

/** What was scraped. */
interface Scraped {
  readonly text: string;
  readonly families: ReadonlyMap<string, Family>;
}

async function scrape(node: HttpNode): Promise<Scraped> {
  const { status, headers, text } = await ask(node, "/metrics");
  assertEquals(status, 200);
  assertEquals(headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  const families: Family[] = parsePrometheus(text);
  assert(families.length > 20);
  return { text, families: new Map(families.map((family) => [family.name, family])) };
}

/** The one sample that has these labels. */
function sample({ families }: Scraped, name: string, labels = {}): Metric | null {
  const metrics = families.get(`voidkad_${name}`)?.metrics ?? [];
  const wanted = Object.entries(labels);
  return metrics.find((metric) =>
    wanted.every(([label, value]) => metric.labels?.[label] === value)
  ) ?? null;
}

const valueOf = (scraped: Scraped, name: string, labels = {}) =>
  Number(sample(scraped, name, labels)?.value ?? 0);
/** Read off the text, since the parser makes one of histograms that differ in labels only. */
function countOf({ text }: Scraped, name: string, labels = {}): number {
  const given = Object.entries(labels).map(([label, value]) => `${label}="${value}"`).join(",");
  const start = `voidkad_${name}_count${given && `{${given}}`} `;
  const line = text.split("\n").find((one) => one.startsWith(start));
  return Number(line?.slice(start.length) ?? 0);
}

Deno.test("the metrics parse, and are named and described by the conventions", async () => {
  await using node = await startHttpNode();
  const { text, families } = await scrape(node);
  for (const { name, help, type } of families.values()) {
    assert(/^voidkad_[a-z_]+$/.test(name), name);
    assert(help.length > 0, name);
    assertEquals(name.endsWith("_total"), type === "COUNTER", name);
    assert(!/milli|_ms\b/.test(name), name);
  }
  // Read off the text, since the parser makes one of histograms that differ in labels only.
  let last = { histogram: "", count: 0 };
  let histograms = 0;
  for (const line of text.split("\n")) {
    const bucket = /^(\w+)_bucket\{(.*?),?le="(.+)"\} (\d+)$/.exec(line);
    if (!bucket) continue;
    const [, name, labels, bound, count] = bucket;
    const histogram = `${name}${labels ? `{${labels}}` : ""}`;
    if (histogram === last.histogram) assert(Number(count) >= last.count, line);
    last = { histogram, count: Number(count) };
    if (bound !== "+Inf") continue;
    histograms++;
    const total = `${name}_count${labels ? `{${labels}}` : ""} ${count}`;
    assert(text.includes(`\n${total}\n`), `no ${total}`);
  }
  assert(histograms > 10);
});

Deno.test("counts and histograms say what a load did", async () => {
  await using node = await startHttpNode({ node: { replication: 2 } });
  await using other = await startNode({ via: [node] });
  await until(() => other.node.figures().contacts === 1 && node.node.figures().contacts === 1);
  await until(() => node.node.health().verdict === "healthy");
  const before = await scrape(node);
  for (let i = 0; i < 7; i++) {
    assertEquals((await putOver(node, `k${i}`, "v", "?write_quorum=2")).status, 201);
  }
  for (let i = 0; i < 5; i++) await ask(node, `/v1/values/k${i}`); // held here
  for (let i = 0; i < 3; i++) await ask(node, `/v1/values/none${i}`);
  await other.node.put(new Uint8Array(32), new Uint8Array(5), { replication: 2 });
  const after = await scrape(node);
  const grown = (read: typeof valueOf, name: string, labels = {}) =>
    read(after, name, labels) - read(before, name, labels);

  assertEquals(grown(countOf, "put_duration_seconds"), 7);
  assertEquals(grown(valueOf, "puts_total", { outcome: "stored" }), 7);
  assertEquals(grown(countOf, "put_holders"), 7);
  assertEquals(Number(sample(after, "put_holders")!.sum), 14);
  assertEquals(grown(countOf, "proof_of_work_duration_seconds"), 7);
  assertEquals(grown(countOf, "get_duration_seconds"), 8);
  assertEquals(grown(valueOf, "gets_total", { outcome: "here" }), 5);
  assertEquals(grown(valueOf, "gets_total", { outcome: "missed" }), 3);
  assertEquals(grown(countOf, "lookup_duration_seconds"), 10);
  assertEquals(grown(countOf, "lookup_hops", { target: "nodes" }), 7);
  assertEquals(grown(countOf, "lookup_hops", { target: "value" }), 3);
  assertEquals(grown(countOf, "lookup_requests", { target: "value" }), 3);
  assertEquals(grown(valueOf, "lookups_total", { outcome: "closest" }), 7);
  assertEquals(grown(valueOf, "lookups_total", { outcome: "notFound" }), 3);
  for (const type of ["store", "findValue", "findNode"]) {
    const count = { store: 7, findValue: 3, findNode: 7 }[type]!;
    assertEquals(grown(valueOf, "requests_total", { type, outcome: "answered" }), count, type);
    assertEquals(grown(countOf, "request_duration_seconds", { type }), count, type);
  }
  assertEquals(grown(valueOf, "requests_received_total", { type: "store" }), 1);
  assertEquals(grown(valueOf, "stores_received_total", { status: "stored" }), 1);
  assertEquals(valueOf(after, "values", { kind: "replica" }), 8);
  assertEquals(valueOf(after, "contacts"), 1);
  assertEquals(valueOf(after, "health", { verdict: "healthy" }), 1);
  assertEquals(valueOf(after, "health", { verdict: "alone" }), 0);
  assert(grown(valueOf, "peer_bytes_total", { direction: "out" }) > 0);
  assert(grown(valueOf, "peer_bytes_total", { direction: "in" }) > 0);
  assert(valueOf(after, "handshakes_total", { direction: "out", outcome: "succeeded" }) >= 1);
  assert(countOf(after, "handshake_duration_seconds", { direction: "in" }) >= 1);
  assert(valueOf(after, "connections", { direction: "out" }) >= 1);
  // The event loop is measured by a timer of its own.
  let scraped = after;
  while (countOf(scraped, "event_loop_delay_seconds") === 0) scraped = await scrape(node);
});
