/**
 * The module API on the wire: `size u16`, `type u16`, body; all integers big-endian.
 *
 * @module
 */

import { FrameError, Reader, type Writer } from "./bytes.ts";
import type { FrameFormat } from "./framer.ts";
import { API_FRAME_BYTES_MAX, ID_BYTES } from "../limits.ts";
import type { ApiAnswer, ApiRequest } from "./messages.ts";
import { FAILURE, GET, PUT, SUCCESS } from "./versions.ts";

/** What a framer must know of the module API. */
export const API_FRAMES: FrameFormat = {
  sizeFieldBytes: 2,
  frameBytesMin: 4,
  frameBytesMax: API_FRAME_BYTES_MAX,
};

/** Appends a request's frame; for clients. */
export function encodeApiRequest(writer: Writer, request: ApiRequest): void {
  if (request.type === "get") {
    writeFrame(writer, GET, request.key);
    return;
  }
  const start = writer.length;
  writer.u16(0);
  writer.u16(PUT);
  writer.u16(request.ttlSeconds);
  writer.u8(request.replication);
  writer.u8(0);
  writer.put(request.key);
  writer.put(request.value);
  writer.patchU16(start, writer.length - start);
}

/**
 * Reads a whole frame that a client sent.
 *
 * @throws {FrameError} if it is no request of the module API.
 */
export function decodeApiRequest(frame: Uint8Array): ApiRequest {
  const reader = new Reader(frame, 2);
  const type = reader.u16();
  switch (type) {
    case PUT: {
      const ttlSeconds = reader.u16();
      const replication = reader.u8();
      reader.u8(); // reserved
      const key = reader.copy(ID_BYTES);
      if (reader.left === 0) throw new FrameError("DHT PUT has an empty value");
      return { type: "put", ttlSeconds, replication, key, value: reader.copy(reader.left) };
    }
    case GET: {
      const key = reader.copy(ID_BYTES);
      reader.end();
      return { type: "get", key };
    }
    default:
      throw new FrameError(`message type ${type} is neither DHT PUT (650) nor DHT GET (651)`);
  }
}

/** Appends an answer's frame. */
export function encodeApiAnswer(writer: Writer, answer: ApiAnswer): void {
  if (answer.type === "failure") writeFrame(writer, FAILURE, answer.key);
  else writeFrame(writer, SUCCESS, answer.key, answer.value);
}

/**
 * Reads a whole frame that a node sent; for clients.
 *
 * @throws {FrameError} if it is no answer of the module API.
 */
export function decodeApiAnswer(frame: Uint8Array): ApiAnswer {
  const reader = new Reader(frame, 2);
  const type = reader.u16();
  if (type !== SUCCESS && type !== FAILURE) {
    throw new FrameError(`message type ${type} is neither DHT SUCCESS (652) nor DHT FAILURE (653)`);
  }
  const key = reader.copy(ID_BYTES);
  if (type === SUCCESS) {
    if (reader.left === 0) throw new FrameError("DHT SUCCESS has an empty value");
    return { type: "success", key, value: reader.copy(reader.left) };
  }
  reader.end();
  return { type: "failure", key };
}

function writeFrame(writer: Writer, type: number, key: Uint8Array, value?: Uint8Array): void {
  writer.u16(4 + key.length + (value?.length ?? 0));
  writer.u16(type);
  writer.put(key);
  if (value) writer.put(value);
}
