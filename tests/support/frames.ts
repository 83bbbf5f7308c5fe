/**
 * Frames of both protocols by hand, also such as no encoder would write.
 *
 * @module
 */

/** Puts byte strings one after the other; numbers are single bytes. */
export function join(...parts: readonly (Uint8Array | number)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    parts.flatMap((part) => typeof part === "number" ? [part] : [...part]),
  );
}

/** An unsigned big-endian integer of so many bytes. */
export function uint(value: number | bigint, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let rest = BigInt(value);
  for (let i = bytes - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** A frame of the module API; `size` lies if it is given. */
export function apiFrame(type: number, body: Uint8Array, size = body.length + 4) {
  return join(uint(size, 2), uint(type, 2), body);
}

/** A DHT PUT. */
export function apiPut(key: Uint8Array, value: Uint8Array, { ttl = 60, replication = 3 } = {}) {
  return apiFrame(650, join(uint(ttl, 2), replication, 0, key, value));
}

/** A DHT GET. */
export function apiGet(key: Uint8Array): Uint8Array<ArrayBuffer> {
  return apiFrame(651, key);
}

/** A frame between peers; `size` lies if it is given. */
export function peerFrame(type: number, id: number, body: Uint8Array, size = body.length + 10) {
  return join(uint(size, 4), uint(type, 2), uint(id, 4), body);
}

/** A PONG by this machine's clock, to packets from 10.0.0.9:40000, of a node that has not dialled back. */
export function pong(id: number): Uint8Array<ArrayBuffer> {
  const address = join(new Uint8Array(10), 255, 255, 10, 0, 0, 9, uint(40_000, 2));
  return peerFrame(670, id, join(uint(Date.now(), 8), 0, address));
}

/** What FIND NODE (662) and FIND VALUE (663) carry. */
export function findBody(key: Uint8Array, amount = 20): Uint8Array {
  return join(key, amount);
}

/** A frame that a {@linkcode import("./raw_connection.ts").RawConnection} has read. */
export interface RawFrame {
  readonly type: number;
  /** 0 in the module API. */
  readonly id: number;
  readonly body: Uint8Array;
}

/** Cuts off the first frame, if it is whole. */
export function takeFrame(
  bytes: Uint8Array,
  sizeFieldBytes: 2 | 4,
): { frame: RawFrame; rest: Uint8Array } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < sizeFieldBytes) return null;
  const size = sizeFieldBytes === 2 ? view.getUint16(0) : view.getUint32(0);
  if (bytes.length < size) return null;
  const header = sizeFieldBytes === 2 ? 4 : 10;
  const frame = {
    type: view.getUint16(sizeFieldBytes),
    id: sizeFieldBytes === 2 ? 0 : view.getUint32(6),
    body: bytes.slice(header, size),
  };
  return { frame, rest: bytes.subarray(size) };
}
