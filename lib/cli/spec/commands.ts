/**
 * All commands: what each takes and what it is for. What they do is in a file of its own for each, loaded
 * when it is run.
 *
 * @module
 */

import type { ArgumentSpec, CommandSpec, FlagSpec } from "./command_spec.ts";
import { ABOUT_NODE_FLAGS, NODE_FLAGS } from "./node_flags.ts";

const KEY: ArgumentSpec = { name: "KEY" };
const KEY_RULE = "A KEY of 64 hex digits is the key itself, any other text is hashed with SHA-256.";

const JSON_FLAG: FlagSpec = { name: "json", says: "write JSON, for programs" };

/** Where a running node is. */
const HTTP_FLAGS: readonly FlagSpec[] = [
  {
    name: "http-address",
    value: "ADDRESS",
    says: "where the node serves HTTP (127.0.0.1:7403)",
  },
  {
    name: "config",
    letter: "c",
    value: "FILE",
    says: "take addresses from the section [dht] of this file",
    completes: "file",
  },
];

/** The same for what can also be done through the module API. */
const CLIENT_FLAGS: readonly FlagSpec[] = [
  HTTP_FLAGS[0]!,
  {
    name: "api-address",
    value: "ADDRESS",
    says: "where the node listens for clients of the module API (127.0.0.1:7401); given alone, " +
      "HTTP is not tried",
  },
  HTTP_FLAGS[1]!,
];

/** `voidkad start` */
export const START: CommandSpec = {
  name: "start",
  arguments: [],
  summary: "run a node",
  about: "Runs a node until it gets SIGINT or SIGTERM. When it serves, standard output gets one " +
    'line, "ready id=... p2p=ADDRESS api=ADDRESS http=ADDRESS cert=FILE"; the log goes to ' +
    "standard error, with the invite by which others join through this node.",
  flags: NODE_FLAGS,
  aboutFlags: ABOUT_NODE_FLAGS,
  examples: [
    "",
    "--join voidkad://198.51.100.7:7402/MIIB...",
    "start -c node.ini --log-level debug",
    "start --p2p-address 0.0.0.0:7402 --public-address 198.51.100.7:7402",
    "start --bootstrapper 10.0.0.7:7402 --bootstrapper-cert friend.cert.pem",
  ],
  exit: "0 when told to stop, 2 for a wrong flag or setting, else 1.",
};

/** `voidkad invite` */
export const INVITE: CommandSpec = {
  name: "invite",
  arguments: [],
  summary: "print the line by which others join",
  about: "Prints the invite of a running node: one line, to be pasted after --join on another " +
    "machine. With --cert and --address it is made without asking a node.",
  flags: [
    {
      name: "cert",
      value: "FILE",
      says: "the certificate of a node, in PEM form",
      completes: "file",
    },
    {
      name: "address",
      value: "ADDRESS",
      says: "where that node listens for peers",
    },
    JSON_FLAG,
    ...HTTP_FLAGS,
  ],
  examples: [
    "invite",
    "invite --cert voidkad-data/127.0.0.1.cert.pem --address 127.0.0.1:7402",
  ],
  exit: "0 with an invite, 1 when no node answers, 2 for wrong arguments.",
};

/** `voidkad put` */
export const PUT: CommandSpec = {
  name: "put",
  arguments: [KEY, { name: "VALUE", shown: "VALUE|-" }],
  summary: "hand a value to a running node",
  about: "Hands a value of 1 to 65495 bytes to a running node; - reads it from standard input. " +
    "Over HTTP the node answers with a receipt: who stores the value, who refused it. Without " +
    `HTTP it goes through the module API, which confirms nothing. ${KEY_RULE}`,
  flags: [
    {
      name: "ttl",
      value: "SECONDS",
      says: "its life, 0 to 65535; 0 is the node's default (0)",
    },
    {
      name: "replication",
      value: "COUNT",
      says: "copies, 0 to 255; 0 is the node's default (0)",
    },
    {
      name: "write-quorum",
      value: "COUNT",
      says: "how many nodes must store it, 1 to 255 (1); needs HTTP",
    },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    "put greeting hello",
    "put notes --ttl 600 --write-quorum 3 - < notes.txt",
    "put greeting --api-address 127.0.0.1:7411 -- --starts-with-dashes--",
  ],
  exit: "0 when the write quorum is met (without HTTP: when the node has the value), 2 for wrong " +
    "arguments, else 1.",
};

/** `voidkad get` */
export const GET: CommandSpec = {
  name: "get",
  arguments: [KEY],
  summary: "ask a running node for a value",
  about: "Asks a running node for a value and writes its bytes to standard output. With --json, " +
    `and HTTP, it also says who gave it and how old it is. ${KEY_RULE}`,
  flags: [
    {
      name: "timeout",
      value: "SECONDS",
      says: "how long to wait, 1 to 86400 (30)",
    },
    { name: "json", says: "write JSON, for programs; the bytes are in base64" },
    ...CLIENT_FLAGS,
  ],
  examples: [
    "get greeting",
    "get greeting --json",
    "get notes > notes.txt",
    "get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  ],
  exit: "0 when found, 1 when not found or no node answers, 2 for wrong arguments.",
};

/** `voidkad explain` */
export const EXPLAIN: CommandSpec = {
  name: "explain",
  arguments: [KEY],
  summary: "say why a key is found, or not",
  about: "Has a running node look for a key and tell what happened: every node asked, what it " +
    `gave and how long it took, who should hold the key and who does. ${KEY_RULE}`,
  flags: [JSON_FLAG, ...HTTP_FLAGS],
  examples: ["explain greeting", "explain greeting --json"],
  exit: "0 when the key is found, 1 when it is not or no node answers, 2 for wrong arguments.",
};

/** `voidkad status` */
export const STATUS: CommandSpec = {
  name: "status",
  arguments: [],
  summary: "say how a running node fares",
  about: "Prints the verdict of a running node on itself, with its reasons, and its main figures.",
  flags: [
    { name: "watch", says: "go on, with what is new every second, until interrupted" },
    JSON_FLAG,
    ...HTTP_FLAGS,
  ],
  examples: ["status", "status --watch", "status --json"],
  exit: "0, 1 when the node is degraded or does not answer, 2 for wrong arguments.",
};

/** `voidkad ping` */
export const PING: CommandSpec = {
  name: "ping",
  arguments: [{ name: "ADDRESS", optional: true }],
  summary: "measure the way to a node",
  about: "Connects to a node as its peers do, by TLS with the certificate that it is pinned to, " +
    "and asks it one question: prints how long the handshake and the round trip take.",
  flags: [
    {
      name: "cert",
      value: "FILE",
      says: "the certificate of the node at ADDRESS, in PEM form",
      completes: "file",
    },
    { name: "join", value: "INVITE", says: "the node's invite, instead of both" },
    JSON_FLAG,
  ],
  examples: [
    "ping 127.0.0.1:7402 --cert voidkad-data/127.0.0.1.cert.pem",
    "ping --join voidkad://198.51.100.7:7402/MIIB...",
  ],
  exit: "0 when the node answers, 1 when it does not, 2 for wrong arguments.",
};

/** `voidkad completions` */
export const COMPLETIONS: CommandSpec = {
  name: "completions",
  arguments: [{ name: "SHELL", shown: "bash|zsh|fish", completes: ["bash", "zsh", "fish"] }],
  summary: "print completions for a shell",
  about: "Prints a script that lets a shell complete commands, flags and file names.",
  flags: [],
  examples: [
    "completions bash > ~/.local/share/bash-completion/completions/voidkad",
    "completions zsh > ~/.zfunc/_voidkad",
    "completions fish > ~/.config/fish/completions/voidkad.fish",
  ],
  exit: "0, 2 for wrong arguments.",
};

/** In the order in which help names them. */
export const COMMANDS: readonly CommandSpec[] = [
  START,
  INVITE,
  PUT,
  GET,
  EXPLAIN,
  STATUS,
  PING,
  COMPLETIONS,
];
