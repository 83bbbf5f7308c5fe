import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { TokenGuard } from "../../../lib/admin/http/token_guard.ts";
import { ask, type HttpNode, startHttpNode } from "../../support/http_node.ts";

const token = "a token of this node".replaceAll(" ", "-");
const readToken = "a token that reads".replaceAll(" ", "-");
const bearer = (text: string) => ({ "Authorization": `Bearer ${text}` });
const basic = (text: string) => ({ "Authorization": `Basic ${encodeBase64(`anybody:${text}`)}` });

function check(headers: Record<string, string>, method = "GET", path = "/v1/node"): number | null {
  const guard = new TokenGuard({ token, readToken });
  return guard.check({ method, path, headers: new Headers(headers) })?.status ?? null;
}

Deno.test("a node with a token answers who has it, by either scheme", () => {
  for (const scheme of [bearer, basic]) {
    assertEquals(check(scheme(token)), null);
    assertEquals(check(scheme(token), "PUT"), null);
    assertEquals(check(scheme(readToken)), null);
    assertEquals(check(scheme(readToken), "HEAD"), null);
    assertEquals(check(scheme(readToken), "PUT"), 403);
    for (const wrong of ["", "x", `${token}x`, token.slice(1), token.toUpperCase()]) {
      assertEquals(check(scheme(wrong)), 401, wrong);
    }
  }
  for (
    const authorization of ["", token, `Digest ${token}`, "Basic ", "Basic ???", "Basic YWJj"]
  ) assertEquals(check({ "Authorization": authorization }), 401, authorization);
  assertEquals(check({}, "GET", "/metrics"), 401);
  assertEquals(check({}, "GET", "/"), 401);
  assertEquals(check({}, "GET", "/healthz"), null, "probes send no token");
});

Deno.test("a node without a token asks for none", () => {
  const guard = new TokenGuard({});
  assertEquals(guard.check({ method: "GET", path: "/v1/node", headers: new Headers() }), null);
});

Deno.test("over HTTP, who has no token is told how to ask, and learns nothing", async () => {
  await using node: HttpNode = await startHttpNode({ httpToken: token, httpReadToken: readToken });
  const refused = await ask(node, "/v1/node");
  assertEquals(refused.status, 401);
  assert(refused.headers.get("WWW-Authenticate")!.startsWith("Basic "));
  assertEquals(refused.json, { error: "this node wants its token" });
  assertEquals((await ask(node, "/v1/node", { headers: bearer(readToken) })).status, 200);
  const put = (which: string) =>
    ask(node, "/v1/values/key", {
      method: "PUT",
      body: "value",
      headers: { "X-Voidkad": "1", ...bearer(which) },
    });
  assertEquals((await put(readToken)).status, 403);
  assertEquals((await put(token)).status, 201);
  assertEquals((await ask(node, "/v1/values/key")).status, 401);
  assertEquals((await ask(node, "/v1/values/key", { headers: basic(token) })).text, "value");
});
