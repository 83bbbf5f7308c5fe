/**
 * Asks the nodes that should hold a value, each for itself: to read from several of them, and to tell which
 * of them hold what.
 *
 * @module
 */

import type { Contact } from "../../core/kademlia/contact.ts";
import type { NodeId } from "../../core/kademlia/node_id.ts";
import type { SentValue } from "../../core/value.ts";
import type { NodeContext } from "../context.ts";
import type { RequestFailure } from "../ports.ts";
import type { Rpc } from "../rpc/rpc.ts";
import { valueFault } from "./value_fault.ts";

/** What one node answered when it was asked for a value. */
export interface NodeAnswer {
  readonly contact: Contact;
  /** The version that it holds; null if it holds none, or did not answer. */
  readonly value: SentValue | null;
  /** Why it did not answer. */
  readonly failure: RequestFailure | null;
}

/** What to gather. */
export interface GatherTask {
  readonly key: NodeId;
  /** The nodes to ask, in this order. */
  readonly contacts: readonly Contact[];
  /** How many more are to give a version after these answers; no more are asked at once, slow ones aside. */
  readonly missing: (answers: readonly NodeAnswer[]) => number;
}

/** What asking takes of a node's parts. */
export interface GatherParts extends NodeContext {
  readonly rpc: Rpc;
}

/**
 * Asks until no more is missing, or all have been asked. A contact that is slow is not waited for while there are others
 * to ask; its answer counts if it comes before the end.
 */
export function gather(
  { key, contacts, missing }: GatherTask,
  parts: GatherParts,
  onEnd: (answers: readonly NodeAnswer[]) => void,
): void {
  const { rpc, ports: { clock } } = parts;
  const answers: NodeAnswer[] = [];
  let next = 0;
  let underWay = 0;
  let slow = 0; // of those under way
  let isOver = false;
  const proceed = (): void => {
    if (isOver) return;
    const lacking = missing(answers);
    for (let more = lacking - (underWay - slow); more > 0 && next < contacts.length; more--) {
      ask(contacts[next++]!);
    }
    if (underWay > (lacking > 0 ? 0 : slow)) return;
    isOver = true;
    onEnd(answers);
  };
  const ask = (contact: Contact): void => {
    underWay++;
    let isSlow = false;
    const stopTimer = clock.runAt(
      clock.now() + rpc.slowAfterMs(contact, rpc.isConnected(contact)),
      () => {
        isSlow = true;
        slow++;
        proceed();
      },
    );
    rpc.ask(contact, { type: "findValue", key, amount: 1 }, (answer, failure) => {
      stopTimer();
      underWay--;
      if (isSlow) slow--;
      const given = answer?.type === "foundValue" ? answer : null;
      const value = given && valueFault(given, parts) === null ? given : null;
      answers.push({ contact, value, failure: given && !value ? "protocolError" : failure });
      proceed();
    });
  };
  proceed();
}
