import { assert, assertThrows } from "@std/assert";
import { printedSeed } from "../support/core/seed.ts";
import { CodecTarget } from "./codecs.ts";
import { ConnectionTarget } from "./connections.ts";
import { NodeTarget } from "./node.ts";
import { blaming, FuzzFault } from "./target.ts";

Deno.test("frames that are made to do harm do none to the codecs", async () => {
  const frames = 10_000;
  await using target = new CodecTarget(printedSeed());
  target.run(frames);
  assert(target.read > frames, `${target.read} were read`);
});

Deno.test("frames that are made to do harm do none to a node that decides by them", async () => {
  const frames = 2_000;
  await using target = new NodeTarget(printedSeed());
  target.run(frames);
  assert(target.answered > frames / 100, `${target.answered} were answered`);
});

Deno.test("frames that are made to do harm do none to a node over real connections", async () => {
  await using target = await ConnectionTarget.open(printedSeed());
  await target.run(1_000);
});

Deno.test("what a frame has done is told with the frame", () => {
  const fail = () => {
    throw new TypeError("unexpected");
  };
  assertThrows(() => blaming(Uint8Array.of(1, 0xab), fail), FuzzFault, "unexpected");
  assertThrows(() => blaming(Uint8Array.of(1, 0xab), fail), FuzzFault, "\n01ab");
});
