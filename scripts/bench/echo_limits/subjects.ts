/**
 * What a node is asked while its limits are measured.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import { decodeHex } from "@std/encoding/hex";
import { API_FRAMES, decodeApiAnswer, encodeApiRequest } from "../../../lib/core/wire/api_codec.ts";
import { Writer } from "../../../lib/core/wire/bytes.ts";
import type { FrameFormat } from "../../../lib/core/wire/framer.ts";
import { encodePeerRequest, PEER_FRAMES } from "../../../lib/core/wire/peer_codec.ts";
import { FOUND_NODE } from "../../../lib/core/wire/versions.ts";
import { connectTcp, connectTls } from "./servers.ts";

/** Where the node is, and what it holds; of keys and values the hex digits. */
export interface NodeSaid {
  readonly p2pPort: number;
  readonly apiPort: number;
  readonly certificate: string;
  readonly key: string;
  readonly value: string;
}

/** What is asked of the node, and of the bare echo instead. */
export interface Subject {
  readonly name: string;
  readonly transport: "tcp" | "tls";
  readonly request: Uint8Array<ArrayBuffer>;
  readonly format: FrameFormat;
  readonly connect: () => Promise<Deno.Conn>;
  /** Throws if a node's answer is not what was asked for. */
  readonly check: (answer: Uint8Array) => void;
}

/** Contacts that FIND NODE asks for. */
const AMOUNTS = [1, 20];

/** A GET of what the node holds, and FIND NODE with few and with many contacts. */
export function subjectsOf({ p2pPort, apiPort, certificate, key, value }: NodeSaid): Subject[] {
  const [keyBytes, valueBytes] = [decodeHex(key), decodeHex(value)];
  const get = new Writer();
  encodeApiRequest(get, { type: "get", key: keyBytes });
  const subjects: Subject[] = [{
    name: "GET of 256 bytes, TCP",
    transport: "tcp",
    request: get.written.slice(),
    format: API_FRAMES,
    connect: () => connectTcp(apiPort),
    check: sometimes((frame) => {
      const answer = decodeApiAnswer(frame);
      if (answer.type !== "success" || !equals(answer.value, valueBytes)) {
        throw new Error("The node answers with another value");
      }
    }),
  }];
  for (const amount of AMOUNTS) {
    const findNode = new Writer();
    encodePeerRequest(findNode, 7, { type: "findNode", key: keyBytes, amount });
    subjects.push({
      name: `FIND NODE of ${amount}, TLS`,
      transport: "tls",
      request: findNode.written.slice(),
      format: PEER_FRAMES,
      connect: () => connectTls(p2pPort, certificate),
      check: sometimes((frame) => {
        const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
        if (view.getUint16(4) !== FOUND_NODE || view.getUint8(10) !== amount) {
          throw new Error(`The node does not answer with ${amount} contacts`);
        }
      }),
    });
  }
  return subjects;
}

/** Looks at the first of 64 answers only, so that the client is not what is measured. */
function sometimes(check: (answer: Uint8Array) => void): (answer: Uint8Array) => void {
  let count = 0;
  return (answer) => {
    if (count++ % 64 === 0) check(answer);
  };
}
