/**
 * Limits that all nodes of a network share, the limits of the parts of the core, and the defaults of the
 * settings.
 *
 * Limits of one owner stand with their owner: `lib/node/limits.ts` has those of a running node (lookups
 * under way, housekeeping), `lib/net/limits.ts` those of connections, `lib/admin/http/limits.ts` those of HTTP.
 * A number that only one file needs stands in that file.
 *
 * Units stand last in each name. `MAX` marks what is refused beyond, `DEFAULT` what can be configured.
 *
 * @module
 */

import { DAY_MS, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from "./units.ts";

// The module API.

/** Largest frame of the module API: its size field has 16 bits. */
export const API_FRAME_BYTES_MAX = 65_535;
/** Largest value: an API PUT frame less its header, hints and key. */
export const VALUE_BYTES_MAX = 65_495;

// The peer protocol.

/** Largest frame between peers. */
export const PEER_FRAME_BYTES_MAX = 131_072;
/** Largest certificate in a record. */
export const CERTIFICATE_BYTES_MAX = 2_048;
/** Contacts in one FOUND NODE: its count field has 8 bits. */
export const RECORDS_PER_ANSWER_MAX = 255;
/** Contacts that a connection remembers by index: an 8-bit number, of which one has another meaning. */
export const CONTACT_INDICES_MAX = 255;
/**
 * A stamp further ahead of the network's time is refused: the first while that is not agreed on, else the second and
 * some of what the clocks of the contacts differ by.
 */
export const STAMP_AHEAD_MAX_MS = 5 * MINUTE_MS;
export const STAMP_AHEAD_MIN_MS = 10 * SECOND_MS;

// Time limits of requests: they adapt to the measured round trip between these.

/** Connecting and handshaking, on either side. */
export const HANDSHAKE_LIMIT_MS = 3 * SECOND_MS;
export const REQUEST_LIMIT_MIN_MS = 500;
/** For a peer whose round trip is not known yet. */
export const REQUEST_LIMIT_START_MS = SECOND_MS;
export const REQUEST_LIMIT_MAX_MS = 3 * SECOND_MS;
/** When a request counts as slow, so that a lookup asks the next contact as well. */
export const SLOW_MIN_MS = 50;
export const SLOW_START_MS = 500;
/** The same as `SLOW_MIN_MS` for a value, which any of several contacts may have. */
export const HEDGE_MIN_MS = 5;

// Routing.

export const ID_BITS = 256;
export const ID_BYTES = 32;
/** Contacts a bucket holds (k). */
export const BUCKET_SIZE_DEFAULT = 20;
export const BUCKET_SIZE_MAX = 128;
/** Bits of the id that one level of buckets matches. */
export const PREFIX_LENGTH_DEFAULT = 1;
export const PREFIX_LENGTH_MAX = 8;
/** Contacts in the replacement cache of a full bucket, newest kept. */
export const REPLACEMENTS_PER_BUCKET_MAX = 8;
/** Failed requests in a row after which a contact is dropped though nothing can replace it. */
export const CONTACT_FAILURES_MAX = 5;
/** A contact heard of within this time is not pinged to make room for another. */
export const CONTACT_FRESH_MS = MINUTE_MS;
/** Known contacts by record, so that a record seen before is not hashed again. */
export const CONTACT_CACHE_MAX = 16_384;

// Lookups.

/** Requests in flight per lookup (alpha) until the neighbourhood of its target is known. */
export const PARALLELISM_DEFAULT = 3;
export const PARALLELISM_MAX = 64;
/** Contacts that one lookup remembers; the most distant ones are forgotten first. */
export const LOOKUP_CANDIDATES_MAX = 512;
/** Certificates that one lookup tries for one address. */
export const LOOKUP_RECORDS_PER_ADDRESS_MAX = 8;
/** Requests that one lookup may send in all, and along one of several paths. */
export const LOOKUP_REQUESTS_MAX = 256;
export const LOOKUP_REQUESTS_PER_PATH_MAX = 64;

// Values.

/** TTL of a value whose PUT names none. */
export const TTL_DEFAULT_MS = HOUR_MS;
/** Longest TTL a value may have. */
export const TTL_MAX_DEFAULT_MS = DAY_MS;
export const TTL_MAX_MAX_MS = 49 * DAY_MS; // an unsigned 32-bit count of milliseconds
/** Replicas of a value whose PUT names no number. */
export const REPLICATION_DEFAULT = 20;
export const REPUBLISH_INTERVAL_DEFAULT_MS = HOUR_MS;
export const REPUBLISH_INTERVAL_MIN_MS = SECOND_MS;
export const REPUBLISH_INTERVAL_MAX_MS = DAY_MS;
/** What leaving may take: PUTs end, and replicas are handed over. */
export const LEAVE_LIMIT_DEFAULT_MS = MINUTE_MS;
export const LEAVE_LIMIT_MAX_MS = HOUR_MS;
/** How long a contact must have failed before another certificate counts at its address. */
export const CERTIFICATE_KEPT_DEFAULT_MS = HOUR_MS;
export const CERTIFICATE_KEPT_MAX_MS = 7 * DAY_MS;
/** Leading zero bits of a proof of work. */
export const PROOF_OF_WORK_BITS_DEFAULT = 8;
export const PROOF_OF_WORK_BITS_MAX = 24;
/** Caps of the value store. */
export const STORE_BYTES_MAX = 1_024 * MIB;
export const STORE_ENTRIES_MAX = 2_000_000;
export const STORE_TOMBSTONES_MAX = 65_536;
/** Memory that a value store takes and gives back at a time. */
export const PAGE_BYTES_MAX = 256 * KIB;
