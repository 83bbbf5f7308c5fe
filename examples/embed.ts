/**
 * A node inside a program with work of its own. It fetches a page by HTTPS and keeps it in the network, for
 * an hour and for each program that wants the same page.
 *
 * `deno run --allow-net examples/embed.ts https://example.com/ [INVITE]`
 *
 * The node trusts the pinned certificates of its peers and nothing else. The program's own connections trust
 * what they would trust without the node.
 *
 * @module
 */

import {
  makeCertificate,
  type Node,
  NODE_OPTIONS_DEFAULT,
  NodeBusyError,
  parseAddress,
  readInvite,
  serve,
} from "../lib/mod.ts";

const HOUR_MS = 3_600_000;
/** The longest value that a node takes. */
const VALUE_BYTES_MAX = 65_495;

/** The page from the network; from its server if the network does not have it. */
async function readPage(node: Node, url: string): Promise<Uint8Array> {
  const key = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url)));
  const found = await node.get(key);
  if (found) {
    console.log(`Found in the network, for ${Math.round(found.ttlMs / 60_000)} more minutes`);
    return found.value;
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot fetch ${url}: status ${response.status}`);
  const page = await response.bytes();
  console.log("Fetched from its server");
  await keepPage(node, key, page);
  return page;
}

/** The page is there either way: that the network does not take it is no reason to fail. */
async function keepPage(node: Node, key: Uint8Array, page: Uint8Array): Promise<void> {
  if (page.length === 0 || page.length > VALUE_BYTES_MAX) return;
  try {
    const { holders } = await node.put(key, page, { ttlMs: HOUR_MS });
    console.log(`Stored on ${holders.length} nodes`);
  } catch (error) {
    if (!(error instanceof NodeBusyError)) throw error;
    console.log(error.message);
  }
}

/** Waits until the node has joined, for 5 seconds at most. */
async function waitForNetwork(node: Node): Promise<void> {
  for (let tries = 0; tries < 50 && node.health().verdict === "joining"; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const [url, invite] = Deno.args;
if (url === undefined) {
  console.error("Usage: embed.ts URL [INVITE]");
  Deno.exit(2);
}
await using running = serve({
  p2pAddress: parseAddress("127.0.0.1:0"),
  publicAddress: null,
  apiAddress: parseAddress("127.0.0.1:0"),
  certificate: await makeCertificate("127.0.0.1"),
  bootstrappers: invite === undefined ? [] : [readInvite(invite)],
  node: NODE_OPTIONS_DEFAULT,
  log: (level, message) => console.error(level, message),
});
await waitForNetwork(running.node);
const page = await readPage(running.node, url);
console.log(`${page.length} bytes`);
