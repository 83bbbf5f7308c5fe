/**
 * The flags of a node: one for each setting of the section `[dht]`, and one for the file of settings.
 *
 * @module
 */

import type { FlagSpec } from "./command_spec.ts";
import { LISTENER_KINDS } from "../../net/limits.ts";
import { DIVERSITY_SETTINGS } from "../../node/options.ts";
import { LOG_LEVELS } from "../terminal/log.ts";

/** What holds for all of them: the text before them, and the text after them. */
export const ABOUT_NODE_FLAGS: readonly [string, string] = [
  "Each of these can be a flag, or a line of the section [dht] in the file of -c, written with " +
  "_ instead of - (p2p_address = 127.0.0.1:7402). Flags win. An ADDRESS is ip:port or " +
  "[ipv6]:port; port 0 means any free port.",
  "In the file, ; and # begin a comment, other sections are ignored, and relative paths start " +
  "at the file's folder.",
];

/** In the order of the help. */
export const NODE_FLAGS: readonly FlagSpec[] = [
  {
    name: "config",
    letter: "c",
    value: "FILE",
    description: "read settings from an INI file",
    completes: "file",
  },
  {
    name: "p2p-address",
    value: "ADDRESS",
    description:
      "where to listen for peers: an address of IPv4, of IPv6, or one of each with a + between " +
      "(127.0.0.1:7402)",
  },
  {
    name: "api-address",
    value: "ADDRESS",
    description: "where to serve the module API (127.0.0.1:7401)",
  },
  {
    name: "http-address",
    value: "ADDRESS|off",
    description: "where to serve HTTP: the page, the metrics, values (127.0.0.1:7403, or off " +
      "with -c)",
    completes: ["off"],
  },
  {
    name: "public-address",
    value: "ADDRESS",
    description: "where peers reach this node, if not at p2p-address; needed if that is 0.0.0.0 " +
      "or [::]; port 0 means the port of p2p-address",
  },
  {
    name: "join",
    value: "INVITE,...",
    list: true,
    description: "nodes to join through, by their invites; may be repeated (none)",
  },
  {
    name: "bootstrapper",
    value: "ADDRESS,...",
    description: "nodes to join through, by their addresses (none)",
  },
  {
    name: "bootstrapper-cert",
    value: "FILE,...",
    description: "the certificate of each bootstrapper, in PEM form",
    completes: "file",
  },
  {
    name: "cert-file",
    value: "FILE",
    description: "certificate of this node, made if missing (<data-dir>/<ip>.cert.pem)",
    completes: "file",
  },
  {
    name: "key-file",
    value: "FILE",
    description: "private key of this node (<data-dir>/<ip>.key.pem)",
    completes: "file",
  },
  {
    name: "data-dir",
    value: "FOLDER",
    description: "where certificate, key and what outlives the process are stored; one folder " +
      "for each node (voidkad-data)",
    completes: "folder",
  },
  {
    name: "network-key",
    value: "KEY",
    description: "the key of a private network, without which nobody joins, asks or stores: " +
      "auto (made if there is none, kept in data-dir), a file, or 64 hex digits; an invite " +
      "brings it (<data-dir>/network.key if it is there)",
    completes: "file",
  },
  {
    name: "open-network",
    description: "let everybody join who reaches p2p-address, beyond loopback too",
  },
  {
    name: "persist",
    value: "WHAT",
    description: "what outlives the process, in data-dir: values (and contacts), contacts, or " +
      "off (values)",
    completes: ["values", "contacts", "off"],
  },
  {
    name: "durability",
    value: "HOW",
    description: "relaxed: a crash loses what the last 100 ms have brought; full: nothing that " +
      "was acknowledged while the disk worked, each value waits for it (relaxed)",
    completes: ["relaxed", "full"],
  },
  {
    name: "republish-interval",
    value: "SECONDS",
    description: "longest time until neighbours compare what both should hold, 1 to 86400 (3600)",
  },
  {
    name: "prefix-length",
    value: "BITS",
    description: "bits matched per bucket, 1 to 8; 1 is classic Kademlia (1)",
  },
  {
    name: "bucket-size",
    value: "COUNT",
    description: "contacts per bucket, 1 to 128 (20)",
  },
  {
    name: "parallelism",
    value: "COUNT",
    description: "requests in flight per lookup, 1 to 64 (3)",
  },
  {
    name: "replication",
    value: "COUNT",
    description: "replicas of a value whose PUT does not set it, 1 to bucket-size (20, or " +
      "bucket-size if that is less)",
  },
  {
    name: "ttl-max",
    value: "SECONDS",
    description: "longest lifetime of a value, 1 to 4233600 (86400)",
  },
  {
    name: "ttl-min",
    value: "SECONDS",
    description: "shortest lifetime of a value that is put through the module API; 0 for the one " +
      "that the client asks for (60, or ttl-max if that is less)",
  },
  {
    name: "proof-of-work-bits",
    value: "BITS",
    description: "proof of work that a value needs, 0 to 24; the same in the whole network (8)",
  },
  {
    name: "diversity",
    value: "WHEN",
    description:
      "on: no more than 2 nodes of one network (/24 of IPv4, /64 of IPv6) in a bucket, " +
      "a lookup, and among the holders of a value; off: any number; auto: on unless the own " +
      "address is of loopback or a private network (auto)",
    completes: DIVERSITY_SETTINGS,
  },
  {
    name: "leave-limit",
    value: "SECONDS",
    description: "how long handing values over may take when the node is stopped, 0 to 3600 (60)",
  },
  {
    name: "certificate-kept",
    value: "SECONDS",
    description: "how long a contact must have failed before another certificate counts at its " +
      "address, 0 to 604800 (3600)",
  },
  {
    name: "log-level",
    value: "LEVEL",
    description: "debug, info, warn or error (info)",
    completes: LOG_LEVELS,
  },
  {
    name: "listener",
    value: "KIND",
    description: "what listens for peers: deno, node, which costs more and frees the connections " +
      "of those who stay silent, or auto: deno on loopback, node elsewhere (auto)",
    completes: LISTENER_KINDS,
  },
  {
    name: "api-idle-limit",
    value: "SECONDS",
    description:
      "how long a client of the module API may say nothing, 0 to 86400; 0 is for ever (0)",
  },
  {
    name: "api-networks",
    value: "NETWORK,...",
    description: "let the module API listen beyond loopback, for clients of these networks " +
      "(10.0.0.0/8, fd00::/8) and of the node's machine; others are closed at once",
  },
  {
    name: "allow-remote-api",
    description: "the same for clients from everywhere (in a file: allow_remote_api = true)",
  },
  {
    name: "allow-remote-http",
    description: "let HTTP listen beyond loopback, which needs http-token",
  },
  {
    name: "http-token",
    value: "FILE",
    description: "what requests over HTTP must carry is in this file, 16 letters or more (nothing)",
    completes: "file",
  },
  {
    name: "http-read-token",
    value: "FILE",
    description: "another token, which lets read and not write (none)",
    completes: "file",
  },
];
