/**
 * What frames are tried on.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";

/** A part of the program. */
export interface Target extends AsyncDisposable {
  /** Tries about so many frames; returns how many, and throws a {@linkcode FuzzFault} if one has done harm. */
  run(frames: number): Promise<number> | number;
}

/** A frame has done what none may do. */
export class FuzzFault extends Error {
  override readonly name = "FuzzFault";

  /** @param bytes the frame, or what else was sent. */
  constructor(why: string, bytes: Uint8Array, options?: ErrorOptions) {
    super(`${why}\n${encodeHex(bytes)}`, options);
  }
}

/** Does something with a frame; whatever it throws is the frame's fault. */
export function blaming<Result>(frame: Uint8Array, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof FuzzFault) throw error;
    const { stack = String(error) } = error as Error;
    throw new FuzzFault(stack, frame, { cause: error });
  }
}
