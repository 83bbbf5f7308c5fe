import { assertEquals } from "@std/assert";
import type { Observer } from "../../lib/node/observer.ts";
import { both } from "../../lib/telemetry/fan_out.ts";

/** An observer that notes what it hears; its events need it as `this`. */
class Notes {
  readonly heard: unknown[][] = [];

  /** Hears any event. */
  static make(): Notes & Observer {
    const notes = new Notes();
    const hear = function (this: Notes, ...details: unknown[]) {
      this.heard.push(details.filter((detail) => detail !== undefined));
    };
    return new Proxy(notes, {
      get: (target, name) => name in target ? Reflect.get(target, name) : hear,
    }) as Notes & Observer;
  }
}

Deno.test("both observers hear every event with its details", () => {
  const [first, second] = [Notes.make(), Notes.make()];
  const observer = both(first, second);
  const request = { type: "ping", outcome: "answered", ms: 1 } as const;
  observer.requestEnded(request);
  observer.getEnded("here", 2);
  observer.republished();
  observer.bytesMoved("in", 3);
  assertEquals(first.heard, [[request], ["here", 2], [], ["in", 3]]);
  assertEquals(second.heard, first.heard);
});

Deno.test("one observer alone is passed on as it is", () => {
  const first = Notes.make();
  assertEquals(both(first, undefined) === first, true);
});
