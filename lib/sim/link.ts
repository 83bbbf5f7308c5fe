/**
 * A connection between two simulated nodes.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import type { PeerRequest } from "../core/wire/messages.ts";
import type { OnAnswer, Origin } from "../node/ports.ts";
import type { LinkContacts } from "./carrier.ts";

/** A request whose callback has not been called. */
export interface Pending<End> {
  readonly request: PeerRequest;
  readonly onAnswer: OnAnswer;
  /** What carries it; null if there is no connection. */
  link: Link<End> | null;
}

/** A connection. Times are the simulation's, in milliseconds. */
export interface Link<End> {
  /** Who dialled it, and who listened. */
  readonly dialler: End;
  readonly listener: End;
  /** The listener as the dialler knows it. */
  readonly contact: Contact;
  /** What the listener knows of the dialler. */
  readonly origin: Origin;
  /** When the handshake is over. */
  readonly openAt: number;
  /** When the last message arrives, so that the next does not overtake it. */
  arrivesAt: number;
  returnsAt: number;
  /** When a message was last sent on it, and when one last came back. */
  usedAt: number;
  receivedAt: number;
  contacts: LinkContacts | null;
  /** Its packets vanish, and neither end hears of it. */
  isDead: boolean;
  /** The dialler sends nothing on it any more. */
  isOver: boolean;
}
