/**
 * Servers on loopback with a certificate of an authority that programs can be made to trust.
 *
 * @module
 */

import { ALPN_PROTOCOL } from "../../lib/core/wire/versions.ts";
import { makeAuthority, type Name } from "./authority.ts";

/** A server, and the authority that has signed its certificate. */
export interface TrustedServer extends AsyncDisposable {
  readonly port: number;
  /** PEM file of the authority's certificate. */
  readonly authorityFile: string;
}

/** Serves `welcome` by HTTPS as localhost. */
export async function startWebServer(): Promise<TrustedServer & { readonly requests: number }> {
  const { cert, key, authorityFile } = await makeSigned([{ type: "dns", value: "localhost" }]);
  let requests = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    () => {
      requests++;
      return new Response("welcome");
    },
  );
  return {
    port: server.addr.port,
    authorityFile,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(authorityFile);
    },
  };
}

/** Shakes hands as a peer would, with a certificate for these names, and hangs up. */
export async function startImpostor(names: readonly Name[]): Promise<TrustedServer> {
  const { cert, key, authorityFile } = await makeSigned(names);
  const at = { hostname: "127.0.0.1", port: 0, alpnProtocols: [ALPN_PROTOCOL] };
  const listener = Deno.listenTls({ ...at, cert, key });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.handshake().catch(() => {});
      connection.close();
    }
  })();
  return {
    port: listener.addr.port,
    authorityFile,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      await Deno.remove(authorityFile);
    },
  };
}

async function makeSigned(names: readonly Name[]) {
  const authority = await makeAuthority({ names: [], isAuthority: true });
  const { certificatePem: cert, keyPem: key } = await authority.sign(names);
  const authorityFile = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(authorityFile, authority.certificatePem);
  return { cert, key, authorityFile };
}
