import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import { certificate, contactAt, deadPort, openTransport } from "../../support/tls_nodes.ts";
import { testTransport } from "../../support/transport_suite.ts";

testTransport("TLS", async () => {
  const { der } = await certificate();
  const { der: otherDer } = await certificate("another");
  return {
    open: () => openTransport(),
    nobody: () => contactAt(deadPort(), der),
    impostor: ({ address }: Contact) => Promise.resolve(contactAt(address.port, otherDer)),
    settle: <T>(promise: Promise<T>) => promise,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});
