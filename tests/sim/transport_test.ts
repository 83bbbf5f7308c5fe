import { SimWorld } from "../support/sim_world.ts";
import { testTransport } from "../support/transport_suite.ts";
import { fakeContact } from "../support/values.ts";

testTransport("simulated", () => {
  const world = new SimWorld();
  let port = 1;
  const next = () => fakeContact("127.0.0.1", port++);
  return Promise.resolve({
    open: () => {
      const contact = next();
      return Promise.resolve({ contact, transport: world.network.open(contact) });
    },
    nobody: next,
    impostor: ({ address }) =>
      Promise.resolve(fakeContact(address.hostname, address.port, "another")),
    now: () => world.now,
    settle: (promise) => world.settle(promise),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});
