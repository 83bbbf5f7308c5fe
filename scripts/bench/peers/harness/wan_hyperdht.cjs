// One HyperDHT node, driven by JSON lines. Arguments: index, "-", "-" for host 1 or anything else to join it.
const t0 = performance.now();
const DHT = require("hyperdht");
const i = Number(process.argv[2]), first = process.argv[4] === "-";
const ipOf = (k) => `10.99.${Math.floor(k / 250)}.${k % 250}`;
const say = (o) => process.stdout.write(JSON.stringify(o) + "\n");
const PORT = 49737;
const started = performance.now();
const node = first ? DHT.bootstrapper(PORT, ipOf(i), { host: ipOf(i) }) : new DHT({
  ephemeral: false,
  firewalled: false,
  host: ipOf(i),
  port: PORT,
  bootstrap: [{ host: ipOf(1), port: PORT }],
});
say({ event: "started", ms: performance.now() - t0, invite: "join" });
node.fullyBootstrapped().then(() =>
  say({
    event: "joined",
    ms: performance.now() - started,
    total: performance.now() - t0,
    line: node.toArray().length + " contacts",
  })
);
const watch = setInterval(() => {
  const n = node.toArray().length;
  if (n >= 8) {
    say({ event: "known", ms: performance.now() - started, total: performance.now() - t0, n });
    clearInterval(watch);
  }
}, 20);
async function handle(m) {
  if (m.op === "put") {
    const value = Buffer.from(m.value, "base64");
    const a = performance.now();
    const r = await node.immutablePut(value);
    return {
      ms: performance.now() - a,
      ok: r.closestNodes.length > 0,
      copies: r.closestNodes.length,
      key: r.hash.toString("hex"),
    };
  }
  if (m.op === "get") {
    const a = performance.now();
    const r = await node.immutableGet(Buffer.from(m.key, "hex"));
    const ms = performance.now() - a;
    return {
      ms,
      found: !!r,
      equal: !!r && (!m.value || Buffer.from(m.value, "base64").equals(r.value)),
    };
  }
  if (m.op === "holds") {
    const held = [];
    m.keys.forEach((k, n) => {
      if (node._persistent && node._persistent.immutables.get(k)) held.push(n);
    });
    return { held, copies: [] };
  }
  if (m.op === "stats") {
    return {
      table: node.toArray().length,
      rss: process.memoryUsage().rss,
      ephemeral: node.ephemeral,
      firewalled: node.firewalled,
      requests: node.stats.requests,
    };
  }
  if (m.op === "counts") return { counts: node.stats.requests };
  if (m.op === "quit") process.exit(0);
  return { error: "unknown op" };
}
let rest = "";
process.stdin.on("data", (d) => {
  rest += d;
  let at;
  while ((at = rest.indexOf("\n")) >= 0) {
    const m = JSON.parse(rest.slice(0, at));
    rest = rest.slice(at + 1);
    handle(m).then(
      (r) => say({ id: m.id, ...r }),
      (e) => say({ id: m.id, error: String((e && e.message) || e) }),
    );
  }
});
process.stdin.on("end", () => process.exit(0));
