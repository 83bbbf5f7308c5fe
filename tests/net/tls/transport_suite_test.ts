import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import type { ListenerKind } from "../../../lib/net/tls/open_listener.ts";
import { SystemClock } from "../../../lib/net/system.ts";
import { certificate, contactAt, deadPort, openTransport } from "../../support/tls_nodes.ts";
import { testTransport, type TransportBench } from "../../support/transport_suite.ts";

for (const kind of ["deno", "node"] as const) testTransport(`TLS, ${kind}`, () => open(kind));

async function open(kind: ListenerKind): Promise<TransportBench> {
  const clock = new SystemClock();
  const { der } = await certificate();
  const { der: otherDer } = await certificate("another");
  return {
    open: () => openTransport({ clock, kind }),
    nobody: () => contactAt(deadPort(), der),
    impostor: ({ address }: Contact) => Promise.resolve(contactAt(address.port, otherDer)),
    settle: <T>(promise: Promise<T>) => promise,
    now: () => clock.now(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
