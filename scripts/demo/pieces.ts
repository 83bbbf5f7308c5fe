/**
 * Real bytes to put: the project's own files, cut into pieces that are named by their SHA-256.
 *
 * @module
 */

import { sha256 } from "../../lib/hash/sha256.ts";
import { idKey } from "../../lib/core/kademlia/node_id.ts";

/** A piece of a file. */
export interface Piece {
  /** SHA-256 of the bytes. */
  readonly key: Uint8Array;
  readonly bytes: Uint8Array;
}

/** What was read. */
export interface Pieces {
  readonly files: number;
  readonly bytes: number;
  /** In an order of files by name; bytes that occur more than once are one piece. */
  readonly pieces: readonly Piece[];
}

const PIECE_BYTES = 32 * 1024;
const TOTAL_BYTES_MAX = 3_000_000;
const FOLDERS_PASSED_OVER = [".git", "node_modules", "dist", "voidkad-data"];

/** Reads files of the folder, as many as fit into the cap, and cuts them. */
export async function readPieces(folder: string): Promise<Pieces> {
  const pieces = new Map<string, Piece>();
  let files = 0;
  let bytes = 0;
  for (const path of (await listFiles(folder)).sort()) {
    const content = await readFile(`${folder}/${path}`);
    if (content.length === 0 || bytes + content.length > TOTAL_BYTES_MAX) continue;
    files++;
    bytes += content.length;
    for (let at = 0; at < content.length; at += PIECE_BYTES) {
      const piece = content.subarray(at, at + PIECE_BYTES);
      const key = sha256(piece);
      pieces.set(idKey(key), { key, bytes: piece });
    }
  }
  return { files, bytes, pieces: [...pieces.values()] };
}

/** What git keeps; where there is no git, all files. */
async function listFiles(folder: string): Promise<string[]> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", folder, "ls-files", "-z"],
      stderr: "null",
    }).output();
    const paths = new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "");
    if (success && paths.length > 0) return paths;
  } catch {
    // There is no git on this machine.
  }
  const paths: string[] = [];
  await walk(folder, "", paths);
  return paths;
}

async function walk(folder: string, within: string, paths: string[]): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${folder}/${within}`)) {
    if (isFile) paths.push(`${within}${name}`);
    else if (isDirectory && !FOLDERS_PASSED_OVER.includes(name)) {
      await walk(folder, `${within}${name}/`, paths);
    }
  }
}

/** Nothing, if the file is gone: git also lists what was deleted and not committed. */
async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) {
      return new Uint8Array(0);
    }
    throw error;
  }
}
