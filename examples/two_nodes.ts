/**
 * Two nodes in one program. The second joins by the invite of the first and stores a value; the first
 * finds it.
 *
 * `deno run --allow-net examples/two_nodes.ts`
 *
 * @module
 */

import {
  formatAddress,
  formatInvite,
  makeCertificate,
  NODE_OPTIONS_DEFAULT,
  parseAddress,
  readInvite,
  serve,
} from "../lib/mod.ts";

const options = {
  p2pAddress: parseAddress("127.0.0.1:0"), // port 0: any free one
  publicAddress: null,
  apiAddress: parseAddress("127.0.0.1:0"),
  node: NODE_OPTIONS_DEFAULT,
  log: () => {},
};

await using first = serve({
  ...options,
  certificate: await makeCertificate("127.0.0.1"),
  bootstrappers: [],
});
const invite = formatInvite(first.node.self);
console.log(`First node:  ${formatAddress(first.p2pAddress)}`);

await using second = serve({
  ...options,
  certificate: await makeCertificate("127.0.0.1"),
  bootstrappers: [readInvite(invite)],
});
console.log(`Second node: ${formatAddress(second.p2pAddress)}`);
await second.node.ping(first.node.self); // it joins by itself; after this it has

const key = crypto.getRandomValues(new Uint8Array(32));
const { holders } = await second.node.put(key, new TextEncoder().encode("hello"));
console.log(`Stored on ${holders.length} nodes`);

const found = await first.node.get(key);
console.log(`Found: ${new TextDecoder().decode(found?.value)}`);
