/**
 * Invites against `tests/vectors`.
 */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { formatAddress } from "../../lib/core/kademlia/address.ts";
import { formatInvite, readInvite } from "../../lib/identity/invite.ts";
import type { NetworkKey } from "../../lib/identity/network.ts";
import { serverNameOf } from "../../lib/identity/server_name.ts";
import invites from "../vectors/invites.json" with { type: "json" };

/** A key in hex; or the network's public key, and after it the token. */
function describe(key: NetworkKey): string {
  return key instanceof Uint8Array
    ? encodeHex(key)
    : `${encodeHex(key.publicKey)} ${encodeHex(key.token!)}`;
}

for (
  const { name, text, address, alternate, certificate, networkKey, serverName } of invites.invites
) {
  Deno.test(`vectors: ${name}`, () => {
    const invite = readInvite(text);
    assertEquals(formatAddress(invite.address), address);
    assertEquals(invite.alternate && formatAddress(invite.alternate), alternate ?? null);
    assertEquals(encodeHex(invite.certificate), certificate);
    assertEquals(invite.networkKey && describe(invite.networkKey), networkKey);
    assertEquals(serverNameOf(invite.address.hostname), serverName);
    assertEquals(formatInvite(invite), text);
  });
}

for (const { name, text, reason } of invites.malformed) {
  Deno.test(`vectors: an invite with ${name} is refused, since ${reason}`, () => {
    assertThrows(() => readInvite(text), SyntaxError);
  });
}
