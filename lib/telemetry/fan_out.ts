/**
 * Several observers as one.
 *
 * @module
 */

import type { Observer } from "../node/observer.ts";

/** An event, as any observer hears of it. A rest parameter would allocate an array for each. */
type Hear = (first: never, second: never) => void;

/** Every event of an observer; the type check keeps this list complete. */
const EVENTS = Object.keys(
  {
    requestEnded: true,
    requestHandled: true,
    storeJudged: true,
    lookupEnded: true,
    getEnded: true,
    putEnded: true,
    workProven: true,
    expired: true,
    republished: true,
    compared: true,
    repaired: true,
    handshakeEnded: true,
    bytesMoved: true,
  } satisfies Record<keyof Observer, true>,
) as (keyof Observer)[];

/** One observer that passes every event to two; the first alone if there is no second. */
export function both(first: Observer, second: Observer | undefined): Observer {
  if (!second) return first;
  const events = EVENTS.map((event): [keyof Observer, Hear] => {
    const hearFirst: Hear = first[event].bind(first);
    const hearSecond: Hear = second[event].bind(second);
    return [event, (a, b) => {
      hearFirst(a, b);
      hearSecond(a, b);
    }];
  });
  return Object.fromEntries(events) as unknown as Observer;
}
