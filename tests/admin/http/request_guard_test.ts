import { assert, assertEquals } from "@std/assert";
import { parseAddress } from "../../../lib/core/kademlia/address.ts";
import { RequestGuard } from "../../../lib/admin/http/request_guard.ts";
import { ask, rawStatus, startHttpNode } from "../../support/http_node.ts";

function check(
  address: string,
  headers: Record<string, string>,
  { method = "GET", path = "/v1/node" } = {},
): number | null {
  const request = { method, path, headers: new Headers(headers) };
  return new RequestGuard(parseAddress(address)).check(request)?.status ?? null;
}

Deno.test("a request is answered by the own names only", () => {
  const at = "127.0.0.1:7403";
  for (const host of ["127.0.0.1:7403", "localhost:7403", "LOCALHOST:7403", "[::1]:7403"]) {
    assertEquals(check(at, { host }), null, host);
  }
  for (
    const host of [
      "",
      "evil.example",
      "evil.example:7403",
      "127.0.0.1",
      "127.0.0.1:80",
      "localhost",
      "localhost.evil.example:7403",
      "127.0.0.1:7403.evil.example",
      "127.0.0.1:7403, evil.example",
      "user@127.0.0.1:7403",
      "10.0.0.1:7403",
    ]
  ) assertEquals(check(at, { host }), 421, host);
  assertEquals(check("127.0.0.1:80", { host: "localhost" }), null);
  assertEquals(check("10.1.2.3:7403", { host: "10.1.2.3:7403" }), null);
});

Deno.test("a node on all addresses is known by any IP, and by no name", () => {
  const at = "0.0.0.0:7403";
  assertEquals(check(at, { host: "192.168.1.9:7403" }), null);
  assertEquals(check(at, { host: "[2001:db8::7]:7403" }), null);
  assertEquals(check(at, { host: "192.168.1.9:80" }), 421);
  assertEquals(check(at, { host: "evil.example:7403" }), 421);
  assertEquals(check(at, { host: "0x7f.1:7403" }), 421);
});

Deno.test("the pages of others neither read nor write", () => {
  const at = "127.0.0.1:7403";
  const host = "localhost:7403";
  assertEquals(check(at, { host, origin: "http://localhost:7403" }), null);
  for (
    const origin of ["http://evil.example", "null", "http://localhost:8080", "https://a.b:7403"]
  ) {
    assertEquals(check(at, { host, origin }), 403, origin);
  }
  for (
    const [site, status] of [["same-origin", null], ["none", null], ["cross-site", 403], [
      "same-site",
      403,
    ]]
  ) {
    assertEquals(check(at, { host, "sec-fetch-site": `${site}` }), status, `${site}`);
    const metrics = { path: "/metrics" };
    assertEquals(check(at, { host, "sec-fetch-site": `${site}` }, metrics), status, `${site}`);
  }
  // Following a link to the page is not reading it.
  assertEquals(check(at, { host, "sec-fetch-site": "cross-site" }, { path: "/" }), null);
});

Deno.test("what writes needs a header that a form cannot send", () => {
  const at = "127.0.0.1:7403";
  const host = "localhost:7403";
  for (const method of ["PUT", "POST", "DELETE", "OPTIONS", "PATCH"]) {
    assertEquals(check(at, { host }, { method }), 403, method);
    assertEquals(check(at, { host, "x-voidkad": "1" }, { method }), null, method);
  }
});

Deno.test("attacks by way of a browser are refused on the wire", async () => {
  await using node = await startHttpNode();
  const { port } = node.httpAddress;
  const send = (line: string, ...headers: string[]) =>
    rawStatus(port, [line, ...headers, "Connection: close", "", ""].join("\r\n"));
  const own = `Host: 127.0.0.1:${port}`;
  assertEquals(await send("GET /v1/node HTTP/1.1", own), 200);
  // A foreign name that resolves to this machine: DNS rebinding.
  assertEquals(await send("GET /v1/node HTTP/1.1", `Host: evil.example:${port}`), 421);
  assertEquals(await send("GET / HTTP/1.1", "Host: evil.example"), 421);
  // A form on another page, and a script there.
  const form = ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 0"];
  const foreign = "Origin: http://evil.example";
  assertEquals(await send("POST /v1/values/k HTTP/1.1", own, foreign, ...form), 403);
  assertEquals(await send("POST /v1/values/k HTTP/1.1", own, ...form), 403);
  assertEquals(await send("PUT /v1/values/k HTTP/1.1", own, foreign, "X-Voidkad: 1", ...form), 403);
  assertEquals(await send("PUT /v1/values/k HTTP/1.1", own, "Content-Length: 0"), 403);
  assertEquals(
    await send(
      "OPTIONS /v1/values/k HTTP/1.1",
      own,
      foreign,
      "Access-Control-Request-Method: PUT",
      "Access-Control-Request-Headers: x-voidkad",
    ),
    403,
  );
  assertEquals(await send("GET /v1/node HTTP/1.1", own, "Sec-Fetch-Site: cross-site"), 403);
  const answer = await ask(node, "/v1/node");
  assertEquals(answer.headers.get("Access-Control-Allow-Origin"), null);
  assertEquals([...node.node.heldValues()].length, 0);
});

Deno.test("a name that makes no address is the client's mistake, not the node's", async () => {
  await using node = await startHttpNode();
  const { port } = node.httpAddress;
  for (const host of ["127.0.0.1:99999", "a b", "[::1", "%zz", "[]", ":"]) {
    const request = `GET /v1/node HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    const status = await rawStatus(port, request);
    assert(status === 400 || status === 421, `${host}: ${status}`);
  }
  assertEquals(node.lines.filter((line) => line.startsWith("error")), []);
});
