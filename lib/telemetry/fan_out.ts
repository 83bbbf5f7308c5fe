/**
 * Several observers as one.
 *
 * @module
 */

import type { Observer } from "../node/observer.ts";

/** One observer that tells two; the first alone if there is no second. */
export function both(first: Observer, second: Observer | undefined): Observer {
  if (!second) return first;
  return {
    requestEnded(request) {
      first.requestEnded(request);
      second.requestEnded(request);
    },
    requestHandled(type) {
      first.requestHandled(type);
      second.requestHandled(type);
    },
    storeJudged(status) {
      first.storeJudged(status);
      second.storeJudged(status);
    },
    lookupEnded(lookup) {
      first.lookupEnded(lookup);
      second.lookupEnded(lookup);
    },
    getEnded(outcome, ms) {
      first.getEnded(outcome, ms);
      second.getEnded(outcome, ms);
    },
    putEnded(put) {
      first.putEnded(put);
      second.putEnded(put);
    },
    workProven(ms) {
      first.workProven(ms);
      second.workProven(ms);
    },
    expired(count) {
      first.expired(count);
      second.expired(count);
    },
    republished() {
      first.republished();
      second.republished();
    },
    handshakeEnded(handshake) {
      first.handshakeEnded(handshake);
      second.handshakeEnded(handshake);
    },
    bytesMoved(direction, count) {
      first.bytesMoved(direction, count);
      second.bytesMoved(direction, count);
    },
  };
}
