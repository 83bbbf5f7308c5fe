/**
 * One node of this project on a host of the wide-area network, driven by lines of JSON; see `host.ts`.
 *
 * Arguments: index of the host, folder of its files, invite of the first node or "-".
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { decodeHex } from "@std/encoding/hex";
import {
  formatInvite,
  loadOrMakeCertificate,
  type Log,
  NODE_OPTIONS_DEFAULT,
  type Observer,
  parseAddress,
  readInvite,
  serve,
} from "../../../lib/mod.ts";
import { linesOf } from "../../../lib/cli/terminal/lines.ts";
import { addressOf } from "./emulator.ts";

/** A line that drives it. */
interface Question {
  readonly id: number;
  readonly op: "put" | "get" | "holds" | "requests";
  /** In hex. */
  readonly key: string;
  /** In base64. */
  readonly value: string;
  readonly keys: readonly string[];
  /** 0 for the default. */
  readonly replication: number;
}

const [index = "", folder = "", invite = "-"] = Deno.args;
const hostname = addressOf(Number(index));
let requests = 0;

const encoder = new TextEncoder();
function say(line: Record<string, unknown>): void {
  const bytes = encoder.encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

let startedAt = 0;
let hasJoined = false;
const log: Log = (_level, line) => {
  if (hasJoined || !line.startsWith("Joined")) return;
  hasJoined = true;
  say({ event: "joined", ms: performance.now() - startedAt });
};

const observer = new Proxy({}, {
  get: (_target, name) => name === "requestEnded" ? () => void requests++ : () => {},
}) as Observer;

await Deno.mkdir(folder, { recursive: true });
const certificate = await loadOrMakeCertificate({
  certFile: `${folder}/cert.pem`,
  keyFile: `${folder}/key.pem`,
  hostnames: [hostname],
  log,
});
startedAt = performance.now();
const running = serve({
  p2pAddress: parseAddress(`${hostname}:7402`),
  publicAddress: null,
  apiAddress: parseAddress("127.0.0.1:0"),
  certificate,
  bootstrappers: invite === "-" ? [] : [readInvite(invite)],
  node: NODE_OPTIONS_DEFAULT,
  log,
  observer,
});
await running.transport.ready();
const { node } = running;
say({ event: "started", ms: performance.now() - startedAt, invite: formatInvite(node.self) });
if (invite === "-") log("info", "Joined: it is the first");

async function act(
  { op, key, value, keys, replication }: Question,
): Promise<Record<string, unknown>> {
  const at = performance.now();
  switch (op) {
    case "put": {
      const { holders } = await node.put(decodeHex(key), decodeBase64(value), { replication });
      const ms = performance.now() - at;
      return { ms, ok: holders.length > 0, copies: holders.length, key };
    }
    case "get": {
      const { found } = await node.search(decodeHex(key));
      const ms = performance.now() - at;
      return { ms, found: found !== null, equal: found?.value.toBase64() === value };
    }
    case "holds":
      return { held: keys.flatMap((one, i) => node.held(decodeHex(one)) ? [i] : []) };
    case "requests":
      return { requests };
  }
}

const chunks = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
for await (const line of linesOf(chunks, Infinity)) {
  const question = JSON.parse(line!) as Question;
  const { id } = question;
  act(question).then(
    (answer) => say({ id, ...answer }),
    (error) => say({ id, error: String(error) }),
  );
}
Deno.exit(0);
