import { assert } from "@std/assert";
import { findBody, join, peerFrame } from "../../support/frames.ts";
import { flood, worstDelayMs } from "../../support/hostile/flood.ts";
import { pause, startNode } from "../../support/tls_nodes.ts";
import { keyOf } from "../../support/values.ts";

const FLOOD_MS = 1_000;
/** On a quiet machine the delay is some milliseconds; on a busy one the system itself takes turns of a tenth of a second. */
const DELAY_MAX_MS = 500;

function repeated(frame: Uint8Array): Uint8Array {
  return join(...Array.from({ length: Math.floor(32_768 / frame.length) }, () => frame));
}

const FRAMES = {
  "FIND NODE that asks for nobody": peerFrame(662, 1, findBody(keyOf("any"), 0)),
  "NUDGE": peerFrame(664, 0, new Uint8Array(0)),
};

Deno.test("one connection at full speed does not stop a node", async (test) => {
  await using node = await startNode();
  const quiet = await worstDelayMs(pause(FLOOD_MS));
  for (const [what, frame] of Object.entries(FRAMES)) {
    await test.step(what, async () => {
      const taken = flood(node, { bytes: repeated(frame), ms: FLOOD_MS });
      const worst = await worstDelayMs(taken);
      const frames = Math.round(await taken / frame.length);
      console.log(
        `${frames} frames, worst delay ${Math.round(worst)} ms, ${Math.round(quiet)} without`,
      );
      assert(worst <= Math.max(DELAY_MAX_MS, 6 * quiet), `${worst} ms, ${quiet} ms without`);
    });
  }
});
