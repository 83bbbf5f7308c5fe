/**
 * STOREs that leave while the nodes closest to a key are still being looked for.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";

/** A STORE that has been sent. */
interface Sent<Status> {
  status: Status | null;
  readonly waiting: ((status: Status) => void)[];
}

/** The STOREs of one value: one for each contact, however often it is asked for. */
export class EarlyStores<Status extends string> {
  readonly #sent = new ContactMap<Sent<Status>>();
  readonly #send: (contact: Contact, onStatus: (status: Status) => void) => void;

  /** @param send sends a STORE, and calls back once with what came of it. */
  constructor(send: (contact: Contact, onStatus: (status: Status) => void) => void) {
    this.#send = send;
  }

  /** Calls back with what came of the STORE to a contact, which is sent now if it has not been. */
  place(contact: Contact, onStatus: (status: Status) => void): void {
    const sent = this.#sent.get(contact) ?? this.#begin(contact);
    if (sent.status !== null) onStatus(sent.status);
    else sent.waiting.push(onStatus);
  }

  /** Sends a STORE to each of the contacts that has not been sent one, and calls back with what came of it. */
  begin(
    contacts: readonly Contact[],
    onStatus: (contact: Contact, status: Status) => void = () => {},
  ): void {
    for (const contact of contacts) {
      if (this.#sent.get(contact)) continue;
      this.place(contact, (status) => onStatus(contact, status));
    }
  }

  #begin(contact: Contact): Sent<Status> {
    const sent: Sent<Status> = { status: null, waiting: [] };
    this.#sent.set(contact, sent);
    this.#send(contact, (status) => {
      sent.status = status;
      for (const onStatus of sent.waiting.splice(0)) onStatus(status);
    });
    return sent;
  }
}
