import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import { certificate, contactAt, deadPort, openTransport } from "../../support/tls_nodes.ts";
import { testTransport } from "../../support/transport_suite.ts";

testTransport("TLS", async () => {
  const clock = new SystemClock();
  const { der } = await certificate();
  const { der: otherDer } = await certificate("another");
  return {
    open: () => openTransport({ clock }),
    nobody: () => contactAt(deadPort(), der),
    impostor: ({ address }: Contact) => Promise.resolve(contactAt(address.port, otherDer)),
    settle: <T>(promise: Promise<T>) => promise,
    now: () => clock.now(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
