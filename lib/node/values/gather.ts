/**
 * Asks the nodes that should hold a value, each for itself: to read from several of them, and to tell who
 * holds what.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { TimedValue } from "../../core/wire/messages.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import { isValidValue } from "../lookup/lookups.ts";
import type { NodeOptions } from "../options.ts";
import type { Peers } from "../rpc/peers.ts";
import type { Ports, RequestFailure } from "../ports.ts";

/** What one node said when it was asked for a value. */
export interface Said {
  readonly contact: Contact;
  /** The version that it holds; null if it holds none, or did not say. */
  readonly value: TimedValue | null;
  /** Why it did not say. */
  readonly failure: RequestFailure | null;
}

/** What to gather. */
export interface GatherTask {
  readonly key: NodeId;
  /** Whom to ask, those first that matter most. */
  readonly contacts: readonly Contact[];
  /** Nodes that are to give a version; no more of them are asked than it takes. */
  readonly versions: number;
}

/** What asking takes. */
export interface GatherParts {
  readonly peers: Peers;
  readonly options: NodeOptions;
  readonly ports: Ports;
}

/** Asks until so many nodes have given a version, or all have been asked. */
export function gather(
  task: GatherTask,
  { peers, options, ports }: GatherParts,
  onEnd: (said: readonly Said[]) => void,
): void {
  const { key, contacts, versions } = task;
  const said: Said[] = [];
  let next = 0;
  let underWay = 0;
  let found = 0;
  const proceed = (): void => {
    while (found + underWay < versions && next < contacts.length) ask(contacts[next++]!);
    if (underWay === 0) onEnd(said);
  };
  const ask = (contact: Contact): void => {
    underWay++;
    peers.ask(contact, { type: "findValue", key, amount: 1 }, (answer, failure) => {
      underWay--;
      const isValue = answer?.type === "foundValue" && isValidValue(answer, options, ports);
      if (isValue) found++;
      const isInvalid = answer?.type === "foundValue" && !isValue;
      said.push({
        contact,
        value: isValue ? answer : null,
        failure: isInvalid ? "protocolError" : failure,
      });
      proceed();
    });
  };
  proceed();
}
