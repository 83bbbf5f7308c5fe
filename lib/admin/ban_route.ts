/**
 * Shutting a member out of a private network, over HTTP.
 *
 * @module
 */

import type { RunningNode } from "../net/serve.ts";
import type { HttpAnswer } from "./http/http_server.ts";
import { HttpError, json } from "./http/responses.ts";

/** Shuts out the member of an id; answers with an error if there is none that can be. */
export function banMember(running: RunningNode, id: Uint8Array): HttpAnswer {
  try {
    running.ban(id);
    return json({});
  } catch (error) {
    if (error instanceof RangeError) throw new HttpError(409, error.message);
    throw error;
  }
}
