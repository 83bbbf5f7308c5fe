import { assertEquals, assertThrows } from "@std/assert";
import { logLine, type Sink, writeJson, writeLine } from "../../lib/cli/terminal/output.ts";
import { isText } from "../../lib/cli/terminal/value_output.ts";

/** A sink that takes a few bytes at a time, then fails. */
class TestSink implements Sink {
  text = "";
  failure: Error | null = null;

  writeSync(bytes: Uint8Array): number {
    if (this.failure) throw this.failure;
    const taken = bytes.subarray(0, 3);
    this.text += new TextDecoder("latin1").decode(taken);
    return taken.length;
  }
}

Deno.test("a line stays one line, and JSON stays JSON, with any content", () => {
  const sink = new TestSink();
  assertEquals(writeLine(sink, "a\nb\x1b[2J"), true);
  assertEquals(sink.text, "a\\x0ab\\x1b[2J\n");
  sink.text = "";
  const document = { text: "a\n\x7f\x9b31m" };
  assertEquals(writeJson(sink, document), true);
  assertEquals(sink.text, '{"text":"a\\n\\u007f\\u009b31m"}\n');
  assertEquals(JSON.parse(sink.text), document);
});

Deno.test("a reader that has gone is no error, a full disk is one", () => {
  const sink = new TestSink();
  sink.failure = new Deno.errors.BrokenPipe("Broken pipe");
  assertEquals(writeLine(sink, "a"), false);
  sink.failure = new Error("No space left on device");
  assertThrows(() => writeLine(sink, "a"), Error, "Cannot write the output: No space left");
  logLine(sink, "a log that cannot be written stops nothing");
});

Deno.test("text is UTF-8 without control characters", () => {
  const text = (value: string) => isText(new TextEncoder().encode(value));
  assertEquals(["", "hello", "a\tb\nc\n", "a\r\nb", "grüß dich 🎉"].map(text), Array(5).fill(true));
  const others = ["\0", "\x1b[2J", "a\rb", "\x07", "\x7f", "\x9b2J"];
  assertEquals(others.map(text), others.map(() => false));
  assertEquals(isText(new Uint8Array([0xff, 0xfe])), false);
});
