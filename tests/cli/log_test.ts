import { assert, assertEquals, assertMatch } from "@std/assert";
import { LogWriter } from "../../lib/cli/terminal/log.ts";
import type { AsyncSink } from "../../lib/cli/terminal/write_queue.ts";

/** A sink that takes a few bytes at a time while it is read, and nothing while it is not. */
class TestSink implements AsyncSink {
  text = "";
  failure: Error | null = null;
  #isRead = Promise.resolve();
  #readOn: () => void = () => {};

  stall(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    [this.#isRead, this.#readOn] = [promise, resolve];
  }

  readOn(): void {
    this.#readOn();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#isRead;
    if (this.failure) throw this.failure;
    const taken = bytes.subarray(0, 1_000);
    this.text += new TextDecoder("latin1").decode(taken);
    return taken.length;
  }

  /** The lines without their times. */
  get lines(): string[] {
    return this.text.split("\n").slice(0, -1).map((line) => line.replace(/^\S+Z /, ""));
  }
}

Deno.test("a log has one line for each event of its level, with time and level", async () => {
  const sink = new TestSink();
  await using writer = new LogWriter("info", sink);
  writer.log("debug", "too little");
  writer.log("info", "hello\n\x1b[2J");
  writer.log("error", "x");
  assertEquals(sink.text, "", "it is written in the background");
  await writer.flush();
  assertMatch(sink.text, /^\d{4}-\d\d-\d\dT[\d:.]+Z info {2}hello\\x0a\\x1b\[2J\n/);
  assertEquals(sink.lines, ["info  hello\\x0a\\x1b[2J", "error x"]);
});

Deno.test("lines that are not read are dropped beyond some number, counted and told of", async () => {
  const sink = new TestSink();
  await using writer = new LogWriter("info", sink);
  sink.stall();
  const long = "x".repeat(1_000);
  for (let i = 0; i < 1_000; i++) writer.log("warn", `${i} ${long}`);
  const kept = 1_000 - writer.dropped;
  assert(kept > 200 && kept < 300, `${kept} lines are kept`);
  await writer.flush(); // which does not wait for long
  sink.readOn();
  await writer.flush();
  assertEquals(sink.lines.length, kept);
  writer.log("info", "after");
  writer.log("info", "and more");
  await writer.flush();
  assertEquals(sink.lines.slice(kept - 1), [
    `warn  ${kept - 1} ${long}`,
    `warn  Dropped ${writer.dropped} lines of the log: they were not read`,
    "info  after",
    "info  and more",
  ]);
});

Deno.test("a log that cannot be written stops nothing", async () => {
  const sink = new TestSink();
  await using writer = new LogWriter("info", sink);
  sink.failure = new Error("No space left on device");
  for (let i = 0; i < 100; i++) {
    writer.log("info", "x".repeat(10_000));
    await writer.flush();
  }
  sink.failure = null;
  writer.log("info", "space again");
  await writer.flush();
  assertEquals([sink.lines, writer.dropped], [["info  space again"], 0]);
});
