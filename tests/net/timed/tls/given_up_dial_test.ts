import { assertEquals } from "@std/assert";
import { parseAddress } from "../../../../lib/core/kademlia/address.ts";
import { Handshakes } from "../../../../lib/net/tls/handshake.ts";
import { EventQueue } from "../../../../lib/sim/event_queue.ts";
import { pause } from "../../../support/tls_nodes.ts";

const DIALS = 300;

Deno.test("a dial that is given up at any moment leaves no connection open", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = parseAddress(`127.0.0.1:${listener.addr.port}`);
  for (let i = 0; i < DIALS; i++) {
    const clock = new EventQueue();
    const handshakes = new Handshakes(clock);
    const dialled = handshakes.dial(address, new Uint8Array(1));
    // A connection is made meanwhile, or is about to be.
    const accepted = listener.accept();
    await pause(i % 3);
    handshakes.abort();
    clock.runUntil(1_000);
    assertEquals("failure" in await dialled, true);
    (await accepted).close();
  }
});
