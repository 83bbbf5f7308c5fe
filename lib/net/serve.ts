/**
 * A whole node on the network: listeners, transport, node and module API, started and closed together.
 *
 * @module
 */

import { type Address, isIpv4, makeAddress, whyUndiallable } from "../core/kademlia/address.ts";
import { type Listened, ListenError } from "./listen_error.ts";
import { addressesOf, type AddressPair, pairAddresses } from "../core/kademlia/address_pair.ts";
import { ContactCache } from "../core/kademlia/contact_cache.ts";
import { type Contact, makeContact } from "../core/kademlia/contact.ts";
import { equalIds, type NodeId } from "../core/kademlia/node_id.ts";
import type { IpNetwork } from "../core/kademlia/ip_network.ts";
import { Credentials, type KeyChange, type NetworkRecords } from "../identity/credentials.ts";
import type { NodeCertificate } from "../identity/make_certificate.ts";
import { networkId, type NetworkKeys } from "../identity/network.ts";
import { readX509, whyNotFor } from "../identity/x509.ts";
import { Node } from "../node/node.ts";
import { checkOptions, type NodeOptions } from "../node/options.ts";
import type { Observer } from "../node/observer.ts";
import type { Journal, Log, Transport } from "../node/ports.ts";
import type { HandoverReport } from "../node/replication/handover.ts";
import { ApiServer, type ApiServerOptions, type OnApiPut } from "./api/server.ts";
import { type ConnectionCaps, connectionCaps, fileLimit } from "./connection_caps.ts";
import { sha256 } from "../hash/sha256.ts";
import { StreamGuard } from "./stream_guard.ts";
import { SystemClock, systemRandom } from "./system.ts";
import { BUDGET_LIMITS, type BudgetLimits, MEMBER_BUDGET_LIMITS } from "./tls/peer_budgets.ts";
import { type ListenerKind, openPeerListener } from "./tls/open_listener.ts";
import type { PeerListener } from "./tls/peer_listener.ts";
import { TlsTransport } from "./tls/transport.ts";

/** What a node on the network is made of. */
export interface ServeOptions {
  /** Where to listen for peers; port 0 means any free one. */
  readonly p2pAddress: Address;
  /** Where else to listen for peers: an address of IPv6 beside one of IPv4, or the other way round. */
  readonly alternateP2pAddress?: Address | null | undefined;
  /** Where peers reach this node, if that is not where it listens; port 0 means the listener's. */
  readonly publicAddress: Address | null;
  /** Where else peers reach it: with IPv6 beside IPv4, or the other way round. */
  readonly alternatePublicAddress?: Address | null | undefined;
  /** Which module of the runtime listens for peers; `auto` by default, see {@linkcode ListenerKind}. */
  readonly listener?: ListenerKind | undefined;
  /** Where to listen for clients of the module API. */
  readonly apiAddress: Address;
  /** The node's certificate and its key, made for the IPs at which peers reach the node. */
  readonly certificate: NodeCertificate;
  /** Nodes through which to join, each with its certificate (DER). */
  readonly bootstrappers: readonly {
    readonly address: Address;
    readonly alternate?: Address | null;
    readonly certificate: Uint8Array;
  }[];
  /** The keys of the node's network, whose members alone may ask it; none if the network is open. */
  readonly networkKeys?: NetworkKeys;
  /** Where its place in that network is kept; without, invites for one node and bans do not outlive the process. */
  readonly networkRecords?: NetworkRecords;
  /** Settings of the node itself. */
  readonly node: NodeOptions;
  /** Takes the lines of the log. */
  readonly log: Log;
  /** Counts what the node does. */
  readonly observer?: Observer | undefined;
  /** Networks whose clients may use the module API, beside those on the same machine; null, the default, for all. */
  readonly apiNetworks?: readonly IpNetwork[] | null | undefined;
  /** How long a client of the module API may say nothing, in milliseconds; 0, the default, for as long as it likes. */
  readonly apiIdleLimitMs?: number | undefined;
  /**
   * Shortest life of a value that is put through the module API, in milliseconds; 0, the default, for the one that
   * the client asks for.
   */
  readonly apiTtlMinMs?: number | undefined;
  /** Called at the end of each PUT of the module API, to which clients get no answer. */
  readonly onApiPut?: OnApiPut | undefined;
  /**
   * Connections that peers have dialled and that stay open; as many as a real node keeps by default.
   *
   * @internal
   */
  readonly inboundMax?: number | undefined;
  /**
   * What peers may have the node do.
   *
   * @internal
   */
  readonly budgets?: BudgetLimits | undefined;
  /**
   * Stands between the node and its connections, to watch or to change what passes.
   *
   * @internal
   */
  readonly wrapTransport?: ((transport: TlsTransport) => Transport) | undefined;
}

/** A node that serves. */
export interface RunningNode extends AsyncDisposable {
  /** The node: `put`, `get`, `ping`. */
  readonly node: Node;
  /** @internal */
  readonly transport: TlsTransport;
  /** Where peers reach it: of IPv4, if it has an address of IPv4. */
  readonly p2pAddress: Address;
  /** Where clients of the module API reach it. */
  readonly apiAddress: Address;
  /** Tells the network under the key in use from others, in 16 hex digits; null without a key. */
  readonly networkId: string | null;
  /** How far a change of the network key has come among the contacts; null if there is none. */
  networkKeyChange(): KeyChange | null;
  /**
   * Shuts the member of that id out of the network, for good; members tell each other.
   *
   * @throws {RangeError} that says why nobody of that id can be shut out.
   */
  ban(id: NodeId): void;
  /**
   * Leaves the network and ends all connections. Idempotent; takes no longer than the node's `leaveLimitMs`, and
   * a moment for the connections.
   *
   * @returns what could not be handed over.
   */
  close(): Promise<HandoverReport>;
}

/** A node that has its addresses, but neither asks nor answers yet: what comes waits. */
export interface PreparedNode {
  readonly node: Node;
  /** Makes contacts of their records. */
  readonly contacts: ContactCache;
  /** Starts it, with the contacts of an earlier process. */
  start(former?: readonly Contact[]): RunningNode;
  /** Gives its addresses up instead. */
  abandon(): void;
}

/**
 * Starts a node. It serves when this returns, and goes on joining by itself.
 *
 * @throws {RangeError} if peers cannot connect to the address at which they are to reach the node, or if the
 * certificate is not for its IP.
 * @throws {Error} if it cannot listen, with the address and the reason in its message.
 */
export function serve(options: ServeOptions): RunningNode {
  return prepare(options).start();
}

/**
 * Puts a node together; see {@linkcode serve}.
 *
 * @param makeJournal makes what keeps its values, if anything does.
 * @internal
 */
export function prepare(
  options: ServeOptions,
  makeJournal?: (self: Contact) => Journal,
): PreparedNode {
  const { certificate, log, observer, wrapTransport = (same) => same } = options;
  checkOptions(options.node);
  checkReachable(options);
  const caps = connectionCaps(fileLimit());
  const { listeners, apiListener } = listenForAll(options, caps);
  const clock = new SystemClock();
  const contacts = new ContactCache(sha256);
  const toContact = ({ address, alternate, certificate }: ServeOptions["bootstrappers"][number]) =>
    contacts.toContact(makeContact(address, certificate, sha256, alternate).record);
  const self = toContact({ ...reachedAt(options, listeners), certificate: certificate.der });
  const own = { contact: self, keyPem: certificate.keyPem };
  const credentials = new Credentials(own, options.networkKeys, options.networkRecords);
  const guard = new StreamGuard(clock);
  const transport = new TlsTransport({
    ...options,
    inboundMax: options.inboundMax ?? caps.inbound,
    outboundMax: caps.outbound,
    budgets: options.budgets ?? (credentials.isPrivate ? MEMBER_BUDGET_LIMITS : BUDGET_LIMITS),
    listeners,
    credentials,
    contacts,
    clock,
    guard,
  });
  transport.neverDial(makeAddress(options.apiAddress.hostname, apiListener.addr.port));
  const settings = {
    self,
    options: options.node,
    bootstrappers: options.bootstrappers.map(toContact),
  };
  const ports = {
    clock,
    random: systemRandom,
    sha256,
    log,
    keyOf: publicKeyOf,
    ...observer && { observer },
  };
  const node = Node.create(settings, {
    ...ports,
    transport: wrapTransport(transport),
    ...makeJournal && { journal: makeJournal(self) },
  });
  const start = (former: readonly Contact[] = []) => {
    node.start(former);
    const parts = { node, transport, credentials, apiListener, clock, guard };
    return run(options, { ...parts, connectionsMax: caps.api });
  };
  const abandon = () => {
    for (const listener of [...listeners, apiListener]) listener.close();
  };
  return { node, contacts, start, abandon };
}

/** Serves clients too, and knows how all of it ends. */
function run(
  options: ServeOptions,
  { apiListener, credentials, ...parts }:
    & Pick<RunningNode, "node" | "transport">
    & Pick<ApiServerOptions, "clock" | "guard" | "connectionsMax">
    & { readonly apiListener: Deno.TcpListener; readonly credentials: Credentials },
): RunningNode {
  const { node, transport } = parts;
  const { log, onApiPut, apiNetworks, apiIdleLimitMs, apiTtlMinMs, networkKeys = [] } = options;
  const terms = {
    log,
    onPut: onApiPut,
    networks: apiNetworks,
    idleLimitMs: apiIdleLimitMs,
    ttlMinMs: apiTtlMinMs,
  };
  const api = new ApiServer({ ...parts, ...terms, listener: apiListener });
  const apiAddress = makeAddress(options.apiAddress.hostname, apiListener.addr.port);
  const close = once(async () => {
    api.stop();
    const report = await node.close();
    await api.close();
    return report;
  });
  const dispose = async () => void await close();
  const { address: p2pAddress } = node.self;
  const [networkKey] = networkKeys;
  return {
    node,
    transport,
    p2pAddress,
    apiAddress,
    networkId: networkKey ? networkId(networkKey) : null,
    networkKeyChange: () => credentials.keyChange(node.contacts()),
    ban: (id) => {
      const contact = node.contacts().find((one) => equalIds(one.id, id));
      credentials.ban(id, contact ?? null);
    },
    close,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Opens the listeners: all, or none. */
function listenForAll(
  { p2pAddress, alternateP2pAddress, apiAddress, certificate, listener: kind }: ServeOptions,
  { unfinished: unfinishedMax }: ConnectionCaps,
): { listeners: PeerListener[]; apiListener: Deno.TcpListener } {
  const listeners: PeerListener[] = [];
  try {
    for (const address of [p2pAddress, alternateP2pAddress]) {
      if (!address) continue;
      listeners.push(
        listen(
          "peers",
          address,
          (at) => openPeerListener(at, { certificate, kind, unfinishedMax }),
        ),
      );
    }
    return { listeners, apiListener: listen("API clients", apiAddress, listenTcp) };
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}

/** Where peers are to reach the node, with ports that may be 0. */
function wantedAddresses(options: ServeOptions): AddressPair {
  const { publicAddress, alternatePublicAddress, p2pAddress, alternateP2pAddress } = options;
  const wanted = publicAddress
    ? [publicAddress, alternatePublicAddress]
    : [p2pAddress, alternateP2pAddress];
  try {
    return pairAddresses(wanted.filter((address) => !!address));
  } catch (error) {
    throw new RangeError(`Cannot serve peers: ${(error as Error).message}`);
  }
}

/** Without this a node would serve, and no peer could dial it. */
function checkReachable(options: ServeOptions): void {
  const addresses = addressesOf(wantedAddresses(options));
  for (const address of addresses) {
    const whyNot = whyUndiallable(address);
    if (whyNot !== null) throw new RangeError(`Cannot serve peers: ${address.hostname} ${whyNot}`);
  }
  const hostnames = addresses.map(({ hostname }) => hostname);
  const why = whyNotFor(readX509(options.certificate.der), hostnames);
  if (why !== null) throw new RangeError(`Cannot serve peers: the certificate ${why}`);
}

function publicKeyOf(certificate: Uint8Array): Uint8Array | null {
  try {
    return readX509(certificate).publicKeyInfo;
  } catch {
    return null; // it is no certificate
  }
}

/** The addresses at which peers reach the node; its id follows from the first. */
function reachedAt(options: ServeOptions, listeners: readonly PeerListener[]): AddressPair {
  const wanted = addressesOf(wantedAddresses(options));
  return pairAddresses(wanted.map((address) => {
    const sameKind = listeners.find((listener) => isIpv4(listener.address) === isIpv4(address));
    const { port } = (sameKind ?? listeners[0]!).address;
    return makeAddress(address.hostname, address.port || port);
  }));
}

function listen<Listener>(
  whom: Listened,
  address: Address,
  open: (at: Address) => Listener,
): Listener {
  try {
    return open(address);
  } catch (error) {
    throw new ListenError(whom, address, error as Error);
  }
}

function listenTcp({ hostname, port }: Address): Deno.TcpListener {
  return Deno.listen({ hostname, port });
}

function once<Result>(action: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | null = null;
  return () => result ??= action();
}
