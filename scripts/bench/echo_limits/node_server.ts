/**
 * A node that holds a value and knows others, which are in the same process and idle. Ends when its
 * standard input does.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { NODE_OPTIONS_DEFAULT } from "../../../lib/node/options.ts";
import { OwnProcessNetwork } from "../networks/own_process.ts";

/** Enough for answers with as many contacts as one has. */
const NODES = 24;
const VALUE_BYTES = 256;

await using network = await OwnProcessNetwork.prepare({
  nodes: NODES,
  replication: NODES - 4,
  node: NODE_OPTIONS_DEFAULT,
  pooling: true,
});
await network.start();
const key = crypto.getRandomValues(new Uint8Array(32));
const value = crypto.getRandomValues(new Uint8Array(VALUE_BYTES));
await network.put(0, key, value); // who puts a value keeps it
console.log(JSON.stringify({
  ...network.addressesOf(0),
  key: encodeHex(key),
  value: encodeHex(value),
}));
await Deno.stdin.readable.pipeTo(new WritableStream());
Deno.exit(0);
