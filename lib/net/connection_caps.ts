/**
 * How many connections of each kind a node may have, so that the process has file descriptors left for all else.
 *
 * @module
 */

import {
  API_CONNECTIONS_MAX,
  FILES_KEPT_BACK,
  INBOUND_CONNECTIONS_MAX,
  OUTBOUND_CONNECTIONS_MAX,
  UNFINISHED_HANDSHAKES_MAX,
} from "./limits.ts";

/** Connections at once, by kind. */
export interface ConnectionCaps {
  readonly inbound: number;
  readonly outbound: number;
  readonly api: number;
  /** Handshakes that have not ended, of those who connect. */
  readonly unfinished: number;
}

const CAPS: ConnectionCaps = {
  inbound: INBOUND_CONNECTIONS_MAX,
  outbound: OUTBOUND_CONNECTIONS_MAX,
  api: API_CONNECTIONS_MAX,
  unfinished: UNFINISHED_HANDSHAKES_MAX,
};

/** The caps for so many file descriptors: all kinds have less alike if they are few. Null if that is not known. */
export function connectionCaps(files: number | null): ConnectionCaps {
  const { inbound, outbound, api, unfinished } = CAPS;
  const wanted = inbound + outbound + api + unfinished;
  const share = files === null ? 1 : Math.min(1, (files - FILES_KEPT_BACK) / wanted);
  const part = (cap: number) => Math.max(1, Math.floor(cap * share));
  return {
    inbound: part(inbound),
    outbound: part(outbound),
    api: part(api),
    unfinished: part(unfinished),
  };
}

/** File descriptors that this process may have; null if the system does not say. The runtime has raised it already. */
export function fileLimit(): number | null {
  const path = "/proc/self/limits";
  try {
    // Asked first, since a program that embeds a node is not to be stopped by a question to its user.
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return null;
    const soft = /^Max open files\s+(\d+)/m.exec(Deno.readTextFileSync(path))?.[1];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}
