/**
 * Limits and intervals of one running node: what is under way at once, and when it looks after itself.
 *
 * @module
 */

import { HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from "../core/units.ts";

// Requests.

/** What a request may take on top when it has to connect first, before it counts as slow. */
export const DIAL_ALLOWANCE_MS = 150;
/** What a request may take on top before it is given up: TCP sends a lost first packet again after a second. */
export const DIAL_LIMIT_MS = SECOND_MS;
/** Pings, introductions and the checks that a certificate is its owner's: they may have to dial first. */
export const PING_LIMIT_MS = 3 * SECOND_MS;
/**
 * Checks by dial-back under way at once, fewer than the dials that a transport has, and to one address. Others wait; the
 * introductions beyond are forgotten until they are made again.
 */
export const DIAL_BACKS_MAX = 16;
export const DIAL_BACKS_PER_ADDRESS_MAX = 2;
export const DIAL_BACKS_WAITING_MAX = 1_024;
export const DIAL_BACKS_WAITING_PER_ADDRESS_MAX = 64;
/** The same to other addresses than the packets come from, which a stranger may choose. */
export const FOREIGN_DIAL_BACKS_MAX = 4;
export const FOREIGN_DIAL_BACKS_PER_MINUTE_MAX = 30;
/** A peer whose dial-back has failed may have it tried again on the same connection after this time. */
export const DIAL_BACK_AGAIN_MS = 30 * SECOND_MS;
/**
 * A contact that has ended a connection is pinged at once, but not more often than this: longer each time that it does
 * so again.
 */
export const CHECK_AGAIN_MIN_MS = 10 * SECOND_MS;
export const CHECK_AGAIN_MAX_MS = 10 * MINUTE_MS;
/** How often at most a contact that has failed and asks something is pinged on a connection that is open. */
export const CHECK_CONNECTED_AGAIN_MS = SECOND_MS;
/**
 * What one peer may have republished that it has stored at the wrong place or in two versions, and what all may that
 * have not introduced themselves: bytes at once, and a second after that, at so many at least for one value. Of so many
 * sources it is remembered.
 */
export const REPUBLISHED_BY_PEER = { burstBytes: 8 * MIB, bytesPerSecond: 256 * KIB };
export const REPUBLISHED_BY_STRANGERS = { burstBytes: MIB, bytesPerSecond: 64 * KIB };
export const REPUBLISHED_COST_MIN_BYTES = KIB;
export const REPUBLISHED_SOURCES_MAX = 1_024;
/**
 * How full the store is when one source (a network; or, where networks do not count, a contact, or all strangers at one
 * IP) gets no more than a share. Of so many sources it is counted.
 */
export const QUOTA_BEGINS_AT_FILL = 0.5;
export const QUOTA_SHARE_MAX = 0.25;
export const QUOTA_SOURCES_MAX = 1_024;
/** STOREs that one connection may send in a burst, and a second after that. */
export const STORES_BURST_MAX = 20_000;
export const STORES_PER_SECOND_MAX = 2_000;

// Clocks.

/** A wall clock that parts from the other by so much at once has been set. */
export const CLOCK_JUMP_MIN_MS = 500;
/** An own clock that is off by more is logged, once it has been so for a time. */
export const CLOCK_OFFSET_MAX_MS = 5 * SECOND_MS;
export const CLOCK_WARNING_DELAY_MS = 5 * SECOND_MS;

// Contacts.

/** When no node has come or gone for this long, the contacts known are taken to be all there are. */
export const SETTLED_MS = SECOND_MS;
/** Dropped contacts whose addresses stay theirs for a while, see `membership/pins.ts`. */
export const PINS_MAX = 4_096;
/** How long lookups leave a contact alone that could not be connected to; longer each time. Of so many it is remembered. */
export const ABSENT_MIN_MS = 5 * SECOND_MS;
export const ABSENT_MAX_MS = 15 * SECOND_MS;
export const ABSENCES_MAX = 1_024;
/** Dropped contacts that are remembered, to be found again after a partition. */
export const LOST_CONTACTS_MAX = 64;

// Reachability.

/** When a node asks again whether it was reached: longer while it was not. */
export const REACHABILITY_RETRY_MIN_MS = SECOND_MS;
export const REACHABILITY_RETRY_MAX_MS = MINUTE_MS;
/** Contacts that are asked at once. */
export const REACHABILITY_ASKED_AT_ONCE = 3;
/** Contacts that must have failed to reach a node before it believes that it cannot be reached. */
export const UNREACHABLE_VERDICTS = 3;

// Lookups.

/** Paths that a lookup follows to their end, each from a contact of its own. */
export const LOOKUP_PATHS = 8;
/** Requests in flight of a lookup for a value before the node has joined: each has to connect first. */
export const EARLY_PARALLELISM = 8;
/**
 * Dials that those whom one source has named may fail. Each that succeeds makes up for one, and one is forgiven after
 * a time. Of so many sources it is remembered.
 */
export const DIAL_CREDIT_MAX = 16;
export const DIAL_CREDIT_RETURN_MS = 10 * SECOND_MS;
export const DIAL_CREDIT_SOURCES_MAX = 1_024;
/** Lookups under way in one node; further ones wait. */
export const LOOKUPS_MAX = 1_024;
/** Lookups waiting for their turn; a further one fails. */
export const LOOKUPS_WAITING_MAX = 65_536;

// Values.

/** PUTs under way in one node; a further one is refused. */
export const PUTS_MAX = 65_536;
/** Hashes tried at a stretch when a proof of work is solved, before other work gets its turn: about 1 ms. */
export const PROOF_OF_WORK_STEP = 2_000;
/** Expired values removed at a stretch, before other work gets its turn: a few milliseconds. */
export const EXPIRIES_STEP = 2_000;
/**
 * TTL of a value cached next to a lookup's path; halved for each contact that is closer to the key. A node that
 * holds an old version of a value has half a minute to learn of the new one: what was cached from it before is
 * gone within a minute of the PUT.
 */
export const PATH_CACHE_TTL_MAX_MS = 30 * SECOND_MS;
/** Keys of which the newest version given to a reader is remembered. */
export const NEWEST_READ_MAX = 65_536;
/** A value that would be cached for less is not worth sending. */
export const PATH_CACHE_TTL_MIN_MS = SECOND_MS;

// Housekeeping.

/** A bucket that no lookup touched for this long is refreshed. */
export const BUCKET_REFRESH_MS = HOUR_MS;
/** How far a periodic task may be moved, as a share of its interval, so that a network does not beat. */
export const JITTER_SHARE = 0.2;
/** How often a node makes sure that it is not alone, and looks for contacts that it has lost. */
export const KEEP_IN_TOUCH_MS = 2 * MINUTE_MS;
/** How long after a contact has failed it is asked again: longer while none answers. */
export const RECHECK_MIN_MS = 5 * SECOND_MS;
export const RECHECK_MAX_MS = MINUTE_MS;
/** How many are asked again at once. */
export const RECHECKED_AT_ONCE = 32;
/** How long after a change a node looks at who is near it now. */
export const NEIGHBOURHOOD_CHECK_MS = 5 * SECOND_MS;
/** The same when a contact answers again: what it held, or what was put in its place, may have been replaced. */
export const RETURN_CHECK_MS = SECOND_MS;
/**
 * What placing a value takes, nearly always. A value that is held where it does not belong, or in two versions, is
 * placed after this time by the first of the nodes that hold it, after twice the time by the second, and so on.
 */
export const PLACEMENT_MS = 2 * SECOND_MS;
/** First and longest wait until a value that too few nodes took is republished; it doubles in between. */
export const FOLLOW_UP_MIN_MS = 2 * SECOND_MS;
export const FOLLOW_UP_MAX_MS = 5 * MINUTE_MS;
/** STOREs without an answer that are remembered, to be sent again when their contacts are back. */
export const MISSED_STORES_MAX = 256;
/** Values being republished at once. */
export const REPUBLICATIONS_MAX = 16;

// Absence.

/** How often a node makes sure that it was not away, and by how long an absence is noticed. */
export const HEARTBEAT_MS = 10 * SECOND_MS;
export const AWAY_MIN_MS = 20 * SECOND_MS;
/** How long after an absence a node is not the first to give a value: it compares with its neighbours. */
export const CATCHING_UP_MS = 10 * SECOND_MS;
/** How many of the contacts closest to a key it asks then before it gives a value, and how long it waits for them. */
export const CATCHING_UP_ASKED = 3;
export const CATCHING_UP_DELAY_MS = 300;

// Repair.

/** Comparisons with neighbours that a node has under way at once. */
export const COMPARISONS_MAX = 3;
/** Values on their way to and from neighbours at once. */
export const TRANSFERS_MAX = 32;
/** How often a node makes sure at most that those closer to a key are there, when a neighbour seems to doubt it. */
export const DOUBTS_EVERY_MS = MINUTE_MS;
/** Over how long the comparisons after a change are spread. */
export const REPAIR_STAGGER_MS = SECOND_MS;
/** When two neighbours that differed are compared again; longer each time that they still do. */
export const REPAIR_RETRY_MS = 5 * SECOND_MS;
/** So many contacts that answer again within a time make the end of a cut, which is noticed once in that time. */
export const CUT_CONTACTS_MIN = 3;
export const CUT_ENDS_WITHIN_MS = MINUTE_MS;
/** How long the versions found for one comparison are used for its further questions. */
export const SHARED_VERSIONS_FRESH_MS = 5 * SECOND_MS;
/** The same for the first question of another comparison: whoever asks again and again has the store gone through. */
export const SHARED_VERSIONS_REUSED_MS = SECOND_MS;
/**
 * How long a contact must have been in the table before it is sent all that it seems to lack: one that has just joined
 * fetches that itself.
 */
export const NEWCOMER_MS = MINUTE_MS;
/** How long a value may take to come before it is asked for again. */
export const AWAITED_MS = 5 * SECOND_MS;
/** Versions in one answer to an offer; the rest comes with the next comparison. */
export const VERSIONS_PER_ANSWER_MAX = 2_000;

// Joining.

/** Wait before joining again after an attempt that brought new contacts; doubles while they do. */
export const JOIN_AGAIN_MIN_MS = 250;
/** How long GETs and PUTs wait at most for the first attempt to join. */
export const JOIN_WAIT_MS = 3 * SECOND_MS;
/** First and longest wait between attempts to join. */
export const JOIN_RETRY_MIN_MS = SECOND_MS;
export const JOIN_RETRY_MAX_MS = MINUTE_MS;
/** Contacts of an earlier process that are asked at one attempt to join. */
export const FORMER_CONTACTS_ASKED = 32;
/** How soon after a change contacts are kept beyond the process, and how often at most. */
export const KEEP_CONTACTS_AFTER_MS = SECOND_MS;
export const KEEP_CONTACTS_EVERY_MS = 5 * SECOND_MS;

// Leaving.

/** How long the PUTs under way may take to end before values are handed over. */
export const PUTS_END_LIMIT_MS = 500;
/** How often a node that leaves says how far it is. */
export const LEAVE_PROGRESS_MS = 5 * SECOND_MS;
