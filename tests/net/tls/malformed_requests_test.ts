/**
 * Frames that break the protocol, by name, on both ports: each ends its connection, and nothing else.
 */

import { assert, assertEquals } from "@std/assert";
import {
  API_FRAMES_CUT,
  API_FRAMES_WRONG,
  HELLOS_REFUSED,
  HELLOS_WRONG,
  PEER_FRAMES_CUT,
  PEER_FRAMES_FINE,
  PEER_FRAMES_WRONG,
} from "../../support/malformed_frames.ts";
import { assertServes, RawConnection } from "../../support/raw_connection.ts";
import { startNode, type TlsNode, until } from "../../support/tls_nodes.ts";

interface Port {
  readonly name: string;
  readonly wrong: Record<string, Uint8Array>;
  readonly cut: Record<string, Uint8Array>;
  connect(node: TlsNode): Promise<RawConnection>;
}

const PORTS: readonly Port[] = [
  {
    name: "API",
    wrong: API_FRAMES_WRONG,
    cut: API_FRAMES_CUT,
    connect: ({ apiAddress }) => RawConnection.toApi(apiAddress.port),
  },
  {
    name: "peer port",
    wrong: PEER_FRAMES_WRONG,
    cut: PEER_FRAMES_CUT,
    connect: ({ p2pAddress }) => RawConnection.toPeer(p2pAddress.port),
  },
];

for (const { name, wrong, cut, connect } of PORTS) {
  Deno.test(`${name}: each wrong frame ends its connection, with one line`, async (test) => {
    for (const [what, bytes] of Object.entries(wrong)) {
      await test.step(what, async () => {
        await using node = await startNode();
        using connection = await connect(node);
        await connection.write(bytes);
        assertEquals(await connection.all(), []);
        await until(() => node.lines.length > 0);
        assertEquals(node.lines.length, 1, node.lines.join("\n"));
        assert(/^warn Closed connection from .*127\.0\.0\.1:\d+: ./.test(node.lines[0]!));
        await assertServes(node);
      });
    }
  });

  Deno.test(`${name}: who stops within a frame is waited for, and holds up nobody`, async (test) => {
    for (const [what, bytes] of Object.entries(cut)) {
      await test.step(what, async () => {
        await using node = await startNode();
        using connection = await connect(node);
        await connection.write(bytes);
        await assertServes(node);
        assertEquals(node.lines, []);
        await connection.finish();
        assertEquals(await connection.all(), []);
        await until(() => node.lines.length > 0);
        assert(/ends within a frame/.test(node.lines[0]!), node.lines[0]);
      });
    }
  });
}

Deno.test("peer port: what is wrong as the first frame ends the connection, with one line", async (test) => {
  for (const [what, bytes] of Object.entries({ ...HELLOS_WRONG, ...HELLOS_REFUSED })) {
    await test.step(what, async () => {
      await using node = await startNode();
      using connection = await RawConnection.toPeerSilently(node.p2pAddress.port);
      await connection.write(bytes);
      const answers = await connection.all();
      assertEquals(
        answers.map(({ type, body }) => [type, ...body]),
        what in HELLOS_REFUSED ? [[669, 2]] : [],
      );
      await until(() => node.lines.length > 0);
      assertEquals(node.lines.length, 1, node.lines.join("\n"));
      assert(/^warn Closed connection from .*127\.0\.0\.1:\d+: ./.test(node.lines[0]!));
      assertEquals(node.node.figures().contacts, 0);
      await assertServes(node);
    });
  }
});

Deno.test("peer port: what is strange but well formed is answered", async (test) => {
  await using node = await startNode();
  using connection = await RawConnection.toPeer(node.p2pAddress.port);
  for (const [what, [bytes, type]] of Object.entries(PEER_FRAMES_FINE)) {
    await test.step(what, async () => {
      await connection.write(bytes);
      const answer = await connection.next();
      assertEquals(answer?.type, type);
      assertEquals(answer?.id, new DataView(bytes.buffer).getUint32(6));
    });
  }
  assertEquals(node.node.figures().contacts, 0);
  await assertServes(node);
});
