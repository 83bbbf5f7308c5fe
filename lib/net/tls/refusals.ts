/**
 * What refusals mean, in words and for requests.
 *
 * @module
 */

import type { Refusal } from "../../core/wire/messages.ts";
import type { RequestFailure } from "../../node/ports.ts";

/** What a refusal says of the side that is refused. */
export const REFUSALS: Readonly<Record<Refusal, string>> = {
  notMember: "is no member of the network",
  banned: "has been shut out of the network",
  badIntroduction: "does not prove that it holds the key of its certificate",
  anotherRecord: "says that it is another one: its addresses or its certificate differ",
};

/** What the requests to a contact fail with that refuses this node, or is refused by it. */
export function failureOf(refusal: Refusal): RequestFailure {
  if (refusal === "banned") return "shutOut";
  return refusal === "notMember" ? "notMember" : "untrusted";
}
