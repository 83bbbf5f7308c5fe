import { makeAddress } from "../../lib/core/kademlia/address.ts";
import { type Contact, makeContact } from "../../lib/core/kademlia/contact.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import type { Node } from "../../lib/node/node.ts";
import type { Origin } from "../../lib/node/ports.ts";
import { testNetwork } from "../support/network_suite.ts";
import {
  certificate,
  contactAt,
  deadPort,
  openTransport,
  pause,
  startNode,
} from "../support/tls_nodes.ts";
import { pongAt } from "../support/pings.ts";

testNetwork("TLS", async () => {
  const { der } = await certificate();
  const { der: stolen } = await certificate("stolen");
  const open: AsyncDisposable[] = [];
  const origins = new Map<Node, ReadonlySet<Origin>>();
  return {
    start: async (via: readonly Node[], options = {}) => {
      const running = await startNode({ via: via.map((node) => ({ node })), node: options });
      open.push(running);
      origins.set(running.node, running.origins);
      return running.node;
    },
    originsOf: (node) => origins.get(node)!,
    stranger: async (lieAbout) => {
      const lies = {
        "IP": ({ address: { port } }: Contact) =>
          makeContact(makeAddress("127.0.0.2", port), der, sha256),
        "port": () => contactAt(deadPort(), der),
        "certificate": ({ address }: Contact) => makeContact(address, stolen, sha256),
      };
      const end = await openTransport(lieAbout && { claims: lies[lieAbout] });
      end.transport.attach({
        onConnected: () => {},
        onRequest: (request, _origin, answer) => {
          if (request.type === "ping") answer(pongAt(Date.now()));
        },
      });
      open.push(end);
      return end;
    },
    settle: (promise) => promise,
    wait: pause,
    async [Symbol.asyncDispose]() {
      await Promise.all(open.map((each) => each[Symbol.asyncDispose]()));
    },
  };
});
