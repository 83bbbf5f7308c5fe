/**
 * Frames that break the protocols, by name, for both ports.
 *
 * @module
 */

import { API_FRAMES } from "../../lib/core/wire/api_codec.ts";
import { PEER_FRAME_BYTES_MAX } from "../../lib/core/limits.ts";
import { apiFrame, apiGet, apiPut, findBody, join, peerFrame, uint } from "./frames.ts";
import { bytesOf, keyOf } from "./values.ts";

const key = keyOf("key");
const PONG = 670;

/** Frames that end the connection as soon as they have come. */
export const API_FRAMES_WRONG: Record<string, Uint8Array> = {
  "a size of 0": apiFrame(651, key, 0),
  "a size of 1": apiFrame(651, key, 1),
  "a size below the header": apiFrame(651, key, 3),
  "a header only, of PUT": apiFrame(650, new Uint8Array(0)),
  "a header only, of GET": apiFrame(651, new Uint8Array(0)),
  "a GET with a short key": apiFrame(651, key.subarray(1)),
  "a GET with a trailing byte": apiFrame(651, join(key, 0)),
  "a GET that carries a value": apiFrame(651, join(key, bytesOf("value"))),
  "a GET with a size too small": apiFrame(651, key, 35),
  "a PUT without a key": apiFrame(650, new Uint8Array(4)),
  "a PUT with a short key": apiFrame(650, new Uint8Array(4 + 31)),
  "a PUT with an empty value": apiPut(key, new Uint8Array(0)),
  "a SUCCESS, which is an answer": apiFrame(652, join(key, 1)),
  "a FAILURE, which is an answer": apiFrame(653, key),
  "type 0": apiFrame(0, key),
  "type 649": apiFrame(649, key),
  "type 654": apiFrame(654, key),
  "type 65535": apiFrame(65_535, key),
  "a peer's PING": peerFrame(660, 1, new Uint8Array(50)),
  "HTTP": bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".padEnd(20_000)),
  "zeros": new Uint8Array(100),
  "a TLS handshake": join(22, 3, 1, 2, 0, new Uint8Array(6_000)),
};

/** What waits for more to come, and ends when the client says that there is no more. */
export const API_FRAMES_CUT: Record<string, Uint8Array> = {
  "half a size": new Uint8Array(1),
  "a size alone": uint(36, 2),
  "a header alone": apiGet(key).subarray(0, 4),
  "a GET without its last byte": apiGet(key).subarray(0, 35),
  "a GET with a size too large": apiFrame(651, key, 37),
  "a PUT that promises 65,535 bytes": apiFrame(650, new Uint8Array(100), API_FRAMES.frameBytesMax),
};

function record(
  address: Uint8Array,
  certificateBytes: Uint8Array,
  length = certificateBytes.length,
) {
  return join(address, new Uint8Array(18), uint(length, 2), certificateBytes);
}

const address = join(new Uint8Array(10), 255, 255, 127, 0, 0, 1, uint(4_000, 2));
const now = Date.now();
const times = join(uint(0, 8), uint(now, 8), uint(60_000, 4), 3, keyOf("nonce"));
const whole = record(address, new Uint8Array(300));
const signature = new Uint8Array(70);
const hello = (body: Uint8Array) => peerFrame(668, 0, join(0, body));

/** What ends a connection if it comes first. */
export const HELLOS_WRONG: Record<string, Uint8Array> = {
  "a FIND NODE": peerFrame(662, 1, findBody(key)),
  "a PING": peerFrame(660, 1, uint(Date.now(), 8)),
  "a HELLO with half a statement": peerFrame(668, 0, join(1, 0, new Uint8Array(63))),
  "a HELLO with half an address": hello(address.subarray(0, 9)),
  "a HELLO with half an alternate address": hello(join(address, new Uint8Array(9))),
  "a HELLO without a certificate length": hello(join(address, new Uint8Array(18))),
  "a HELLO with half a certificate length": hello(join(address, new Uint8Array(18), 1)),
  "a HELLO with a certificate cut off": hello(whole.subarray(0, 200)),
  "a HELLO without a signature": hello(whole),
  "a HELLO with a certificate of 0 bytes": hello(
    join(record(address, new Uint8Array(0)), signature),
  ),
  "a HELLO with a certificate of 2,049 bytes": hello(
    join(record(address, new Uint8Array(2_049)), signature),
  ),
  "a HELLO with a certificate that claims 65,535 bytes": hello(
    join(record(address, new Uint8Array(300), 65_535), signature),
  ),
  "a HELLO from port 0": hello(
    join(record(join(address.subarray(0, 16), 0, 0), new Uint8Array(300)), signature),
  ),
};

/** What is refused if it comes first, with the reason. */
export const HELLOS_REFUSED: Record<string, Uint8Array> = {
  "a HELLO with a certificate that is none": hello(join(whole, signature)),
  "a HELLO from a wildcard": hello(
    join(record(join(new Uint8Array(16), 1, 1), new Uint8Array(9)), signature),
  ),
};

/** The same for the peer protocol: frames that end the connection. */
export const PEER_FRAMES_WRONG: Record<string, Uint8Array> = {
  "a size of 0": peerFrame(662, 1, findBody(key), 0),
  "a size of 4": peerFrame(662, 1, findBody(key), 4),
  "a size below the header": peerFrame(662, 1, findBody(key), 9),
  "a size above the cap": peerFrame(662, 1, findBody(key), PEER_FRAME_BYTES_MAX + 1),
  "a size of 4 GiB": peerFrame(662, 1, findBody(key), 0xffff_ffff),
  "a PING from one that has not said who it is": peerFrame(660, 1, uint(Date.now(), 8)),
  "another HELLO": hello(new Uint8Array(0)),
  "a header only, of PING": peerFrame(660, 1, new Uint8Array(0)),
  "a header only, of STORE": peerFrame(661, 1, new Uint8Array(0)),
  "a header only, of FIND NODE": peerFrame(662, 1, new Uint8Array(0)),
  "a header only, of FIND VALUE": peerFrame(663, 1, new Uint8Array(0)),
  "a PING with half a time": peerFrame(660, 1, new Uint8Array(4)),
  "a STORE without times": peerFrame(661, 1, key),
  "a STORE with half a nonce": peerFrame(661, 1, times.subarray(0, 37)),
  "a STORE without a key": peerFrame(661, 1, times),
  "a STORE with a short key": peerFrame(661, 1, join(times, key.subarray(1))),
  "a STORE with an empty value": peerFrame(661, 1, join(times, key)),
  "a FIND NODE with a short key": peerFrame(662, 1, key.subarray(1)),
  "a FIND NODE without an amount": peerFrame(662, 1, key),
  "a FIND NODE with a trailing byte": peerFrame(662, 1, join(findBody(key), 0)),
  "a FIND VALUE without an amount": peerFrame(663, 1, key),
  "a FIND VALUE with a trailing byte": peerFrame(663, 1, join(findBody(key), 0)),
  "a PONG, which is an answer": peerFrame(PONG, 1, new Uint8Array(0)),
  "a STORED, which is an answer": peerFrame(671, 1, uint(0, 1)),
  "a FOUND NODE, which is an answer": peerFrame(674, 1, uint(0, 1)),
  "a FOUND VALUE, which is an answer": peerFrame(673, 1, join(times, 1)),
  "type 0": peerFrame(0, 1, findBody(key)),
  "type 659": peerFrame(659, 1, findBody(key)),
  "a NUDGE that carries something": peerFrame(664, 1, findBody(key)),
  "type 665": peerFrame(665, 1, findBody(key)),
  "type 65535": peerFrame(65_535, 1, findBody(key)),
  "a module's GET": apiGet(key),
  "zeros": new Uint8Array(100),
};

/** What waits for more to come. */
export const PEER_FRAMES_CUT: Record<string, Uint8Array> = {
  "three bytes of a size": new Uint8Array(3),
  "a size alone": uint(43, 4),
  "a header alone": peerFrame(662, 1, findBody(key)).subarray(0, 10),
  "a FIND NODE without its last byte": peerFrame(662, 1, findBody(key)).subarray(0, 42),
  "a FIND NODE with a size too large": peerFrame(662, 1, findBody(key), 44),
  "a STORE that promises all a frame may have": peerFrame(661, 1, times, PEER_FRAME_BYTES_MAX),
};

/** Strange, but no reason to hang up: each is answered with a frame of this type. */
export const PEER_FRAMES_FINE: Record<string, readonly [Uint8Array, number]> = {
  "a STORE with a ttl of 0": [
    peerFrame(661, 1, join(uint(0, 8), uint(0, 4), times.subarray(12), key, 1)),
    671,
  ],
  "a STORE with the largest numbers": [
    peerFrame(
      661,
      1,
      join(uint(0, 8), uint(0xffff_ffff, 4), 255, new Uint8Array(40).fill(255), key, 1),
    ),
    671,
  ],
  "a STORE of a value too large": [
    peerFrame(661, 1, join(times, key, new Uint8Array(PEER_FRAME_BYTES_MAX - 10 - 85))),
    671,
  ],
  "a FIND NODE for nobody": [peerFrame(662, 0xffff_ffff, findBody(key, 0)), 674],
  "a FIND NODE for 255": [peerFrame(662, 0, findBody(key, 255)), 674],
  "a FIND VALUE for nobody": [peerFrame(663, 1, findBody(key, 0)), 674],
};
