import { assertEquals, assertMatch } from "@std/assert";
import { ALPN_PROTOCOL } from "../../../../lib/core/wire/versions.ts";
import { HANDSHAKE_LIMIT_MS } from "../../../../lib/core/limits.ts";
import { parseAddress } from "../../../../lib/core/kademlia/address.ts";
import type { ByteConn } from "../../../../lib/net/frame_stream.ts";
import {
  UNFINISHED_HANDSHAKES_MAX,
  UNFINISHED_PER_NETWORK_MAX,
} from "../../../../lib/net/limits.ts";
import { closeQuietly } from "../../../../lib/net/tls/handshake_failure.ts";
import { openPeerListener } from "../../../../lib/net/tls/open_listener.ts";
import type { EndedAccept } from "../../../../lib/net/tls/peer_listener.ts";
import { EventQueue } from "../../../../lib/sim/event_queue.ts";
import { RawConnection } from "../../../support/raw_connection.ts";
import { certificate, pause, until } from "../../../support/tls_nodes.ts";
import { bytesOf } from "../../../support/values.ts";

const KINDS = ["deno", "node"] as const;

/** A listener that keeps what it is handed. */
async function open(kind: typeof KINDS[number]) {
  const clock = new EventQueue();
  const listener = openPeerListener(parseAddress("127.0.0.1:0"), {
    certificate: await certificate(),
    kind,
  });
  const accepts: EndedAccept[] = [];
  const ended = listener.serve({
    clock,
    log: () => {},
    onEnded: (accept) => void accepts.push(accept),
    onError: () => {},
  });
  await listener.ready;
  const { port } = listener.address;
  return {
    listener,
    clock,
    accepts,
    port,
    /** The connection that was handed over first. */
    async first(): Promise<ByteConn> {
      await until(() => accepts.length > 0);
      const { outcome } = accepts[0]!;
      if ("failure" in outcome) throw new Error(outcome.reason);
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      for (const { outcome } of accepts) if (!("failure" in outcome)) closeQuietly(outcome);
      listener.close();
      await ended;
    },
  };
}

function reasons(accepts: readonly EndedAccept[]): string[] {
  return accepts.map(({ outcome }) => "failure" in outcome ? outcome.reason : "connected");
}

async function connect(port: number): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

/** Waits until the other side has ended a connection. */
async function untilEnded(conn: Deno.Conn): Promise<void> {
  let isEnded = false;
  void conn.read(new Uint8Array(8)).catch(() => null).then(() => isEnded = true);
  await until(() => isEnded);
}

for (const kind of KINDS) {
  Deno.test(`${kind}: bytes go both ways, and a half that is closed leaves the other open`, async () => {
    await using opened = await open(kind);
    using peer = await RawConnection.toPeerSilently(opened.port);
    const conn = await opened.first();
    const sent = bytesOf("to the listener");
    await peer.write(sent);
    await peer.finish();
    const buffer = new Uint8Array(8);
    let got = "";
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      got += new TextDecoder().decode(buffer.subarray(0, count));
    }
    assertEquals(got, "to the listener");
    const answer = new Uint8Array(300_000).fill(7);
    const writing = (async () => {
      for (let at = 0; at < answer.length;) at += await conn.write(answer.subarray(at));
      conn.close();
    })();
    let read = 0;
    const chunk = new Uint8Array(65_536);
    for (let count; (count = await peer.conn.read(chunk)) !== null;) read += count;
    await writing;
    assertEquals(read, answer.length);
  });

  Deno.test(`${kind}: closing ends a read that waits`, async () => {
    await using opened = await open(kind);
    using peer = await RawConnection.toPeerSilently(opened.port);
    const conn = await opened.first();
    const reading = conn.read(new Uint8Array(8)).then(() => "read", () => "failed");
    await pause(20);
    conn.close();
    assertEquals(await reading, "failed");
    assertEquals(await peer.next(), null);
  });

  Deno.test(`${kind}: who speaks another protocol, names none, or speaks no TLS is not let in`, async () => {
    await using opened = await open(kind);
    using none = await RawConnection.toPeerSilently(opened.port, []);
    await until(() => opened.accepts.length === 1);
    await RawConnection.toPeerSilently(opened.port, ["voidkad/1"]).catch(() => {});
    await until(() => opened.accepts.length === 2);
    using plain = await connect(opened.port);
    await plain.write(new Uint8Array(2_000).fill(65));
    await until(() => opened.accepts.length === 3);
    assertEquals(await none.next(), null);
    const [first, second] = reasons(opened.accepts);
    assertMatch(first!, /names no protocol/);
    assertMatch(second!, new RegExp(`not ${ALPN_PROTOCOL}`));
  });

  Deno.test(`${kind}: a peer that stays silent is given up, and others connect meanwhile`, async () => {
    await using opened = await open(kind);
    using silent = await connect(opened.port);
    await until(() => opened.listener.unfinished === 1);
    opened.clock.runUntil(HANDSHAKE_LIMIT_MS);
    await until(() => opened.accepts.length === 1);
    using _peer = await RawConnection.toPeerSilently(opened.port);
    await until(() => opened.accepts.length === 2);
    assertEquals(reasons(opened.accepts), ["handshake takes too long", "connected"]);
    // The runtime's own cannot free it: it stays counted until the other side ends it.
    assertEquals(opened.listener.unfinished, kind === "deno" ? 1 : 0);
    if (kind === "node") await untilEnded(silent);
    else silent.close();
    await until(() => opened.listener.unfinished === 0);
  });
}

Deno.test("node: silent peers of one network give way to each other, and keep nobody out", async () => {
  await using opened = await open("node");
  const silent: Deno.Conn[] = [];
  for (let i = 0; i < 2 * UNFINISHED_PER_NETWORK_MAX; i++) silent.push(await connect(opened.port));
  await until(() => opened.accepts.length === UNFINISHED_PER_NETWORK_MAX);
  assertEquals(opened.listener.unfinished, UNFINISHED_PER_NETWORK_MAX);
  await untilEnded(silent[0]!);
  using _peer = await RawConnection.toPeerSilently(opened.port);
  await until(() => reasons(opened.accepts).includes("connected"));
  for (const conn of silent) conn.close();
});

Deno.test("deno: so many silent peers are accepted, and newcomers when they have gone", async () => {
  await using opened = await open("deno");
  const silent: Deno.Conn[] = [];
  for (let i = 0; i < UNFINISHED_HANDSHAKES_MAX + 50; i++) silent.push(await connect(opened.port));
  await until(() => opened.listener.unfinished === UNFINISHED_HANDSHAKES_MAX);
  await pause(100);
  assertEquals(opened.listener.unfinished, UNFINISHED_HANDSHAKES_MAX);
  for (const conn of silent) conn.close();
  using _peer = await RawConnection.toPeerSilently(opened.port);
  await until(() => reasons(opened.accepts).includes("connected"));
});
