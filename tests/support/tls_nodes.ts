/**
 * Nodes and transports on loopback with real TLS, all under one certificate, which is slow to make.
 *
 * @module
 */

import { type Address, makeAddress, parseAddress } from "../../lib/core/kademlia/address.ts";
import { ContactCache } from "../../lib/core/kademlia/contact_cache.ts";
import { type Contact, makeContact } from "../../lib/core/kademlia/contact.ts";
import type { IpNetwork } from "../../lib/core/kademlia/ip_network.ts";
import { Credentials, type NetworkRecords } from "../../lib/identity/credentials.ts";
import type { NetworkKeys } from "../../lib/identity/network.ts";
import { makeCertificate, type NodeCertificate } from "../../lib/identity/make_certificate.ts";
import { type RunningNode, serve } from "../../lib/net/serve.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { SystemClock } from "../../lib/net/system.ts";
import type { BudgetLimits } from "../../lib/net/tls/peer_budgets.ts";
import { type ListenerKind, openPeerListener } from "../../lib/net/tls/open_listener.ts";
import { TlsTransport } from "../../lib/net/tls/transport.ts";
import { NODE_OPTIONS_DEFAULT, type NodeOptions } from "../../lib/node/options.ts";
import type { Clock, Origin } from "../../lib/node/ports.ts";
import { onLoopback } from "./loopback_transport.ts";
import { recording } from "../../scripts/common/recording_transport.ts";

const made = new Map<string, Promise<NodeCertificate>>();

/** The certificate of this name, made when it is first asked for. */
export function certificate(name = "usual"): Promise<NodeCertificate> {
  const known = made.get(name);
  if (known) return known;
  const making = makeCertificate("127.0.0.1");
  made.set(name, making);
  return making;
}

/** A node and what it has logged. */
export interface TlsNode extends RunningNode {
  readonly lines: string[];
}

/** A node and the connections by which it has been asked. */
export interface WatchedTlsNode extends TlsNode {
  readonly origins: ReadonlySet<Origin>;
}

/** What may differ between nodes of a test. */
export interface TlsNodeOptions {
  readonly via?: readonly { readonly node: { readonly self: Contact } }[];
  readonly node?: Partial<NodeOptions>;
  /** Where it listens for peers; the certificate is for there. */
  readonly hostname?: string;
  readonly port?: number;
  /** Connections that others may have to it. */
  readonly inboundMax?: number;
  /** Where it says that peers reach it, if that is not where it listens. */
  readonly publicAddress?: Address;
  /** Where else it listens for peers, on any free port. */
  readonly alternateHostname?: string;
  /** The keys of its network. */
  readonly networkKeys?: NetworkKeys;
  readonly networkRecords?: NetworkRecords;
  /** Which certificate it has on 127.0.0.1; members are told apart by theirs. */
  readonly certificateName?: string;
  readonly listener?: ListenerKind;
  readonly budgets?: BudgetLimits;
  readonly apiIdleLimitMs?: number;
  readonly apiTtlMinMs?: number;
  /** Where it listens for clients of the module API. */
  readonly apiHostname?: string;
  readonly apiNetworks?: readonly IpNetwork[];
}

/** Starts a node on any free ports. */
export async function startNode(
  {
    via = [],
    node = {},
    hostname = "127.0.0.1",
    port = 0,
    inboundMax,
    publicAddress,
    alternateHostname,
    certificateName,
    networkKeys = [],
    apiHostname = "127.0.0.1",
    ...options
  }: TlsNodeOptions = {},
): Promise<WatchedTlsNode> {
  const lines: string[] = [];
  const origins = new Set<Origin>();
  const running = serve({
    ...options,
    p2pAddress: makeAddress(hostname, port),
    alternateP2pAddress: alternateHostname === undefined ? null : makeAddress(alternateHostname, 0),
    publicAddress: publicAddress ?? null,
    networkKeys,
    inboundMax,
    apiAddress: makeAddress(apiHostname, 0),
    certificate: certificateName === undefined
      ? await certificateFor(hostname, alternateHostname)
      : await certificate(certificateName),
    bootstrappers: via.map(({ node: { self } }) => self),
    node: { ...NODE_OPTIONS_DEFAULT, proofOfWorkBits: 2, ...node },
    log: (level, message) => void lines.push(`${level} ${message}`),
    wrapTransport: (transport) =>
      recording(onLoopback(transport), { onOrigin: (origin) => void origins.add(origin) }),
  });
  await running.transport.ready();
  return Object.assign(running, { lines, origins });
}

function certificateFor(hostname: string, alternate?: string): Promise<NodeCertificate> {
  if (alternate !== undefined) return makeCertificate(hostname, alternate);
  return hostname === "127.0.0.1" ? certificate() : makeCertificate(hostname);
}

/** A transport of its own, without a node. */
export interface TlsEndpoint extends AsyncDisposable {
  readonly transport: TlsTransport;
  readonly contact: Contact;
  readonly lines: string[];
}

/** What may differ between endpoints of a test. */
export interface EndpointOptions {
  /** Which certificate it has. */
  readonly name?: string;
  readonly clock?: Clock;
  readonly inboundMax?: number;
  /** Who it says that it is, if that is not so. */
  readonly claims?: (self: Contact) => Contact;
  /** The keys of its network. */
  readonly networkKeys?: NetworkKeys;
  readonly kind?: ListenerKind;
  readonly budgets?: BudgetLimits;
}

/** Makes a transport on any free port. It listens once it is attached. */
export async function openTransport(
  { name = "usual", kind, clock = new SystemClock(), ...options }: EndpointOptions = {},
): Promise<TlsEndpoint> {
  const own = await certificate(name);
  const listener = openPeerListener(parseAddress("127.0.0.1:0"), { certificate: own, kind });
  const lines: string[] = [];
  const log = (level: string, message: string) => void lines.push(`${level} ${message}`);
  const { claims, networkKeys, ...rest } = options;
  const contacts = new ContactCache(sha256);
  const contact = contactAt(listener.address.port, own.der);
  const credentials = new Credentials(
    { contact: claims?.(contact) ?? contact, keyPem: own.keyPem },
    networkKeys,
  );
  const terms = { credentials, contacts, clock, log, ...rest };
  const transport = new TlsTransport({ listeners: [listener], ...terms });
  await transport.ready();
  return {
    transport,
    contact,
    lines,
    [Symbol.asyncDispose]: () => transport.close(),
  };
}

/** The contact at a port of 127.0.0.1 with a certificate. */
export function contactAt(port: number, der: Uint8Array): Contact {
  return makeContact(makeAddress("127.0.0.1", port), der, sha256);
}

/** A port at which nobody listens. */
export function deadPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Waits until something is so, for things that come about without a promise to await. */
export async function until(what: () => boolean, limitMs = 5_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets real time pass, for what needs it. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Closes a node while something stands in its way, and makes sure that it takes less than 2 seconds.
 * `clear` takes the obstacle away afterwards.
 */
export async function assertCloses(node: TlsNode, clear: () => Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("does not close within 2 s"), 2_000);
  });
  const outcome = await Promise.race([node.close().then(() => null), limit]);
  clearTimeout(timer);
  await clear(); // the runtime itself never ends a write that is stuck (Deno 2.8.3)
  await node.close();
  if (outcome) throw new Error(outcome);
}
