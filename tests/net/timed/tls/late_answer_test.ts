import { assert, assertEquals } from "@std/assert";
import { EventQueue } from "../../../../lib/sim/event_queue.ts";
import { DRAIN_LIMIT_MS, PEER_UNANSWERED_LARGE_MAX } from "../../../../lib/net/limits.ts";
import { findBody, join, peerFrame } from "../../../support/frames.ts";
import { RawConnection } from "../../../support/raw_connection.ts";
import { openTransport, pause, type TlsEndpoint, until } from "../../../support/tls_nodes.ts";
import { keyOf } from "../../../support/values.ts";

const key = keyOf("key");

/** Has an endpoint answer when it is told to; returns the answers that wait. */
function attach({ transport }: TlsEndpoint): (() => void)[] {
  const waiting: (() => void)[] = [];
  transport.attach({
    onConnected: () => {},
    onRequest: (_request, _origin, answer) =>
      void waiting.push(() => answer({ type: "foundNode", contacts: [] })),
    onDisconnected: () => {},
  });
  return waiting;
}

for (const answers of [true, false]) {
  const what = answers ? "is still answered" : "is let go in the end";
  Deno.test(`an asker that has said all, and whose answer takes a while, ${what}`, async () => {
    const clock = new EventQueue();
    await using end = await openTransport({ clock });
    const waiting = attach(end);
    using peer = await RawConnection.toPeer(end.contact.address.port);
    await peer.write(peerFrame(662, 1, findBody(key)));
    await peer.write(peerFrame(662, 2, findBody(key)));
    await peer.finish();
    await until(() => waiting.length === 2);
    await pause(50); // the end of what it says has come too
    waiting[0]!();
    assertEquals((await peer.next())?.type, 674);
    if (answers) waiting[1]!();
    else clock.runUntil(DRAIN_LIMIT_MS);
    assertEquals((await peer.all()).map(({ type }) => type), answers ? [674] : []);
  });
}

Deno.test("no more is read of an asker that has very many answers to come, until some have", async () => {
  await using end = await openTransport();
  const waiting = attach(end);
  using peer = await RawConnection.toPeer(end.contact.address.port);
  const count = 3 * PEER_UNANSWERED_LARGE_MAX;
  await peer.write(
    join(...Array.from({ length: count }, (_, id) => peerFrame(662, id, findBody(key)))),
  );
  let answered = 0;
  while (answered < count) {
    await until(() => waiting.length > 0);
    await pause(50);
    assert(waiting.length <= PEER_UNANSWERED_LARGE_MAX, `${waiting.length} wait`);
    answered += waiting.length;
    for (const answer of waiting.splice(0)) answer();
  }
  assertEquals((await peer.take(count)).length, count);
});
