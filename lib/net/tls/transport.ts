/**
 * Requests and answers between nodes over TLS 1.3 with pinned certificates.
 *
 * One connection per peer carries any number of requests at once, in both directions; it is dialled when the first
 * request needs it and kept until it is idle or others need its place. Two nodes that have dialled each other keep the
 * connection of the one with the smaller id.
 *
 * @module
 */

import {
  type Address,
  formatAddress,
  isLoopback,
  isWildcard,
} from "../../core/kademlia/address.ts";
import { FrameError } from "../../core/wire/bytes.ts";
import { dialledAddress } from "../../core/kademlia/address_pair.ts";
import type { Contact } from "../../core/kademlia/contact.ts";
import type { ContactCache } from "../../core/kademlia/contact_cache.ts";
import { compareDistance } from "../../core/kademlia/node_id.ts";
import { ID_BYTES } from "../../core/limits.ts";
import { ContactMap } from "../../core/kademlia/contact_map.ts";
import {
  CONNECTION_IDLE_MS,
  CONNECTION_SWEEP_MS,
  DRAINING_MAX,
  INBOUND_CONNECTIONS_MAX,
  OUTBOUND_CONNECTIONS_MAX,
  RENEW_EVERY_MS,
  RENEWED_AT_ONCE,
} from "../limits.ts";
import type { PeerRequest } from "../../core/wire/messages.ts";
import type { Credentials } from "../../identity/credentials.ts";
import type { Observer } from "../../node/observer.ts";
import type {
  Clock,
  Log,
  LogLevel,
  OnAnswer,
  SentRequest,
  Transport,
  TransportHandler,
} from "../../node/ports.ts";
import { type ByteConn, type FrameStreamHandler, logIfOurs } from "../frame_stream.ts";
import { LogLimit } from "../log_limit.ts";
import { StreamGuard } from "../stream_guard.ts";
import { DialQueue } from "./dial_queue.ts";
import { Handshakes } from "./handshake.ts";
import { closeQuietly } from "./handshake_failure.ts";
import { InboundPool } from "./inbound_pool.ts";
import { leastRecentlyUsed } from "./least_recently_used.ts";
import { Nudger } from "./nudger.ts";
import type { EndedAccept, PeerListener } from "./peer_listener.ts";
import { type BudgetLimits, PeerBudgets } from "./peer_budgets.ts";
import { type ConnectionEnd, PeerConnection } from "./peer_connection.ts";
import { SharedConnections } from "./shared_connections.ts";

/** What a transport needs. */
export interface TlsTransportOptions {
  /** Where peers connect; the transport closes them. */
  readonly listeners: readonly PeerListener[];
  /** Who the node is, and of which network. */
  readonly credentials: Credentials;
  readonly contacts: ContactCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly observer?: Observer | undefined;
  /** Connections that others have dialled and that stay open; {@linkcode INBOUND_CONNECTIONS_MAX} by default. */
  readonly inboundMax?: number | undefined;
  /** Connections that it dials; {@linkcode OUTBOUND_CONNECTIONS_MAX} by default. */
  readonly outboundMax?: number | undefined;
  /** What it shares with the node's other connections; one of its own by default. */
  readonly guard?: StreamGuard | undefined;
  /** What peers may have the node do. */
  readonly budgets?: BudgetLimits | undefined;
}

/** Numbers for tests and benchmarks. */
export interface TransportCounts {
  handshakesOut: number;
  handshakesIn: number;
  handshakesFailed: number;
}

const ZERO = new Uint8Array(ID_BYTES);

/** The connections of one node. */
export class TlsTransport implements Transport {
  readonly counts: TransportCounts = { handshakesOut: 0, handshakesIn: 0, handshakesFailed: 0 };
  readonly #options: TlsTransportOptions;
  /** Connections that this node dialled, and those of others on which it may ask as well. */
  readonly #outbound = new ContactMap<PeerConnection>();
  readonly #shared: SharedConnections;
  /** Whether it asks on connections of others: not where its requests would be held back, see `nudger.ts`. */
  readonly #shares: boolean;
  /** Of those that it dialled, the ones that take no more requests and wait for the last answers. */
  readonly #draining = new Set<PeerConnection>();
  readonly #inbound: InboundPool;
  readonly #dials = new DialQueue((connection) => this.#track(this.#dial(connection)));
  /** Where other servers of this process listen. */
  readonly #neverDialled: Address[] = [];
  readonly #tasks = new Set<Promise<void>>();
  readonly #handshakes: Handshakes;
  readonly #nudger: Nudger;
  readonly #guard: StreamGuard;
  readonly #budgets: PeerBudgets;
  readonly #logLimit: LogLimit;
  /** One function for all connections; none if nobody counts. */
  readonly #onBytes: FrameStreamHandler["onBytes"];
  #handler: TransportHandler | null = null;
  #stopSweep: () => void = () => {};
  #stopRenewing: () => void = () => {};
  #closing: Promise<void> | null = null;

  constructor(options: TlsTransportOptions) {
    this.#options = options;
    this.#handshakes = new Handshakes(options.clock);
    this.#nudger = new Nudger(options.clock);
    this.#shared = new SharedConnections(options.clock);
    this.#shares = options.listeners.every(({ isPrompt }) => isPrompt);
    this.#guard = options.guard ?? new StreamGuard(options.clock);
    this.#budgets = new PeerBudgets(options.budgets);
    this.#logLimit = new LogLimit(options.log, options.clock);
    this.#inbound = new InboundPool(options.inboundMax ?? INBOUND_CONNECTIONS_MAX);
    options.credentials.onBan = () => this.#renewAll();
    const { observer } = options;
    this.#onBytes = observer && ((direction, count) => observer.bytesMoved(direction, count));
  }

  attach(handler: TransportHandler): void {
    this.#handler = handler;
    const { clock, listeners, log } = this.#options;
    for (const listener of listeners) {
      this.#track(listener.serve({
        clock,
        log,
        onEnded: (accept) => this.#admit(accept),
        onError: ({ message }) => {
          this.#logLimit.write("warn", listener.address, () => `Cannot accept a peer: ${message}`);
        },
      }));
    }
    this.#scheduleSweep();
  }

  request(contact: Contact, request: PeerRequest, onAnswer: OnAnswer): SentRequest {
    if (this.#closing) {
      queueMicrotask(() => onAnswer(null, "closed"));
      return { cancel: () => {} };
    }
    return this.#connectionTo(contact).request(request, onAnswer);
  }

  isConnected(contact: Contact): boolean {
    return this.#openTo(contact)?.connected ?? false;
  }

  suspect(contact: Contact, since: number): boolean {
    const connection = this.#openTo(contact);
    if (this.#closing || !connection?.hasBeenSilentSince(since)) return false;
    const address = formatAddress(this.#addressOf(contact));
    this.#options.log("debug", `Left the connection to ${address}: nothing comes on it any more`);
    if (connection === this.#outbound.get(contact)) connection.drain();
    else this.#shared.leave(connection);
    connection.replaceBy(() => this.#connectionTo(contact));
    return true;
  }

  /** Never connects to a server of this process, whoever names its address. */
  neverDial(address: Address): void {
    this.#neverDialled.push(address);
  }

  /** Settles when peers can connect; rejects if they cannot. */
  async ready(): Promise<void> {
    await Promise.all(this.#options.listeners.map(({ ready }) => ready));
  }

  /** Why nobody new can connect; null if that is possible. */
  get whyFull(): string | null {
    const full = this.#options.listeners.find(({ isFull }) => isFull);
    return full
      ? `no peer can connect: ${full.unfinished} have connected and do not end their handshakes`
      : null;
  }

  /** Connections open now. */
  get connections(): { readonly outbound: number; readonly inbound: number } {
    return { outbound: this.#outbound.size, inbound: this.#inbound.size };
  }

  close(): Promise<void> {
    if (this.#closing) return this.#closing;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closing = promise; // before anything fails: what is asked then must not connect
    void this.#close().then(resolve);
    return promise;
  }

  async #close(): Promise<void> {
    this.#stopSweep();
    this.#stopRenewing();
    this.#nudger.close();
    for (const listener of this.#options.listeners) listener.close();
    this.#handshakes.abort();
    for (const connection of [...this.#outbound.values(), ...this.#draining]) {
      connection.close("closed");
    }
    this.#inbound.close();
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
    this.#guard.close();
    this.#logLimit.close();
  }

  /** The connection on which a contact is asked, made if there is none. */
  #connectionTo(contact: Contact): PeerConnection {
    return this.#openTo(contact) ?? this.#connect(contact);
  }

  /** That which is open, or is being opened; null if there is none. */
  #openTo(contact: Contact): PeerConnection | null {
    const dialled = this.#outbound.get(contact) ?? null;
    return dialled?.connected ? dialled : this.#shared.find(contact) ?? dialled;
  }

  #connect(contact: Contact): PeerConnection {
    const { outboundMax = OUTBOUND_CONNECTIONS_MAX } = this.#options;
    if (this.#outbound.size >= outboundMax) this.#makeRoom();
    const address = this.#addressOf(contact);
    const connection: PeerConnection = new PeerConnection(contact, {
      ...this.#termsFor(address),
      onWaiting: this.#nudger.note,
      onProven: () => {
        this.#shared.noteReached(contact);
        this.#keepOne(contact);
      },
      onDraining: () => {
        this.#forget(connection);
        this.#draining.add(connection);
      },
      onClosed: (end) => {
        this.#forget(connection);
        this.#noteEnd(
          end,
          (level, why) =>
            this.#options.log(level, `Closed connection to ${formatAddress(address)}: ${why}`),
        );
        if (end.byOther && !this.#closing) this.#handler?.onDisconnected?.(contact);
      },
    });
    this.#outbound.set(contact, connection);
    if (this.#isForbidden(contact)) queueMicrotask(() => connection.close("unreachable"));
    else this.#dials.add(connection);
    return connection;
  }

  /** What a connection to or from an address needs. */
  #termsFor(address: Address) {
    const { clock, contacts, credentials } = this.#options;
    const budget = this.#budgets.of(address, clock.now());
    return {
      clock,
      contacts,
      credentials,
      guard: this.#guard,
      onBytes: this.#onBytes,
      answerer: { handler: this.#handler!, address, budget },
    };
  }

  /** The connection that was used least recently ends; one that is not open has no more to lose. */
  #makeRoom(): void {
    const other = leastRecentlyUsed(this.#outbound.values());
    if (!other?.isProven) return other?.close("busy");
    other.drain();
    if (this.#draining.size <= DRAINING_MAX) return;
    for (const first of this.#draining) return first.close("busy");
  }

  /** Of two connections between the same nodes, that of the node with the smaller id stays. */
  #keepOne(contact: Contact): void {
    const { self } = this.#options.credentials;
    const dialled = this.#outbound.get(contact);
    if (!self || !dialled?.isProven || !this.#shared.has(contact)) return;
    if (compareDistance(ZERO, self.id, contact.id) <= 0) return;
    this.#shared.noteReached(contact);
    dialled.drain();
  }

  /** Who has been shut out of the network goes at once. All others are told, by the HELLOs of new connections. */
  #renewAll(): void {
    const { clock, credentials } = this.#options;
    for (const connection of [...this.#outbound.values(), ...this.#inbound]) {
      const { contact } = connection;
      if (contact && credentials.isShutOut(contact)) connection.close("shutOut");
    }
    this.#renewOlder(clock.now());
  }

  /** A few at a time, since what is asked on one waits for the next. */
  #renewOlder(than: number): void {
    const isOlder = ({ isProven, openedAt }: PeerConnection) => isProven && openedAt <= than;
    const outbound = [...this.#outbound.values()].filter(isOlder);
    const inbound = [...this.#inbound].filter(isOlder);
    const some = [outbound, inbound].map((all) => all.slice(0, RENEWED_AT_ONCE));
    for (const connection of some[0]!) connection.drain();
    for (const connection of some[1]!) this.#inbound.drain(connection);
    // Where nobody asks anything there would be no new connection for a while.
    for (const { contact } of some.flat()) if (contact) this.#handler?.onDisconnected?.(contact);
    this.#stopRenewing();
    if (Math.max(outbound.length, inbound.length) <= RENEWED_AT_ONCE) return;
    const { clock } = this.#options;
    this.#stopRenewing = clock.runAt(clock.now() + RENEW_EVERY_MS, () => this.#renewOlder(than));
  }

  #noteEnd({ error }: ConnectionEnd, write: (level: LogLevel, why: string) => void): void {
    if (!error || this.#closing) return;
    write(error instanceof FrameError ? "warn" : "debug", error.message);
    logIfOurs(error, this.#options.log);
  }

  #addressOf(contact: Contact): Address {
    return dialledAddress(contact, this.#options.credentials.self ?? contact);
  }

  /** Whether another server of this process listens where a contact is dialled. */
  #isForbidden(contact: Contact): boolean {
    const { self } = this.#options.credentials;
    const address = this.#addressOf(contact);
    const isHere = isLoopback(address) || address.hostname === self?.address.hostname ||
      address.hostname === self?.alternate?.hostname;
    return this.#neverDialled.some((own) =>
      own.port === address.port &&
      (own.hostname === address.hostname || (isHere && isWildcard(own)))
    );
  }

  #forget(connection: PeerConnection): void {
    const contact = connection.contact!;
    this.#draining.delete(connection);
    if (this.#outbound.get(contact) === connection) this.#outbound.delete(contact);
  }

  async #dial(connection: PeerConnection): Promise<void> {
    const contact = connection.contact!;
    const { clock, observer } = this.#options;
    const startedAt = clock.now();
    const address = this.#addressOf(contact);
    const onReached = () => this.#handler?.onReached?.(contact, clock.now() - startedAt);
    const dialled = await this.#handshakes.dial(address, contact.certificate, onReached);
    const ms = clock.now() - startedAt;
    observer?.handshakeEnded({ direction: "out", succeeded: !("failure" in dialled), ms });
    if ("failure" in dialled) {
      if (this.#closing) return;
      this.counts.handshakesFailed++;
      this.#shared.noteMissed(contact);
      const reason = `${formatAddress(address)}: ${dialled.reason}`;
      this.#options.log("debug", `Cannot connect to ${reason}`);
      connection.close(dialled.failure);
      return;
    }
    this.counts.handshakesOut++;
    if (connection.closed) {
      dialled.close();
    } else {
      this.#track(connection.open(dialled));
      this.#handler?.onConnected(contact);
    }
  }

  #admit({ address, outcome, ms }: EndedAccept): void {
    const { observer } = this.#options;
    const refused = "failure" in outcome;
    observer?.handshakeEnded({ direction: "in", succeeded: !refused, ms });
    if (refused) {
      this.counts.handshakesFailed++;
      // A peer of another version is for the operator to know; all else is the network's weather.
      const level = outcome.failure === "protocolError" ? "warn" : "debug";
      const { reason } = outcome;
      this.#logLimit.write(level, address, (peer) => `Refused connection from ${peer}: ${reason}`);
      return;
    }
    if (this.#closing || !this.#handler || this.#guard.isClogged) return closeQuietly(outcome);
    this.counts.handshakesIn++;
    this.#inbound.makeRoom();
    this.#takeIn(outcome, address);
  }

  /** Serves a connection that a peer has dialled. */
  #takeIn(conn: ByteConn, address: Address): void {
    const inbound: PeerConnection = new PeerConnection(null, {
      ...this.#termsFor(address),
      onProven: () => this.#share(inbound),
      onDraining: () => this.#shared.forget(inbound),
      onClosed: (end) => {
        const { contact } = inbound;
        const wasShared = contact !== null && this.#shared.find(contact) === inbound;
        this.#shared.forget(inbound);
        this.#noteEnd(
          end,
          (level, why) =>
            this.#logLimit.write(
              level,
              address,
              (peer) => `Closed connection from ${peer}: ${why}`,
            ),
        );
        if (wasShared && end.byOther && !this.#closing) this.#handler!.onDisconnected?.(contact);
      },
    });
    this.#track(this.#inbound.keep(inbound, inbound.open(conn)));
  }

  /** Uses a connection that a peer has dialled for the own requests as well, as soon as the peer's address is proven. */
  #share(inbound: PeerConnection): void {
    if (!this.#shares || !inbound.contact) return;
    this.#shared.add(inbound);
    this.#keepOne(inbound.contact);
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#stopSweep = clock.runAt(clock.now() + CONNECTION_SWEEP_MS, () => {
      // The side that dialled is the first to ask, so that not both do.
      const idleSince = clock.now() - CONNECTION_IDLE_MS;
      const inboundIdleSince = idleSince - CONNECTION_IDLE_MS / 2;
      for (const outbound of [...this.#outbound.values()]) {
        if (outbound.usedAt < idleSince && outbound.idle) outbound.drain();
      }
      this.#inbound.endIdle(inboundIdleSince);
      for (const inbound of this.#inbound) {
        if (this.#shared.isBack(inbound)) this.#share(inbound);
      }
      this.#scheduleSweep();
    });
  }

  /** Remembers what is under way, so that closing can wait for it. */
  #track(task: Promise<void>): Promise<void> {
    this.#tasks.add(task);
    task.finally(() => this.#tasks.delete(task));
    return task;
  }
}
