/**
 * The flags of a node: each setting of the section `[dht]`, and the file that they may come from.
 *
 * @module
 */

import type { FlagSpec } from "./command_spec.ts";
import { LOG_LEVELS } from "../terminal/log.ts";

/** What goes for all of them: before them, and after them. */
export const ABOUT_NODE_FLAGS: readonly [string, string] = [
  "Each of these can be a flag, and a line of the section [dht] in the file of -c, written with " +
  "_ instead of - (p2p_address = 127.0.0.1:7402). Flags win. An ADDRESS is ip:port or " +
  "[ipv6]:port; port 0 means any free port.",
  "In the file, ; and # begin a comment, other sections and what stands before the first one are " +
  "passed over, and a relative path starts from the file's folder.",
];

/** In the order in which help names them. */
export const NODE_FLAGS: readonly FlagSpec[] = [
  {
    name: "config",
    letter: "c",
    value: "FILE",
    says: "read settings from an INI file",
    completes: "file",
  },
  {
    name: "p2p-address",
    value: "ADDRESS",
    says: "where to listen for peers (127.0.0.1:7402)",
  },
  {
    name: "api-address",
    value: "ADDRESS",
    says: "where to listen for clients (127.0.0.1:7401)",
  },
  {
    name: "http-address",
    value: "ADDRESS|off",
    says: "where to serve the page, the metrics and the rest of HTTP (127.0.0.1:7403, or off " +
      "with -c)",
    completes: ["off"],
  },
  {
    name: "public-address",
    value: "ADDRESS",
    says: "where peers reach this node, if that is not p2p-address; needed if that is 0.0.0.0 or " +
      "[::]; port 0 means the port of p2p-address",
  },
  {
    name: "join",
    value: "INVITE,...",
    list: true,
    says: "nodes to join through, each by the line that it prints of itself; may be given again " +
      "(none)",
  },
  {
    name: "bootstrapper",
    value: "ADDRESS,...",
    says: "nodes to join through whose certificates are files (none)",
  },
  {
    name: "bootstrapper-cert",
    value: "FILE,...",
    says: "the certificate of each of them, in PEM form",
    completes: "file",
  },
  {
    name: "cert-file",
    value: "FILE",
    says: "own certificate, made if it is not there (<data-dir>/<ip>.cert.pem)",
    completes: "file",
  },
  {
    name: "key-file",
    value: "FILE",
    says: "its private key (<data-dir>/<ip>.key.pem)",
    completes: "file",
  },
  {
    name: "data-dir",
    value: "FOLDER",
    says: "where certificate and key are kept (voidkad-data)",
    completes: "folder",
  },
  {
    name: "republish-interval",
    value: "SECONDS",
    says: "how often values are handed on, 1 to 86400 (3600)",
  },
  {
    name: "prefix-length",
    value: "BITS",
    says: "bits matched per bucket, 1 to 8; 1 is classic Kademlia (1)",
  },
  {
    name: "bucket-size",
    value: "COUNT",
    says: "contacts per bucket, 1 to 128 (20)",
  },
  {
    name: "parallelism",
    value: "COUNT",
    says: "requests in flight per lookup, 1 to 64 (3)",
  },
  {
    name: "replication",
    value: "COUNT",
    says:
      "copies of a value whose PUT does not say, 1 to bucket-size (20, or bucket-size if that " +
      "is less)",
  },
  {
    name: "ttl-max",
    value: "SECONDS",
    says: "longest life of a value, 1 to 4233600 (86400)",
  },
  {
    name: "proof-of-work-bits",
    value: "BITS",
    says: "work that a value must show, 0 to 24; the same in all of a network (8)",
  },
  {
    name: "log-level",
    value: "LEVEL",
    says: "debug, info, warn or error (info)",
    completes: LOG_LEVELS,
  },
  {
    name: "allow-remote-api",
    says: "let the API listen elsewhere than on loopback (in a file: allow_remote_api = true)",
  },
  {
    name: "allow-remote-http",
    says: "the same for HTTP",
  },
];
