import { assert, assertEquals } from "@std/assert";
import type { PeerRequest } from "../../lib/core/wire/messages.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { EventQueue } from "../../lib/sim/event_queue.ts";
import { SimNetwork, type SimNetworkOptions } from "../../lib/sim/network.ts";
import { SeededRandom } from "../../lib/sim/random/seeded_random.ts";
import { SimWorld } from "../support/sim_world.ts";
import { printedSeed } from "../support/core/seed.ts";
import { bytesOf, fakeContact, keyOf } from "../support/values.ts";

const key = keyOf("any");
const a = fakeContact("10.0.0.1", 1);
const b = fakeContact("10.0.0.2", 1);

/** Two ends of a network; `b` answers with its number of requests, and notes them. */
function twoEnds(options: Partial<SimNetworkOptions> = {}) {
  const queue = new EventQueue();
  const network = new SimNetwork({
    queue,
    sha256,
    delayMs: () => 10,
    throughCodec: true,
    ...options,
  });
  const [ends, heard] = [[a, b].map((contact) => network.open(contact)), [] as PeerRequest[]];
  for (const end of ends) {
    end.attach({
      onConnected: () => {},
      onRequest: (request, _origin, answer) => {
        heard.push(request);
        answer({ type: "foundNode", contacts: [] });
      },
    });
  }
  return { queue, network, from: ends[0]!, to: ends[1]!, heard };
}

function find(amount: number): PeerRequest {
  return { type: "findNode", key, amount };
}

Deno.test("a first request takes three round trips, the next ones one", () => {
  const { queue, from } = twoEnds();
  const times: number[] = [];
  from.request(b, find(1), () => times.push(queue.now()));
  queue.runUntil(1_000);
  from.request(b, find(2), () => times.push(queue.now() - 1_000));
  queue.runUntil(2_000);
  assertEquals(times, [60, 20]);
});

Deno.test("messages between two nodes arrive in their order, however long each takes", () => {
  const random = new SeededRandom(printedSeed());
  const { queue, from, heard } = twoEnds({ delayMs: () => 100 * random.next() });
  const answered: number[] = [];
  for (let i = 0; i < 200; i++) {
    queue.runAt(i, () => void from.request(b, find(i), () => answered.push(i)));
  }
  queue.runUntil(10_000);
  const order = Array.from({ length: 200 }, (_, i) => i);
  assertEquals(heard.map((request) => request.type === "findNode" && request.amount), order);
  assertEquals(answered, order);
});

Deno.test("a lost message is never answered", () => {
  let lost = false;
  const { queue, from, heard } = twoEnds({ isLost: () => lost });
  let answers = 0;
  from.request(b, find(1), () => answers++);
  queue.runUntil(100);
  lost = true;
  from.request(b, find(2), () => answers++);
  queue.runUntil(100_000);
  assertEquals([answers, heard.length], [1, 1]);
});

Deno.test("a stopped node answers nothing; when it goes on, it answers what has come", () => {
  const { queue, from, to } = twoEnds();
  let answers = 0;
  from.request(b, find(1), () => answers++);
  queue.runUntil(100);
  to.clock.stop();
  from.request(b, find(2), () => answers++);
  queue.runUntil(10_000);
  to.clock.resume();
  from.request(b, find(3), () => answers++);
  queue.runUntil(20_000);
  assertEquals(answers, 3);
});

Deno.test("what was carried is counted", () => {
  const { queue, from, network } = twoEnds();
  for (let i = 0; i < 3; i++) from.request(b, find(i), () => {});
  queue.runUntil(1_000);
  assertEquals(network.counts.connections, 1);
  assertEquals(network.counts.messages, 6);
  assertEquals(network.counts.bytes, 3 * (43 + 11));
});

Deno.test("one request on two connections is given to each once", () => {
  const { queue, network, heard } = twoEnds();
  const c = network.open(fakeContact("10.0.0.3", 1));
  let calls = 0;
  const onAnswer = () => calls++;
  c.request(a, find(1), onAnswer);
  c.request(b, find(1), onAnswer);
  queue.runUntil(1_000);
  assertEquals([heard.length, calls], [2, 2], "one callback may serve two requests");
});

Deno.test("the same seed gives the same run, message by message; another seed another", () => {
  const run = (seed: number) => {
    const world = new SimWorld(seed);
    const nodes = world.startMany(12);
    for (let i = 0; i < 20; i++) {
      world.put(nodes[i % 12]!, keyOf(`${i}`), bytesOf("value"), { replication: 3 });
    }
    world.run(3_600_000);
    return [world.queue.count, ...world.nodes.map(({ sent }) => sent.map(({ time }) => time))];
  };
  const seed = printedSeed();
  assertEquals(run(seed), run(seed));
  assert(JSON.stringify(run(seed)) !== JSON.stringify(run(seed ^ 1)));
});
