/**
 * The numbers of both protocols: the version that is spoken, the types of messages and the statuses.
 * `docs/protocol.md` says what they mean.
 *
 * @module
 */

import type { Reachability, Refusal, Statement, StoreStatus } from "./messages.ts";

/**
 * The version of the peer protocol, as both sides name it in the TLS handshake (ALPN). One version is spoken;
 * its number rises with every change of the wire format.
 */
export const ALPN_PROTOCOL = "voidkad/8";

/** The module API, which has no version. */
export const PUT = 650;
export const GET = 651;
export const SUCCESS = 652;
export const FAILURE = 653;

/** Requests between peers. */
export const PING = 660;
export const STORE = 661;
export const FIND_NODE = 662;
export const FIND_VALUE = 663;
export const NUDGE = 664;
export const DIGEST = 666;
export const OFFER = 667;

/** By which either side asks the other to close the connection. */
export const GOING_AWAY = 665;

/** What either side says first, and by which either side ends a connection. */
export const HELLO = 668;
export const REFUSED = 669;
/** What the digest of a HELLO begins with. */
export const HELLO_CONTEXT = new TextEncoder().encode("voidkad HELLO");

/** Answers between peers, and no other message, have numbers from here on. */
export const PONG = 670;
export const STORED = 671;
export const FOUND_VALUE = 673;
export const FOUND_NODE = 674;
export const DIFFERENT = 676;
export const WANTED = 677;

/** The statuses that STORED carries. */
export const STATUS_NUMBERS: Readonly<Record<StoreStatus, number>> = {
  stored: 0,
  weakProofOfWork: 1,
  full: 2,
  tooLarge: 3,
  tooManyRequests: 4,
  newerHeld: 5,
  expired: 6,
  stampAhead: 7,
  leaving: 8,
  proofOfAnother: 9,
};

/** The status of a number; undefined if it has none. */
export function statusOf(number: number): StoreStatus | undefined {
  return STATUSES.get(number);
}

const STATUSES = namesByNumber(STATUS_NUMBERS);

/** The statements that a HELLO carries. */
export const STATEMENT_NUMBERS: Readonly<Record<Statement["type"], number>> = {
  key: 0,
  membership: 1,
  token: 2,
  grant: 3,
  ban: 4,
};

/** The kind of statement of a number; undefined if it has none. */
export function statementOf(number: number): Statement["type"] | undefined {
  return STATEMENTS.get(number);
}

const STATEMENTS = namesByNumber(STATEMENT_NUMBERS);

/** Why a side ends a connection, as REFUSED carries it. */
export const REFUSAL_NUMBERS: Readonly<Record<Refusal, number>> = {
  notMember: 1,
  badIntroduction: 2,
  anotherRecord: 3,
  banned: 4,
};

/** The reason of a number; undefined if it has none. */
export function refusalOf(number: number): Refusal | undefined {
  return REFUSALS.get(number);
}

const REFUSALS = namesByNumber(REFUSAL_NUMBERS);

/** What a PONG says of the dialler's reachability. */
export const REACHABILITY_NUMBERS: Readonly<Record<Reachability, number>> = {
  untried: 0,
  underWay: 1,
  reached: 2,
  refused: 3,
  untrusted: 4,
  timeout: 5,
};

/** The reachability of a number; undefined if it has none. */
export function reachabilityOf(number: number): Reachability | undefined {
  return REACHABILITIES.get(number);
}

const REACHABILITIES = namesByNumber(REACHABILITY_NUMBERS);

function namesByNumber<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): ReadonlyMap<number, Name> {
  const names = Object.keys(numbers) as Name[];
  return new Map(names.map((name) => [numbers[name], name]));
}
