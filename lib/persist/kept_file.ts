/** Name of the file in the folder of its node. A program that only names it does not load the engine. */
export const KEPT_FILE = "kept.db";
