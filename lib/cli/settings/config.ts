/**
 * Gathers the settings: from the section `[dht]` of a file, and from flags, which win.
 *
 * @module
 */

import { dirname } from "node:path";
import { describeFileError } from "../../identity/atomic_file.ts";
import { UsageError } from "../errors.ts";
import { type IniEntry, IniError, readIniSection } from "./ini.ts";
import { flagOf, type Key, KEYS, type Setting, Settings } from "./settings.ts";
import { suggest } from "../spec/suggest.ts";

const SECTION = "dht";

/**
 * Gathers the settings.
 *
 * @param flags values of flags by name, without the leading dashes.
 * @param keys the settings that are read from flags; other flags are ignored.
 * @throws {UsageError} if the file that `--config` names cannot be read or is wrong.
 */
export async function gatherSettings(
  flags: ReadonlyMap<string, string>,
  keys: readonly Key[] = KEYS,
): Promise<Settings> {
  const file = flags.get("config");
  const settings = file === undefined ? new Map<Key, Setting>() : await readConfig(file);
  for (const key of keys) {
    const value = flags.get(flagOf(key));
    if (value !== undefined) settings.set(key, { value, where: `--${flagOf(key)}`, folder: "." });
  }
  return new Settings(settings, file ?? null);
}

async function readConfig(file: string): Promise<Map<Key, Setting>> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read config "${file}": ${describeFileError(error)}`);
  }
  return parseConfig(text, file);
}

/**
 * Reads the text of a configuration file.
 *
 * @param file its path: for messages, and for the folder that relative paths in it start from.
 * @throws {UsageError} that names file and line.
 */
export function parseConfig(text: string, file: string): Map<Key, Setting> {
  const settings = new Map<Key, Setting>();
  const lines = new Map<Key, number>();
  for (const { key: name, value, line } of readEntries(text, file)) {
    const key = KEYS.find((one) => one === name);
    if (!key) {
      throw new UsageError(`${file}:${line}: unknown key "${name}"${suggest(name, KEYS)}`);
    }
    const before = lines.get(key);
    if (before !== undefined) {
      throw new UsageError(`${file}:${line}: ${key} is already set in line ${before}`);
    }
    lines.set(key, line);
    settings.set(key, { value, where: `${file}:${line}: ${key}`, folder: dirname(file) });
  }
  return settings;
}

function readEntries(text: string, file: string): IniEntry[] {
  try {
    const entries = readIniSection(text, SECTION);
    if (!entries) throw new UsageError(`Cannot use config "${file}": no section [${SECTION}]`);
    return entries;
  } catch (error) {
    if (error instanceof IniError) throw new UsageError(`${file}:${error.line}: ${error.message}`);
    throw error;
  }
}
