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
    requestEnded(type, outcome, ms) {
      first.requestEnded(type, outcome, ms);
      second.requestEnded(type, outcome, ms);
    },
    requestHandled(type) {
      first.requestHandled(type);
      second.requestHandled(type);
    },
    storeJudged(status) {
      first.storeJudged(status);
      second.storeJudged(status);
    },
    lookupEnded(outcome, hops, requests, ms) {
      first.lookupEnded(outcome, hops, requests, ms);
      second.lookupEnded(outcome, hops, requests, ms);
    },
    getEnded(outcome, ms) {
      first.getEnded(outcome, ms);
      second.getEnded(outcome, ms);
    },
    putEnded(outcome, holders, ms) {
      first.putEnded(outcome, holders, ms);
      second.putEnded(outcome, holders, ms);
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
    handshakeEnded(direction, succeeded, ms) {
      first.handshakeEnded(direction, succeeded, ms);
      second.handshakeEnded(direction, succeeded, ms);
    },
    bytesMoved(direction, count) {
      first.bytesMoved(direction, count);
      second.bytesMoved(direction, count);
    },
  };
}
