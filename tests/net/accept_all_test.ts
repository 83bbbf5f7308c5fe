import { assertEquals } from "@std/assert";
import { acceptAll } from "../../lib/net/accept_all.ts";

Deno.test("accepting goes on after a failure, and ends when the listener is closed", async () => {
  const steps: string[] = [];
  let isClosed = false;
  const results = ["one", new Error("too many open files"), "two"];
  const listener = {
    accept(): Promise<string> {
      const result = results.shift();
      if (typeof result === "string") return Promise.resolve(result);
      if (!result) isClosed = true;
      return Promise.reject(result ?? new Error("the listener is closed"));
    },
  };
  await acceptAll(listener, {
    onConn: (conn) => void steps.push(conn),
    onError: (error) => void steps.push(error.message),
    isClosed: () => isClosed,
  });
  assertEquals(steps, ["one", "too many open files", "two"]);
});
