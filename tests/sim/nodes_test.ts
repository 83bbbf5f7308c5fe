import type { Node } from "../../lib/node/node.ts";
import { testNetwork } from "../support/network_suite.ts";
import { SimWorld } from "../support/sim_world.ts";
import { fakeContact } from "../support/values.ts";

testNetwork("simulated", () => {
  const world = new SimWorld();
  let port = 7_000;
  const next = () => fakeContact("127.0.0.1", port++);
  return Promise.resolve({
    start: (via: readonly Node[], options = {}) => {
      const { node } = world.start(next(), via.map(({ self }) => self), options);
      return Promise.resolve(node);
    },
    originsOf: (node) => world.nodes.find((one) => one.node === node)!.origins,
    stranger: (lieAbout) => {
      const contact = next();
      const { address: { hostname, port } } = contact;
      const lies = {
        "IP": fakeContact("127.0.0.2", port),
        "port": fakeContact(hostname, 9),
        "certificate": fakeContact(hostname, port, "stolen"),
      };
      return Promise.resolve({
        contact: lieAbout ? lies[lieAbout] : contact,
        transport: world.startScripted(contact, () => world.pong()),
      });
    },
    settle: (promise) => world.settle(promise),
    wait: (ms) => {
      world.run(ms);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
