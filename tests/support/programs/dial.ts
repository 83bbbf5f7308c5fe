/**
 * Dials the node of each invite given, as peers do, and the first one also by what this program trusts.
 * Prints an array of outcomes in JSON: `ok` or what is wrong.
 *
 * @module
 */

import { readInvite } from "../../../lib/identity/invite.ts";
import { measureWay } from "../../../lib/net/tls/ping_client.ts";

async function outcome(dial: () => Promise<unknown>): Promise<string> {
  try {
    await dial();
    return "ok";
  } catch (error) {
    return (error as Error).message;
  }
}

const invites = Deno.args.map(readInvite);
const outcomes = [
  await outcome(async () => {
    const { hostname, port } = invites[0]!.address;
    using connection = await Deno.connectTls({ hostname, port });
    await connection.handshake();
  }),
];
for (const invite of invites) outcomes.push(await outcome(() => measureWay(invite)));
console.log(JSON.stringify(outcomes));
