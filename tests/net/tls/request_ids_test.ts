import { assertEquals } from "@std/assert";
import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { Credentials } from "../../../lib/identity/credentials.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import { PeerConnection } from "../../../lib/net/tls/peer_connection.ts";
import type { RequestFailure } from "../../../lib/node/ports.ts";
import { FakePeer } from "../../support/fake_peer.ts";
import { join, peerFrame, uint } from "../../support/frames.ts";
import { RawConnection } from "../../support/raw_connection.ts";
import { keyOf } from "../../support/values.ts";

const LAST_ID = 0xffff_ffff;
const request = { type: "findNode", key: keyOf("key"), amount: 20 } as const;

/** A FOUND NODE without contacts. */
function empty(id: number): Uint8Array {
  return peerFrame(674, id, uint(0, 1));
}

Deno.test("ids start over at the end: a late answer from before is no error, an id in use stays its own", async () => {
  const ids: number[] = [];
  // The first request is answered late, together with the last; the second one never.
  await using peer = await FakePeer.listen(({ id }) => {
    ids.push(id);
    if (ids.length < 3) return null;
    return ids.length < 6 ? empty(id) : join(empty(ids[0]!), empty(id));
  });
  const errors: (Error | null)[] = [];
  const connection = new PeerConnection(peer.contact, {
    clock: new SystemClock(),
    contacts: new ContactCache(sha256),
    credentials: new Credentials(null),
    onClosed: ({ error }) => void errors.push(error),
    firstRequestId: LAST_ID - 1,
  });
  const { conn } = await RawConnection.toPeerSilently(peer.contact.address.port);
  const ended = connection.open(conn as Deno.TlsConn);
  const ask = () =>
    new Promise<RequestFailure | null>((resolve) =>
      connection.request(request, (_, failure) => resolve(failure))
    );
  connection.request(request, () => {}).cancel();
  const unanswered = ask();
  for (let i = 0; i < 4; i++) assertEquals(await ask(), null);
  assertEquals(ids, [LAST_ID - 1, LAST_ID, 0, 1, 2, 3]);
  assertEquals([connection.closed, errors], [false, []]);
  connection.close("closed");
  assertEquals(await unanswered, "closed");
  await ended;
});
