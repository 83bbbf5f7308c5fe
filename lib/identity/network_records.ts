/**
 * What a node keeps beside its network key: who is shut out, and the invites for one node each.
 *
 * `network.bans` has a line for each ban. `network.invites` has a file for each invite, named by the hash of its token,
 * with the time at which it ends; and one more, of the same name with `.used` after it, once it has been used. So an
 * invite is used once, whoever asks.
 *
 * @module
 */

import { decodeHex, encodeHex } from "@std/encoding/hex";
import { dirname, join } from "node:path";
import { TOKEN_BYTES } from "../core/wire/hello_codec.ts";
import { sha256 } from "../hash/sha256.ts";
import type { Log } from "../node/ports.ts";
import { describeFileError, writeWhole } from "./atomic_file.ts";
import type { NetworkRecords } from "./credentials.ts";
import type { Ban } from "./network.ts";
import { NetworkKeyError, writeNetworkKeys } from "./network_key.ts";

const BANS_FILE = "network.bans";
const INVITES_FOLDER = "network.invites";

/**
 * Opens the records beside a network key.
 *
 * @param keyFile also if it is not there; what the node is granted is written into it.
 * @throws {NetworkKeyError} if the bans cannot be read: nobody is let in by mistake.
 */
export async function openNetworkRecords(keyFile: string, log: Log): Promise<NetworkRecords> {
  const folder = dirname(keyFile);
  // One after the other, so that the last one stays.
  let writing = Promise.resolve();
  const write = (what: string, act: () => Promise<void>) => {
    writing = writing.then(act).catch((error) => {
      log("warn", `Cannot write ${what}: ${describeFileError(error)}`);
    });
  };
  return {
    bans: await readBans(join(folder, BANS_FILE)),
    redeem: (token, member) => redeem(folder, token, member),
    onKeys: (keys) => {
      log("info", `Is a member of the network by what one with its key has signed: "${keyFile}"`);
      write(`"${keyFile}"`, () => writeNetworkKeys(keyFile, keys));
    },
    onBans: (bans) => {
      log("warn", `Members that are shut out of the network: ${bans.length}`);
      const file = join(folder, BANS_FILE);
      const line = ({ member, signature }: Ban) => `${encodeHex(member)} ${encodeHex(signature)}\n`;
      write(`"${file}"`, () => writeWhole(file, bans.map(line).join(""), 0o600));
    },
  };
}

async function readBans(file: string): Promise<Ban[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new NetworkKeyError(`Cannot read bans "${file}": ${describeFileError(error)}`);
  }
  return text.split("\n").filter((line) => line !== "").map((line, i) => {
    const match = /^([0-9a-f]{64}) ([0-9a-f]{128})$/.exec(line);
    if (!match) throw new NetworkKeyError(`${file}:${i + 1}: a ban has 64 and 128 hex digits`);
    return { member: decodeHex(match[1]!), signature: decodeHex(match[2]!) };
  });
}

/**
 * Makes an invite for one node.
 *
 * @param endsAt in milliseconds since 1970.
 * @returns its token.
 */
export async function makeToken(keyFile: string, endsAt: number): Promise<Uint8Array> {
  const folder = join(dirname(keyFile), INVITES_FOLDER);
  const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await removeEnded(folder);
    await writeWhole(join(folder, nameOf(token)), `${endsAt}\n`, 0o600);
  } catch (error) {
    throw new NetworkKeyError(
      `Cannot write an invite into "${folder}": ${describeFileError(error)}`,
    );
  }
  return token;
}

/** Removes invites that can be used no more. */
async function removeEnded(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const file = join(folder, name);
    if (Date.now() <= Number(await Deno.readTextFile(file))) continue;
    await Deno.remove(file);
    await Deno.remove(`${file}.used`).catch(() => {}); // perhaps nobody has used it
  }
}

/** Whether an invite may be used by a member: it is there, has not ended, and nobody else has used it. */
function redeem(keyFolder: string, token: Uint8Array, member: Uint8Array): boolean {
  const file = join(keyFolder, INVITES_FOLDER, nameOf(token));
  try {
    if (Date.now() > Number(Deno.readTextFileSync(file))) return false;
    const name = encodeHex(member);
    try {
      Deno.writeTextFileSync(`${file}.used`, name, { createNew: true, mode: 0o600 });
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      // A member that has not heard that it is one asks again.
      return Deno.readTextFileSync(`${file}.used`) === name;
    }
  } catch {
    return false;
  }
}

/** The token itself is nobody's but the invited one's. */
function nameOf(token: Uint8Array): string {
  return encodeHex(sha256(token));
}
