/**
 * The thread of the file, as the node's thread sees it.
 *
 * @module
 */

import type { FileTrouble } from "./file/database_file.ts";
import type { FromFile, Opened, ToFile } from "./messages.ts";

type Open = Extract<ToFile, { type: "open" }>;

/** A file that cannot be used; the message names it and says why. */
export class JournalError extends Error {
  /** The class's name. */
  override readonly name = "JournalError";

  /** What kind of trouble it is. */
  readonly trouble: FileTrouble;

  /** Says what is wrong with which file. */
  constructor(trouble: FileTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** What the thread calls once the file is open. */
export interface FileThreadHooks {
  /** What was posted under a number is on the disk. */
  onKept(number: number): void;
  /** What was posted under a number is done; the file lacks some of the rows that it should have. */
  onLacking(number: number, rows: ReadonlySet<number>): void;
  /** The disk has failed. */
  onFailed(message: string): void;
}

/** What gets what a file holds. */
export interface FileReaderHooks {
  /** The network's time when something was kept last; called first, if at all. */
  onKeptAt(time: number): void;
  /** Some replicas, as a batch of additions. */
  onReplicas(batch: Uint8Array): void;
}

/** One thread for one file. */
export class FileThread {
  readonly #path: string;
  readonly #hooks: FileThreadHooks;
  readonly #worker = new Worker(new URL("./file/worker.ts", import.meta.url), { type: "module" });
  #onClosed = (): void => {};

  constructor(path: string, hooks: FileThreadHooks) {
    this.#path = path;
    this.#hooks = hooks;
  }

  /**
   * Opens the file and reads it.
   *
   * @param hooks get what it holds.
   * @throws {JournalError} if the file cannot be used; the thread has ended then.
   */
  open(
    options: Pick<Open, "nodeId" | "values" | "readsAnyway">,
    { onKeptAt, onReplicas }: FileReaderHooks,
  ): Promise<Opened> {
    return new Promise((resolve, reject) => {
      const refuse = (trouble: FileTrouble, message: string): void => {
        this.end();
        reject(new JournalError(trouble, message));
      };
      this.#worker.onerror = (event) => {
        event.preventDefault();
        refuse("disk", `Cannot use ${this.#path}: ${event.message}`);
      };
      this.#worker.onmessage = ({ data }: MessageEvent<FromFile>) => {
        if (data.type === "keptAt") onKeptAt(data.time);
        else if (data.type === "replicas") {
          onReplicas(data.changes);
          this.post({ type: "more" });
        } else if (data.type === "refused") refuse(data.trouble, data.message);
        else if (data.type === "opened") {
          this.#serve();
          resolve(data.opened);
        }
      };
      this.post({ type: "open", path: this.#path, ...options });
    });
  }

  /** Sends a message; answers come to the hooks. Its bytes are copied: to hand a small batch over takes longer. */
  post(message: ToFile): void {
    this.#worker.postMessage(message);
  }

  /** Closes the file when all that was posted is done, at a point of the network's time. */
  close(keptAt: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onClosed = resolve;
      this.post({ type: "close", keptAt });
    });
  }

  /** Ends the thread at once. */
  end(): void {
    this.#worker.onmessage = null;
    this.#worker.terminate();
  }

  #serve(): void {
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#hooks.onFailed(`Cannot use ${this.#path}: ${event.message}`);
    };
    this.#worker.onmessage = ({ data }: MessageEvent<FromFile>) => {
      if (data.type === "kept") this.#hooks.onKept(data.number);
      else if (data.type === "lacking") this.#hooks.onLacking(data.number, data.rows);
      else if (data.type === "failed") this.#hooks.onFailed(data.message);
      else if (data.type === "closed") {
        this.end();
        this.#onClosed();
      }
    };
  }
}
