/**
 * Servers in processes of their own, and connections to them.
 *
 * @module
 */

import { DENO_RUN } from "../../common/deno_run.ts";
import { ROOT } from "../../common/root.ts";
import { ALPN_PROTOCOL } from "../../../lib/core/wire/versions.ts";

/** A running server. Disposing of it ends its process. */
export class Server<Said> implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly said: Said;

  private constructor(child: Deno.ChildProcess, said: Said) {
    this.#child = child;
    this.said = said;
  }

  /** Starts a script of this folder and waits for the line of JSON by which it says where it is. */
  static async start<Said>(script: string, args: readonly string[] = []): Promise<Server<Said>> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...DENO_RUN,
        ...["--allow-net", "--allow-read", "--allow-env"],
        `${ROOT}scripts/bench/echo_limits/${script}`,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.endsWith("\n")) return new Server(child, JSON.parse(text) as Said);
    }
    throw new Error(`${script} does not come to serve`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
  }
}

/** Connects over TCP. */
export async function connectTcp(port: number): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

/** Connects over TLS, as nodes do. */
export async function connectTls(port: number, certificate: string): Promise<Deno.Conn> {
  const plain = await Deno.connect({ hostname: "127.0.0.1", port });
  plain.setNoDelay(true);
  const hostname = "127.0.0.1";
  const terms = { hostname, caCerts: [certificate], alpnProtocols: [ALPN_PROTOCOL] };
  const conn = await Deno.startTls(plain, terms);
  await conn.handshake();
  return conn;
}
