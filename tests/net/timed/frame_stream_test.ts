import { assert, assertEquals } from "@std/assert";
import { FrameError } from "../../../lib/core/wire/bytes.ts";
import { API_FRAMES } from "../../../lib/core/wire/api_codec.ts";
import { FrameStream } from "../../../lib/net/frame_stream.ts";
import { STALL_CHECKS } from "../../../lib/net/limits.ts";
import { apiFrame, join } from "../../support/frames.ts";

/** A connection in memory: reads what a test feeds it, keeps what is written until it is let go. */
class MemoryConn {
  readonly written: Uint8Array[] = [];
  stalled = false;
  closed = false;
  readonly #incoming: (Uint8Array | null)[] = [];
  #wake: () => void = () => {};

  feed(bytes: Uint8Array | null): void {
    this.#incoming.push(bytes);
    this.#wake();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      if (this.closed) throw new Deno.errors.Interrupted("closed");
      const next = this.#incoming.shift();
      if (next === null) return null;
      if (next) {
        buffer.set(next.subarray(0, buffer.length));
        if (next.length > buffer.length) this.#incoming.unshift(next.subarray(buffer.length));
        return Math.min(next.length, buffer.length);
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.stalled && !this.closed) await turn();
    if (this.closed) throw new Deno.errors.BrokenPipe("closed");
    this.written.push(bytes.slice());
    return bytes.length;
  }

  close(): void {
    this.closed = true;
    this.#wake();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function streamOn(conn: MemoryConn, handler: { onFrame?: (frame: Uint8Array) => void } = {}) {
  const state = { frames: [] as number[], ends: [] as (Error | null)[], mayRead: true };
  const stream: FrameStream = new FrameStream(conn as unknown as Deno.Conn, API_FRAMES, {
    onFrame: (frame) => {
      state.frames.push(frame[4]!);
      handler.onFrame?.(frame);
    },
    onEnd: (error) => state.ends.push(error),
    mayRead: () => state.mayRead,
  });
  return { stream, state };
}

function frame(mark: number): Uint8Array {
  return apiFrame(1, new Uint8Array([mark]));
}

Deno.test("what is sent during one turn leaves in one write", async () => {
  const conn = new MemoryConn();
  const { stream } = streamOn(conn);
  for (let i = 0; i < 5; i++) stream.send((writer) => writer.put(frame(i)));
  await turn();
  assertEquals(conn.written, [join(...[0, 1, 2, 3, 4].map(frame))]);
  stream.close();
  await stream.ended;
});

Deno.test("what gathers while a write is under way leaves in the next one", async () => {
  const conn = new MemoryConn();
  const { stream } = streamOn(conn);
  conn.stalled = true;
  stream.send((writer) => writer.put(frame(0)));
  await turn();
  for (let i = 1; i < 4; i++) stream.send((writer) => writer.put(frame(i)));
  assertEquals(stream.unsentBytes, 20);
  conn.stalled = false;
  await stream.closeWhenSent();
  assertEquals(conn.written, [frame(0), join(frame(1), frame(2), frame(3))]);
  assert(conn.closed);
  await stream.ended;
});

Deno.test("a stream that may not read takes no further frame, not even of the same segment", async () => {
  const conn = new MemoryConn();
  const { stream, state } = streamOn(conn, { onFrame: () => state.mayRead = false });
  conn.feed(join(frame(1), frame(2), frame(3)));
  conn.feed(frame(4));
  await turn();
  assertEquals(state.frames, [1]);
  for (const expected of [[1, 2], [1, 2, 3], [1, 2, 3, 4]]) {
    state.mayRead = true;
    stream.wake();
    await turn();
    assertEquals(state.frames, expected);
  }
  stream.close();
  await stream.ended;
});

Deno.test("the end of the other side is reported once, also while reading waits", async () => {
  const conn = new MemoryConn();
  const { stream, state } = streamOn(conn);
  conn.feed(frame(1));
  conn.feed(null);
  await turn();
  assertEquals([state.frames, state.ends], [[1], [null]]);
  stream.close();
  stream.close();
  await stream.ended;
  assertEquals(state.ends.length, 1);
});

Deno.test("an end within a frame is an error", async () => {
  const conn = new MemoryConn();
  const { stream, state } = streamOn(conn);
  conn.feed(frame(1).subarray(0, 3));
  conn.feed(null);
  await turn();
  assert(state.ends[0] instanceof FrameError);
  stream.close();
  await stream.ended;
});

Deno.test("frames before the one that is wrong are handed over", async () => {
  const conn = new MemoryConn();
  const { stream, state } = streamOn(conn);
  conn.feed(join(frame(1), frame(2), apiFrame(1, new Uint8Array(0), 3), frame(3)));
  await turn();
  assertEquals(state.frames, [1, 2]);
  assert(state.ends[0] instanceof FrameError);
  stream.close();
  await stream.ended;
});

Deno.test("a connection with always more to read leaves others their turns", async () => {
  const conn = new MemoryConn();
  let read = 0;
  const { stream } = streamOn(conn, {
    onFrame: () => {
      read++;
      for (const end = performance.now() + 0.1; performance.now() < end;); // some work
    },
  });
  const frames = 5_000;
  for (let i = 0; i < frames; i += 50) {
    conn.feed(join(...Array.from({ length: 50 }, () => frame(1))));
  }
  let turns = 0;
  while (read < frames) {
    await turn();
    turns++;
  }
  assert(turns > 10, `${turns} turns of the event loop while half a second of work was read`);
  stream.close();
  await stream.ended;
});

Deno.test("a stream whose other side takes nothing, or does not end a frame, ends after some checks", async () => {
  for (const what of ["takes no answer", "does not end a frame"]) {
    const conn = new MemoryConn();
    const { stream, state } = streamOn(conn);
    conn.stalled = what === "takes no answer";
    if (conn.stalled) stream.send((writer) => writer.put(frame(0)));
    else conn.feed(frame(1).subarray(0, 3));
    await turn();
    for (let i = 0; i < STALL_CHECKS; i++) stream.checkProgress();
    assert(!stream.closed);
    stream.checkProgress();
    assert(stream.closed);
    await stream.ended;
    assertEquals(state.ends.map((error) => error?.message), [`it ${what} for 10 s`]);
  }
});

Deno.test("a stream that moves between the checks stays", async () => {
  const conn = new MemoryConn();
  const { stream } = streamOn(conn);
  for (let i = 0; i < 3 * STALL_CHECKS; i++) {
    conn.feed(
      i === 0 ? frame(1).subarray(0, 2) : join(frame(1).subarray(2), frame(1).subarray(0, 2)),
    );
    await turn();
    stream.checkProgress();
  }
  assert(!stream.closed);
  stream.close();
  await stream.ended;
});

Deno.test("closing while a write is stuck ends the stream", async () => {
  const conn = new MemoryConn();
  const { stream } = streamOn(conn);
  conn.stalled = true;
  stream.send((writer) => writer.put(frame(0)));
  await turn();
  const closing = stream.closeWhenSent();
  stream.close();
  await Promise.all([closing, stream.ended]);
  stream.send((writer) => writer.put(frame(1)));
  assertEquals(conn.written, []);
});
