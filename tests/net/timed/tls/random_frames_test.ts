import { assert } from "@std/assert";
import { SeededRandom } from "../../../../lib/sim/random/seeded_random.ts";
import { join } from "../../../support/frames.ts";
import {
  mutate,
  randomApiFrame,
  randomPeerFrame,
  randomShape,
} from "../../../support/mutations.ts";
import { assertServes, RawConnection } from "../../../support/raw_connection.ts";
import { startNode, type TlsNode } from "../../../support/tls_nodes.ts";
import { printedSeed } from "../../../support/core/seed.ts";

const FRAMES_PER_PORT = 30_000;
const CONNECTIONS_AT_ONCE = 20;

interface Port {
  readonly name: "api" | "peer";
  /** The last of them is wrong and ends the connection; a new one costs a handshake on the peer port. */
  readonly framesPerConnection: number;
  readonly frame: (random: SeededRandom) => Uint8Array;
  readonly connect: (node: TlsNode) => Promise<RawConnection>;
}

const PORTS: readonly Port[] = [
  {
    name: "api",
    framesPerConnection: 4,
    frame: randomApiFrame,
    connect: ({ apiAddress }) => RawConnection.toApi(apiAddress.port),
  },
  {
    name: "peer",
    framesPerConnection: 20,
    frame: randomPeerFrame,
    connect: ({ p2pAddress }) => RawConnection.toPeer(p2pAddress.port),
  },
];

/** One connection's worth: well-formed frames, then one that is mutated or made up. */
function conversation(
  { name, frame, framesPerConnection }: Port,
  random: SeededRandom,
): Uint8Array {
  const frames = Array.from({ length: framesPerConnection - 1 }, () => frame(random));
  const last = random.next() < 0.7 ? mutate(random, frame(random)) : randomShape(random, name);
  return join(...frames, last);
}

/** Sends so many frames over ever new connections, and waits until the node has ended each. */
async function bombard(node: TlsNode, port: Port, random: SeededRandom, frames: number) {
  let left = frames;
  const attack = async () => {
    while (left > 0) {
      left -= port.framesPerConnection;
      const bytes = conversation(port, random);
      using connection = await port.connect(node);
      const reading = connection.all();
      await connection.tryWrite(bytes);
      await connection.finish().catch(() => {});
      await reading;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, attack));
}

Deno.test("60,000 random and mutated frames: the node serves on, its memory stays flat", async () => {
  const random = new SeededRandom(printedSeed());
  await using node = await startNode();
  const rounds = 5;
  const memory: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const port of PORTS) await bombard(node, port, random, FRAMES_PER_PORT / rounds);
    await assertServes(node);
    node.lines.length = 0;
    (globalThis as { gc?: () => void }).gc?.(); // what is held, not what is yet to be collected
    memory.push(Deno.memoryUsage().rss / 2 ** 20);
  }
  const grownMib = memory.at(-1)! - memory[2]!; // after three fifths all is warm
  console.log(`memory after each fifth: ${memory.map(Math.round).join(", ")} MiB`);
  assert(grownMib < 40, `grown by ${grownMib} MiB`);
  assert(node.node.figures().contacts === 0);
  assert(node.transport.connections.inbound <= 1);
});
