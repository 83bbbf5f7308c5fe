/**
 * Opens the file of a node and reads what it holds, as far as it can be read.
 *
 * What is damaged is put aside, and what could be read of it is kept anew. A file that cannot be written now is read
 * from a copy.
 *
 * @module
 */

import { damageOf, type Database } from "./database.ts";
import { asDatabaseError, type DatabaseError } from "./database_file.ts";
import { type FileCopy, openCopy } from "./file_copy.ts";
import type { Opened, ToFile } from "../messages.ts";
import type { NodeFile } from "./node_file.ts";
import { type Post, ReplicaSender } from "./replica_sender.ts";

/** The message that opens a file. */
export type Open = Extract<ToFile, { type: "open" }>;

/** What the first read takes. */
export interface FirstReadOptions {
  readonly request: Open;
  readonly file: NodeFile;
  readonly post: Post;
  /** The file is open, and all that it holds has been sent. */
  readonly onOpened: () => void;
}

/** The first read of one file; it ends with the message `opened` or `refused`. */
export class FirstRead {
  readonly #options: FirstReadOptions;
  readonly #sender: ReplicaSender;

  constructor(options: FirstReadOptions) {
    this.#options = options;
    this.#sender = new ReplicaSender({
      post: options.post,
      onFailed: (error) => this.#refuse(error),
    });
  }

  /** Begins to send what the file holds. */
  start(): void {
    const { file, request: { path, values, readsAnyway } } = this.#options;
    try {
      const trouble = file.open();
      if (trouble) return this.#salvage(trouble);
      if (!values) return this.#end({ count: 0, lastRow: 0, damage: [], isAnew: false });
      const database = file.database!;
      this.#sender.start(database, { drops: true }, (result) => {
        const { count, lastRow } = result;
        const damage = damageOf(result, path);
        if (result.unreadable === null) this.#end({ count, lastRow, damage, isAnew: false });
        else this.#keepAnew({ source: database, count, why: damage.pop()!, damage });
      });
    } catch (error) {
      const failure = asDatabaseError(error, path);
      const isReadable = failure.trouble === "disk" && readsAnyway && this.#readCopy(failure);
      if (!isReadable) this.#refuse(failure);
    }
  }

  /** Sends the next batch: the node has taken one in. */
  more(): void {
    this.#sender.more();
  }

  /** Reads a file that cannot be written now; returns whether that can be done. */
  #readCopy({ message: failure }: DatabaseError): boolean {
    const { post, request: { path, nodeId, values } } = this.#options;
    let copy: FileCopy;
    try {
      copy = openCopy(path, nodeId);
    } catch {
      return false;
    }
    const end = (count: number, damage: readonly string[]): void => {
      const contacts = copy.database.contacts();
      copy[Symbol.dispose]();
      const found = { contacts, replicas: count, nextRow: 1, damage, isAnew: false, failure };
      post({ type: "opened", opened: found });
    };
    if (!values) end(0, []);
    else {
      this.#sender.start(copy.database, { drops: false }, (result) => {
        end(result.count, damageOf(result, path));
      });
    }
    return true;
  }

  /** Reads what can be read of a file that is damaged. */
  #salvage({ trouble, message }: DatabaseError): void {
    const { file, request: { path, values } } = this.#options;
    const source = trouble === "damaged" ? file.openDamaged() : null;
    const why = trouble === "damaged" ? `${path} is damaged and cannot be read` : message;
    const end = (count: number) => this.#keepAnew({ source, count, why, damage: [] });
    if (source && values) this.#sender.start(source, { drops: false }, ({ count }) => end(count));
    else end(0);
  }

  /** What could be read of a file has crossed to the node, which writes it anew: the file is put aside. */
  #keepAnew(
    { source, count, why, damage }: {
      readonly source: Database | null;
      readonly count: number;
      readonly why: string;
      readonly damage: readonly string[];
    },
  ): void {
    const { file } = this.#options;
    const contacts = source?.contacts() ?? [];
    if (source === file.database) file.close();
    else source?.close();
    const aside = file.beginAnew();
    // The one that was seen last comes first.
    file.database!.keepContacts(contacts.map((record, i) => ({ record, lastSeenAt: -i })));
    const rest = count + contacts.length === 0
      ? ""
      : `, and the ${count} values and ${contacts.length} contacts that could be read are kept anew`;
    this.#end({
      count,
      lastRow: 0,
      damage: [...damage, `${why}: it is now ${aside}${rest}`],
      isAnew: true,
    });
  }

  #end(
    { count, lastRow, damage, isAnew }:
      & { readonly count: number; readonly lastRow: number }
      & Pick<Opened, "damage" | "isAnew">,
  ): void {
    const { file, post, onOpened } = this.#options;
    const contacts = file.database!.contacts();
    const nextRow = lastRow + 1;
    const found = { contacts, replicas: count, nextRow, damage, isAnew, failure: null };
    post({ type: "opened", opened: found });
    onOpened();
  }

  #refuse(error: unknown): void {
    const { post, request: { path } } = this.#options;
    const { trouble, message } = asDatabaseError(error, path);
    post({ type: "refused", trouble, message });
  }
}
