/**
 * The version of this program.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** As `deno.json` says. */
export const VERSION: string = config.version;
