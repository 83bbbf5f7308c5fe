/**
 * Limits of connections: those of the module API, those between peers, and their buffers.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from "../core/units.ts";

// The module API.

/** API connections open at once; a further one is closed on arrival. */
export const API_CONNECTIONS_MAX = 512;
/** Requests under way for one API connection; beyond this the node stops reading from it. */
export const API_REQUESTS_PER_CONNECTION_MAX = 1_024;
/** Answers waiting to be read by one API client; beyond this the node stops reading from it. */
export const API_UNSENT_BYTES_MAX = 4 * MIB;

// Connections between peers.

/** Connections that this node dialled and keeps; the least recently used ends first. */
export const OUTBOUND_CONNECTIONS_MAX = 512;
/** Connections that peers dialled to this node; the least recently used closes first. */
export const INBOUND_CONNECTIONS_MAX = 1_024;
/** How long a peer may take to close a connection after it was asked to; the longest a request takes. */
export const DRAIN_LIMIT_MS = 3 * SECOND_MS;
/** Connections of one direction that peers have been asked to close; beyond this the first of them is closed. */
export const DRAINING_MAX = 64;
/** Connections that are made anew at a time, and how often, once a member has been shut out. */
export const RENEWED_AT_ONCE = 16;
export const RENEW_EVERY_MS = 250;
/** Dials under way at once; further ones wait their turn. */
export const DIALS_MAX = 32;
/** Dials waiting for their turn; a further one fails at once. */
export const DIALS_WAITING_MAX = 1_024;
/** The dialler closes a connection without a frame for this long; the listener half as long later. */
export const CONNECTION_IDLE_MS = 10 * MINUTE_MS;
/** How often idle connections are looked for. */
export const CONNECTION_SWEEP_MS = MINUTE_MS;
/** Requests that wait for their answer on one connection. */
export const REQUESTS_PER_CONNECTION_MAX = 4_096;
/** Requests of one connection that were given up and may still be answered; the oldest is forgotten first. */
export const GIVEN_UP_MAX = 65_536;
/** Bytes of requests waiting to be written to one peer; a further one is refused. */
export const PEER_UNSENT_BYTES_MAX = 4 * MIB;
/** Bytes of answers that wait for one peer; beyond this the node stops reading from it. */
export const PEER_UNREAD_BYTES_MAX = 256 * KIB;
/**
 * Requests of one peer whose answers wait, for the disk or for a comparison; beyond this the node stops reading from
 * it. All may be answered at once: those that are no STORE by a large frame each.
 */
export const PEER_UNANSWERED_MAX = 4_096;
export const PEER_UNANSWERED_LARGE_MAX = 256;
/**
 * Requests of one peer that are put aside, and their bytes, while it takes no answers and is read from all the same,
 * see `tls/answering.ts`; as many as one of these nodes sends.
 */
export const PUT_ASIDE_MAX = 4_096;
export const PUT_ASIDE_BYTES_MAX = 8 * MIB;
/** How long the address of a peer counts as proven after it was dialled: its own connection is used that long. */
export const ADDRESS_PROVEN_MS = HOUR_MS;
/** Addresses that count as proven. */
export const ADDRESSES_PROVEN_MAX = 4_096;
/** How long after an answer others are waited for before the peer's system is nudged, see `nudger.ts`. */
export const NUDGE_MS = 10;

/** Connections that were closed and that the runtime keeps all the same; beyond this no further one is taken. */
export const LINGERING_MAX = 64;

// Standing still.

/** How often it is looked whether a connection has moved, and how many times in vain before it is given up. */
export const STALL_CHECK_MS = 2 * SECOND_MS;
export const STALL_CHECKS = 5;
/** What a write without progress, or a frame that has begun, may take at least. */
export const STALL_LIMIT_MS = STALL_CHECKS * STALL_CHECK_MS;

// Turns of the event loop.

/** What reading may take of one turn of the event loop, all connections together. */
export const TURN_LIMIT_MS = 5;
/** After so many frames the clock is looked at; so many bytes count as one more. */
export const TURN_STEP = 128;
export const TURN_STEP_BYTES = KIB;

// Strangers.

/** Networks whose budgets are remembered, see `tls/peer_budgets.ts`. */
export const NETWORK_BUDGETS_KEPT_MAX = 4_096;
/** Addresses and kinds of lines that are told apart in a minute, see `log_limit.ts`. */
export const LOGGED_KINDS_MAX = 64;

// Memory.

/** Answers that wait for peers and clients of one node; beyond this each connection has an even share of it. */
export const HELD_BYTES_MAX = 256 * MIB;

// Closing.

/** How long a client may take to read its last answers when the node closes. */
export const API_CLOSE_LIMIT_MS = 200;
/** How long after closing to wait for reads and writes: the runtime may never end a write that is stuck. */
export const CONNECTION_END_LIMIT_MS = 100;
/**
 * What closing a node may take beyond its leaving, one step after the other: connections to peers end, clients
 * read their answers, and their connections end.
 */
export const CLOSE_LIMIT_MS = CONNECTION_END_LIMIT_MS + API_CLOSE_LIMIT_MS +
  CONNECTION_END_LIMIT_MS;

// Buffers.

/** Buffer of a connection's reads: grows to the larger size while reads fill it, and shrinks again. */
export const READ_BUFFER_MIN_BYTES = 2 * KIB;
export const READ_BUFFER_MAX_BYTES = 64 * KIB;
/** Reads in a row that leave most of a grown buffer empty before it shrinks. */
export const SMALL_READS_MAX = 16;
/** Buffers for writing that lie ready, for whichever connection writes next. */
export const WRITERS_READY_MAX = 256;

// Sockets of node:net.

/** Bytes handed to a socket at a time: each is progress for a slow reader. */
export const NODE_WRITE_BYTES_MAX = 64 * KIB;
/** What the goodbye of a socket may take before it is closed. */
export const SOCKET_END_LIMIT_MS = 50;
/** How often a listener without connections makes sure that it still accepts, and what that may take. */
export const LISTENER_CHECK_MS = 5 * SECOND_MS;
export const LISTENER_CHECK_LIMIT_MS = SECOND_MS;

// Listening.

/** Which module of the runtime listens for peers, see `tls/open_listener.ts`. */
export const LISTENER_KINDS = ["auto", "deno", "node"] as const;
/** Longest time that a client of the module API may be told to be idle for. */
export const API_IDLE_LIMIT_MAX_MS = DAY_MS;

/**
 * File descriptors that connections of peers and clients of the module API do not get: for HTTP (128 clients), dials,
 * connections that are ending, the file of values, the listeners and the program itself.
 */
export const FILES_KEPT_BACK = 288;

// Handshakes.

/** Handshakes of peers under way in all, and of one network (/24 of IPv4, /64 of IPv6). */
export const UNFINISHED_HANDSHAKES_MAX = 256;
export const UNFINISHED_PER_NETWORK_MAX = 64;
