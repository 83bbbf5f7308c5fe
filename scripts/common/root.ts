/**
 * Where this project lies.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The path of the project's root, with a slash at its end; good for a folder whose name has a space. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));
