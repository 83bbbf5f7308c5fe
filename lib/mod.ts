/**
 * voidkad as a library: start a node of a VoidPhone network inside another program.
 *
 * @module
 */

export type { Address } from "./core/address.ts";
export { formatAddress, parseAddress } from "./core/address.ts";
export type { Contact } from "./core/contact.ts";
export { formatInvite, type Invite } from "./core/invite.ts";
export type { NodeId } from "./core/node_id.ts";
export type { StoreStatus } from "./core/messages.ts";
export { Node } from "./node/node.ts";
export { NODE_OPTIONS_DEFAULT, type NodeOptions } from "./node/options.ts";
export type { AskedNode, AskedOutcome, Explanation, ResponsibleNode } from "./node/explanation.ts";
export type { Health, Verdict } from "./node/health.ts";
export type {
  GetOutcome,
  LookupOutcome,
  Observer,
  PutOutcome,
  RequestFailure,
  RequestType,
} from "./node/observer.ts";
export type { Log, LogLevel } from "./node/ports.ts";
export type { Receipt, Refusal } from "./node/publisher.ts";
export type { GetOptions, GetResult, PutOptions, SearchResult } from "./node/values.ts";
export {
  CertificateError,
  type CertificateOptions,
  loadOrMakeCertificate,
  type NodeCertificate,
  readCertificate,
} from "./net/certificate.ts";
export { readInvite } from "./net/read_invite.ts";
export { type RunningNode, serve, type ServeOptions } from "./net/serve.ts";
