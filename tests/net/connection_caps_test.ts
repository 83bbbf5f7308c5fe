import { assert, assertEquals } from "@std/assert";
import { connectionCaps, fileLimit } from "../../lib/net/connection_caps.ts";
import {
  API_CONNECTIONS_MAX,
  FILES_KEPT_BACK,
  INBOUND_CONNECTIONS_MAX,
} from "../../lib/net/limits.ts";

Deno.test("a process that may have few files has fewer connections of each kind, and files left", () => {
  for (const files of [400, 700, 1_024, 2_000]) {
    const { inbound, outbound, api, unfinished } = connectionCaps(files);
    assert(inbound + outbound + api + unfinished <= files - FILES_KEPT_BACK);
    assert(Math.min(inbound, outbound, api, unfinished) > 10);
  }
  assert(Object.values(connectionCaps(10)).every((cap) => cap === 1));
});

Deno.test("a process that may have many files has all connections that a node may have", () => {
  for (const files of [null, 20_000]) {
    const { inbound, api } = connectionCaps(files);
    assertEquals([inbound, api], [INBOUND_CONNECTIONS_MAX, API_CONNECTIONS_MAX]);
  }
});

Deno.test("the limit of files is a number, or not known", () => {
  const limit = fileLimit();
  // The runtime lets it be read only with all permissions.
  assert(limit === null || limit > 100, `${limit}`);
});
