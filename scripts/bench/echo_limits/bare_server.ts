/**
 * What the runtime itself makes possible: for every so many bytes that come, so many go back, and nothing
 * is looked at. Arguments: `tcp|tls`, bytes of a request, bytes of an answer, bytes of the size field that
 * the answer begins with, `joined|each`. Ends when its standard input does.
 *
 * @module
 */

import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";
import { makeCertificate } from "../../../lib/identity/make_certificate.ts";
import { writeAll } from "./pump.ts";

const [transport, requestText, answerText, sizeFieldText, writes] = Deno.args;
const requestBytes = Number(requestText);
const answerBytes = Number(answerText);
/** Answers made ready for one write. */
const ANSWERS = 256;

const answers = new Uint8Array(ANSWERS * answerBytes);
const view = new DataView(answers.buffer);
for (let at = 0; at < answers.length; at += answerBytes) {
  if (sizeFieldText === "2") view.setUint16(at, answerBytes);
  else view.setUint32(at, answerBytes);
}

async function answerAll(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  let bytes = 0;
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) break;
    bytes += count;
    let due = Math.floor(bytes / requestBytes);
    bytes -= due * requestBytes;
    while (due > 0) {
      const together = writes === "joined" ? Math.min(due, ANSWERS) : 1;
      await writeAll(conn, answers.subarray(0, together * answerBytes));
      due -= together;
    }
  }
  conn.close();
}

async function listen(): Promise<{ listener: Deno.Listener; certificate: string }> {
  const at = { hostname: "127.0.0.1", port: 0 };
  if (transport === "tcp") return { listener: Deno.listen(at), certificate: "" };
  const { certificatePem: cert, keyPem: key } = await makeCertificate("127.0.0.1");
  const listener = Deno.listenTls({ ...at, cert, key, alpnProtocols: [ALPN_PROTOCOL] });
  return { listener, certificate: cert };
}

const { listener, certificate } = await listen();
const { port } = listener.addr as Deno.NetAddr;
console.log(JSON.stringify({ port, certificate }));
void (async () => {
  for await (const conn of listener) {
    if (transport === "tcp") (conn as Deno.TcpConn).setNoDelay(true);
    answerAll(conn).catch(() => {});
  }
})();
await Deno.stdin.readable.pipeTo(new WritableStream());
Deno.exit(0);
