/**
 * voidkad as a library: start a node of a VoidPhone network inside another program.
 *
 * @module
 */

export type { Address } from "./core/address.ts";
export { formatAddress, parseAddress } from "./core/address.ts";
export type { Contact } from "./core/contact.ts";
export type { NodeId } from "./core/node_id.ts";
export type { StoreStatus } from "./core/messages.ts";
export { Node } from "./node/node.ts";
export { NODE_OPTIONS_DEFAULT, type NodeOptions } from "./node/options.ts";
export type { Log, LogLevel, RequestFailure } from "./node/ports.ts";
export type { Receipt, Refusal } from "./node/publisher.ts";
export type { GetResult, PutOptions } from "./node/values.ts";
export {
  CertificateError,
  type CertificateOptions,
  loadOrMakeCertificate,
  type NodeCertificate,
  readCertificate,
} from "./net/certificate.ts";
export { type RunningNode, serve, type ServeOptions } from "./net/serve.ts";
