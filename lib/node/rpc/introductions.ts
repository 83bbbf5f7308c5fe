/**
 * How nodes become contacts of each other.
 *
 * Only a contact that has answered on a connection which this node dialled, at its address and under its
 * certificate, enters the routing table. So a peer that introduces itself is dialled back before it is
 * believed. A PING carries the introduction of its sender.
 *
 * @module
 */

import { type Contact, indexOfContact, sameContact } from "../../core/kademlia/contact.ts";
import type { RoutingTable } from "../../core/kademlia/routing_table.ts";
import type { NodeContext } from "../context.ts";
import { DIAL_BACKS_MAX } from "../limits.ts";
import type { Membership } from "../membership/membership.ts";
import type { OnAnswer, Origin } from "../ports.ts";
import type { Rpc } from "./rpc.ts";

/** What introducing takes of a node's parts. */
export interface IntroductionsParts extends NodeContext {
  readonly table: RoutingTable;
  readonly membership: Membership;
  readonly rpc: Rpc;
}

/** Introduces one node to others, and checks the introductions of others. */
export class Introductions {
  readonly #parts: IntroductionsParts;
  /** Contacts that are being pinged. */
  readonly #underWay: Contact[] = [];

  constructor(parts: IntroductionsParts) {
    this.#parts = parts;
  }

  /** Makes sure that a contact lives, and introduces this node to it. */
  ping(contact: Contact, onAnswer: OnAnswer = () => {}): void {
    if (!this.#isUnderWay(contact)) this.#underWay.push(contact);
    this.#parts.rpc.ask(contact, { type: "ping", sender: this.#parts.self }, (answer, failure) => {
      const at = indexOfContact(this.#underWay, contact);
      if (at >= 0) this.#underWay.splice(at, 1);
      onAnswer(answer, failure);
    });
  }

  /** Introduces this node on a connection that it has just dialled. */
  introduce(contact: Contact): void {
    if (!this.#isUnderWay(contact)) this.ping(contact);
  }

  /** A connection has ended: if it led to a contact of the table, find out what that means. */
  checkWhetherGone(contact: Contact): void {
    if (this.#parts.table.entry(contact)) this.ping(contact);
  }

  /** A peer has introduced itself: believe it once it has been dialled back. */
  check(sender: Contact, origin: Origin): void {
    if (origin.introduced) return;
    origin.introduced = true;
    const { table, membership, ports: { log, transport } } = this.#parts;
    if (sender.address.hostname !== origin.hostname) {
      log("debug", `peer at ${origin.hostname} claims to be ${sender.address.hostname}`);
    } else if (table.entry(sender) && transport.isConnected(sender)) {
      origin.contact = sender; // it has proven itself on a connection that is still open
      membership.heardFrom(sender);
    } else if (this.#underWay.length < DIAL_BACKS_MAX && this.#isWanted(sender)) {
      this.ping(sender, (answer) => {
        if (answer) origin.contact = sender;
      });
    }
  }

  /** Dialling back costs both sides a handshake: not for a contact that would be forgotten at once. */
  #isWanted(contact: Contact): boolean {
    return this.#parts.table.hasUseFor(contact) && !sameContact(contact, this.#parts.self);
  }

  #isUnderWay(contact: Contact): boolean {
    return indexOfContact(this.#underWay, contact) >= 0;
  }
}
