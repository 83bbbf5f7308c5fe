/**
 * voidkad as a library: start a node of a VoidPhone network inside another program.
 *
 * @example Two nodes, of which one joins by the other's invite
 * ```ts
 * import { formatInvite, makeCertificate, NODE_OPTIONS_DEFAULT } from "./mod.ts";
 * import { parseAddress, readInvite, serve } from "./mod.ts";
 *
 * const options = {
 *   p2pAddress: parseAddress("127.0.0.1:0"),
 *   publicAddress: null,
 *   apiAddress: parseAddress("127.0.0.1:0"),
 *   certificate: await makeCertificate("127.0.0.1"),
 *   node: NODE_OPTIONS_DEFAULT,
 *   log: () => {},
 * };
 * await using first = serve({ ...options, bootstrappers: [] });
 * const invite = readInvite(formatInvite(first.node.self));
 * await using second = serve({ ...options, bootstrappers: [invite] });
 * await second.node.ping(first.node.self);
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const value = new TextEncoder().encode("hello");
 * const receipt = await second.node.put(key, value, { replication: 2, writeQuorum: 2 });
 * const found = await first.node.get(key);
 * const explanation = await second.node.explain(key);
 * if (receipt.holders.length < 2 || !found || explanation.verdict !== "found") {
 *   throw new Error(explanation.summary);
 * }
 * ```
 *
 * @module
 */

export type { Address } from "./core/kademlia/address.ts";
export { formatAddress, parseAddress } from "./core/kademlia/address.ts";
export type { AddressPair } from "./core/kademlia/address_pair.ts";
export { type IpNetwork, parseIpNetwork } from "./core/kademlia/ip_network.ts";
export type { Contact } from "./core/kademlia/contact.ts";
export type { NodeId } from "./core/kademlia/node_id.ts";
export type { StoreStatus } from "./core/wire/messages.ts";
export { NodeBusyError, NodeClosedError, type NodeError } from "./node/errors.ts";
export { type ClosestNodes, type KnownNodes, Node } from "./node/node.ts";
export { type DiversitySetting, NODE_OPTIONS_DEFAULT, type NodeOptions } from "./node/options.ts";
export type {
  AskedNode,
  AskedOutcome,
  Explanation,
  ResponsibleNode,
} from "./node/diagnostics/explanation.ts";
export type { ListenerKind } from "./net/tls/open_listener.ts";
export type { Health, HealthSurroundings, Verdict } from "./node/diagnostics/health.ts";
export type {
  ComparisonOutcome,
  EndedHandshake,
  EndedLookup,
  EndedPut,
  EndedRequest,
  GetOutcome,
  LookupOutcome,
  Observer,
  PutOutcome,
  RequestFailure,
  RequestType,
} from "./node/observer.ts";
export type { ReachabilityState } from "./node/membership/reachability.ts";
export type { HandoverReport } from "./node/replication/handover.ts";
export type { Log, LogLevel } from "./node/ports.ts";
export type { ImportOutcome, ImportReceipt, ReplicaPage } from "./node/replication/exports.ts";
export type { Claimed } from "./core/proof_of_work.ts";
export type { Replica } from "./core/value.ts";
export type {
  ContactSnapshot,
  HeldValue,
  JournalFigures,
  LevelSnapshot,
  NodeFigures,
  NodeSnapshot,
  RepairFigures,
  StoreFigures,
} from "./node/snapshot.ts";
export type {
  GetOptions,
  GetResult,
  OnPutEnd,
  PutOptions,
  PutReceipt,
  PutRequest,
  SearchResult,
} from "./node/values/operations.ts";
export type { Receipt, Refusal } from "./node/values/placement.ts";
export { type CertificateOptions, loadOrMakeCertificate } from "./identity/certificate.ts";
export {
  CertificateError,
  type CertificateFiles,
  readCertificate,
} from "./identity/certificate_files.ts";
export type { KeyChange, NetworkRecords } from "./identity/credentials.ts";
export type { Ban, Membership, NetworkKey, NetworkKeys } from "./identity/network.ts";
export { formatInvite, type Invite, readInvite } from "./identity/invite.ts";
export { makeCertificate, type NodeCertificate } from "./identity/make_certificate.ts";
export type { OnApiPut } from "./net/api/server.ts";
export { type RunningNode, serve, type ServeOptions } from "./net/serve.ts";
export {
  type Durability,
  type KeepOptions,
  serveKept,
  type ServeKeptOptions,
} from "./net/serve_kept.ts";
export type { FileTrouble } from "./persist/file/database_file.ts";
export { JournalError } from "./persist/journal.ts";
