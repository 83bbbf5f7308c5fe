/**
 * Refusals in words.
 *
 * @module
 */

import type { Refusal } from "../../core/wire/messages.ts";

/** What a refusal says of the side that is refused. */
export const REFUSALS: Readonly<Record<Refusal, string>> = {
  notMember: "does not have the key of the network",
  badIntroduction: "does not prove that it holds the key of its certificate",
  anotherRecord: "says that it is another one: its addresses or its certificate differ",
};
