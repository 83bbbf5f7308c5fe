/**
 * Every cap and default of the system, in one place.
 *
 * Units stand last in each name. `MAX` marks what is refused beyond, `DEFAULT` what can be configured.
 *
 * @module
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

// The module API.

/** Largest frame of the module API: its size field has 16 bits. */
export const API_FRAME_BYTES_MAX = 65_535;
/** Largest value: an API PUT frame less its header, hints and key. */
export const VALUE_BYTES_MAX = 65_495;
/** API connections open at once; a further one is closed on arrival. */
export const API_CONNECTIONS_MAX = 512;
/** Requests under way for one API connection; beyond this the node stops reading from it. */
export const API_REQUESTS_PER_CONNECTION_MAX = 1_024;
/** Answers waiting to be read by one API client; beyond this the node stops reading from it. */
export const API_UNSENT_BYTES_MAX = 4 * MIB;

// The peer protocol.

/** Largest frame between peers. */
export const PEER_FRAME_BYTES_MAX = 131_072;
/** Largest certificate in a record. */
export const CERTIFICATE_BYTES_MAX = 2_048;
/** Contacts in one FOUND NODE: its count field has 8 bits. */
export const RECORDS_PER_ANSWER_MAX = 255;
/** Version that PING and PONG carry. */
export const PROTOCOL_VERSION = 1;
/** Name of the application protocol in the TLS handshake. */
export const ALPN_PROTOCOL = "voidkad/1";
/** The same with records in brief; both ends have to know it. */
export const ALPN_PROTOCOL_BRIEF = "voidkad/2";
/** What a node understands, what it prefers first. */
export const ALPN_PROTOCOLS: readonly string[] = [ALPN_PROTOCOL_BRIEF, ALPN_PROTOCOL];
/** Records that a connection remembers, to be named by an 8-bit place of which one has another meaning. */
export const RECORD_PLACES = 255;

// Connections between peers.

/** Connections that this node dialled and keeps; the least recently used closes first. */
export const OUTBOUND_CONNECTIONS_MAX = 512;
/** Connections of others to this node; the least recently used closes first. */
export const INBOUND_CONNECTIONS_MAX = 1_024;
/** Dials under way at once; further ones wait their turn. */
export const DIALS_MAX = 32;
/** Dials waiting for their turn; a further one fails at once. */
export const DIALS_WAITING_MAX = 1_024;
/** Connecting and handshaking, as dialler and as listener. */
export const HANDSHAKE_LIMIT_MS = 3 * SECOND_MS;
/** A connection without a frame for this long is closed by who dialled it; by the other side half as long later. */
export const CONNECTION_IDLE_MS = 10 * MINUTE_MS;
/** How often idle connections are looked for. */
export const CONNECTION_SWEEP_MS = MINUTE_MS;
/** Buffer of a connection's reads: grows to the larger size while reads fill it, and shrinks again. */
export const READ_BUFFER_MIN_BYTES = 2 * KIB;
export const READ_BUFFER_MAX_BYTES = 64 * KIB;
/** Reads in a row that leave most of a grown buffer empty before it shrinks. */
export const SMALL_READS_MAX = 16;
/** Buffers for writing that lie ready, for whichever connection writes next. */
export const WRITERS_READY_MAX = 256;
/** Bytes of requests waiting to be written to one peer; a further one is refused. */
export const PEER_UNSENT_BYTES_MAX = 4 * MIB;
/** Bytes of answers that wait for one peer; beyond this the node stops reading from it. So many peers may come. */
export const PEER_UNREAD_BYTES_MAX = 256 * KIB;
/** How long after an answer others are waited for before the peer's system is nudged, see `nudger.ts`. */
export const NUDGE_MS = 10;
/** Requests that wait for their answer on one connection. */
export const REQUESTS_PER_CONNECTION_MAX = 4_096;
/** Checks by dial-back under way at once; the introductions beyond are forgotten. */
export const DIAL_BACKS_MAX = 64;
/** STOREs that one connection may send in a burst, and a second after that. */
export const STORES_BURST_MAX = 20_000;
export const STORES_PER_SECOND_MAX = 2_000;

// Time limits of requests: they adapt to the measured round trip between these.

export const REQUEST_LIMIT_MIN_MS = 500;
/** For a peer whose round trip is not known yet. */
export const REQUEST_LIMIT_START_MS = SECOND_MS;
export const REQUEST_LIMIT_MAX_MS = 3 * SECOND_MS;
/** When a request counts as slow and frees its slot in a lookup. */
export const SLOW_MIN_MS = 50;
export const SLOW_START_MS = 500;
/** The same as SLOW_MIN_MS for a value, of which others have copies: the next is asked as well. */
export const HEDGE_MIN_MS = 5;
/** What a request may take on top when it has to connect first, before it counts as slow. */
export const DIAL_ALLOWANCE_MS = 150;
/** What a request may take on top before it is given up: TCP sends a lost first packet again after a second. */
export const DIAL_LIMIT_MS = SECOND_MS;
/** Pings, introductions and the checks that a certificate is its owner's: they may have to dial first. */
export const PING_LIMIT_MS = 3 * SECOND_MS;

// Routing.

export const ID_BITS = 256;
export const ID_BYTES = 32;
/** Contacts a bucket holds (k). */
export const BUCKET_SIZE_DEFAULT = 20;
export const BUCKET_SIZE_MAX = 128;
/** Bits of the id that one level of buckets matches. */
export const PREFIX_LENGTH_DEFAULT = 1;
export const PREFIX_LENGTH_MAX = 8;
/** Contacts a full bucket remembers as replacements, newest kept. */
export const REPLACEMENTS_PER_BUCKET_MAX = 8;
/** Failed requests in a row after which a contact is dropped though nothing can replace it. */
export const CONTACT_FAILURES_MAX = 5;
/** A contact heard of within this time is not pinged to make room for another. */
export const CONTACT_FRESH_MS = MINUTE_MS;
/** When nobody has come or gone for this long, those who are known are taken to be all there are. */
export const SETTLED_MS = SECOND_MS;
/** Known contacts by record, so that a record seen before is not hashed again. */
export const CONTACT_CACHE_MAX = 16_384;

// Lookups.

/** Requests in flight per lookup (alpha) until the neighbourhood of its target is known. */
export const PARALLELISM_DEFAULT = 3;
export const PARALLELISM_MAX = 64;
/** Paths that a lookup follows to their end, each from a contact of its own. */
export const LOOKUP_PATHS = 8;
/** Contacts that one lookup remembers; the most distant ones are forgotten first. */
export const LOOKUP_CANDIDATES_MAX = 512;
/** Certificates that one lookup tries for one address. */
export const LOOKUP_RECORDS_PER_ADDRESS_MAX = 8;
/** Requests that one lookup may send in all. */
export const LOOKUP_REQUESTS_MAX = 256;
/** Lookups under way in one node; further ones wait. */
export const LOOKUPS_MAX = 1_024;
/** Lookups waiting for their turn; a further one fails. */
export const LOOKUPS_WAITING_MAX = 65_536;

// Values.

/** Life of a value whose PUT does not say. */
export const TTL_DEFAULT_MS = HOUR_MS;
/** Longest life a value may have. */
export const TTL_MAX_DEFAULT_MS = 24 * HOUR_MS;
export const TTL_MAX_MAX_MS = 49 * 24 * HOUR_MS; // an unsigned 32-bit count of milliseconds
/** Copies of a value whose PUT does not say. */
export const REPLICATION_DEFAULT = 20;
export const REPUBLISH_INTERVAL_DEFAULT_MS = HOUR_MS;
export const REPUBLISH_INTERVAL_MIN_MS = SECOND_MS;
export const REPUBLISH_INTERVAL_MAX_MS = 24 * HOUR_MS;
/** Leading zero bits of a proof of work. */
export const PROOF_OF_WORK_BITS_DEFAULT = 8;
export const PROOF_OF_WORK_BITS_MAX = 24;
/** A stamp further ahead of the own clock than this is refused. */
export const STAMP_AHEAD_MAX_MS = 5 * MINUTE_MS;
/** Values removed at a stretch when they have expired, before others get their turn: a few milliseconds. */
export const EXPIRIES_STEP = 2_000;
/** Caps of the value store. */
export const STORE_BYTES_MAX = 1_024 * MIB;
export const STORE_ENTRIES_MAX = 2_000_000;
/** Memory that a value store takes and gives back at a time. */
export const PAGE_BYTES_MAX = 256 * KIB;
/** Life of a copy left next to a lookup's path; halved for each contact that is closer to the key. */
export const PATH_CACHE_TTL_MAX_MS = MINUTE_MS;
/** A copy that would live for less is not worth sending. */
export const PATH_CACHE_TTL_MIN_MS = SECOND_MS;
/** PUTs under way in one node; a further one is refused. */
export const PUTS_MAX = 65_536;
/** Hashes tried at a stretch when a proof of work is solved, before others get their turn: about 1 ms. */
export const PROOF_OF_WORK_STEP = 2_000;

// Housekeeping.

/** A bucket that no lookup touched for this long is refreshed. */
export const BUCKET_REFRESH_MS = HOUR_MS;
/** How far a periodic task may be moved, as a share of its interval, so that a network does not beat. */
export const JITTER_SHARE = 0.2;
/** How often a node makes sure that it is not alone, and looks for contacts that it has lost. */
export const KEEP_IN_TOUCH_MS = 2 * MINUTE_MS;
/** How long after a contact has failed it is asked again: longer while nobody answers. */
export const RECHECK_MIN_MS = 5 * SECOND_MS;
export const RECHECK_MAX_MS = MINUTE_MS;
/** How many are asked again at once. */
export const RECHECKED_AT_ONCE = 32;
/** Dropped contacts that are remembered, to be found again after a partition. */
export const LOST_CONTACTS_MAX = 64;
/** How long after a change a node looks at who is near it now. */
export const NEIGHBOURHOOD_CHECK_MS = 5 * SECOND_MS;
/** Share of the neighbours that must have changed for values to be republished early. */
export const NEIGHBOURHOOD_TURNOVER = 0.25;
/** Over how long an early republication is spread, so that one holder is first and the others need not. */
export const EARLY_REPUBLISH_MS = 30 * SECOND_MS;
/** Values being republished at once. */
export const REPUBLICATIONS_MAX = 16;
/** Wait before joining again after an attempt that brought new contacts; doubles while they do. */
export const JOIN_AGAIN_MIN_MS = 250;
/** First and longest wait between attempts to join. */
export const JOIN_RETRY_MIN_MS = SECOND_MS;
export const JOIN_RETRY_MAX_MS = MINUTE_MS;
/** What closing may take: first the PUTs under way end, then values are handed over. */
export const PUTS_END_LIMIT_MS = 500;
export const HAND_OVER_LIMIT_MS = 1_000;

// HTTP, for the operator.

/** Connections open at once; for a further one, the one that has waited longest is cut off. */
export const HTTP_CONNECTIONS_MAX = 128;
/** What a client may take to send the head of a request, after connecting or after the last answer. */
export const HTTP_WAIT_LIMIT_MS = 15 * SECOND_MS;
/** What a client may take to send the body of a request. */
export const HTTP_BODY_LIMIT_MS = 10 * SECOND_MS;
/** What a request may take in all. */
export const HTTP_REQUEST_LIMIT_MS = MINUTE_MS;
/** What a client may take to read a last answer while it is still sending. */
export const HTTP_LINGER_MS = SECOND_MS;
