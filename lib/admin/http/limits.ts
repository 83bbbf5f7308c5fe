/**
 * Limits of HTTP, for the operator.
 *
 * @module
 */

import { MINUTE_MS, SECOND_MS } from "../../core/units.ts";

/** Connections open at once; for a further one, the one that has waited longest is cut off. */
export const HTTP_CONNECTIONS_MAX = 128;
/** What a client may take to send the head of a request, after connecting or after the last answer. */
export const HTTP_WAIT_LIMIT_MS = 15 * SECOND_MS;
/** What a client may take to send the body of a request. */
export const HTTP_BODY_LIMIT_MS = 10 * SECOND_MS;
/** What a request may take in all. */
export const HTTP_REQUEST_LIMIT_MS = MINUTE_MS;
/** Requests of one connection that may wait for their answers; one more closes the connection. */
export const HTTP_PIPELINED_MAX = 32;
/** What a client may take to read a last answer while it is still sending. */
export const HTTP_LINGER_MS = SECOND_MS;
