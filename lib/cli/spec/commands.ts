/**
 * All commands: what each takes and what it is for.
 *
 * @module
 */

import type { ArgumentSpec, CommandSpec, FlagSpec } from "./command_spec.ts";
import { ABOUT_NODE_FLAGS, NODE_FLAGS } from "./node_flags.ts";

const KEY: ArgumentSpec = { name: "KEY" };
const KEY_RULE = "A KEY of 64 hex digits is used as it is, any other text is hashed with SHA-256.";

const JSON_FLAG: FlagSpec = { name: "json", description: "print JSON" };

const HTTP_ADDRESS: FlagSpec = {
  name: "http-address",
  value: "ADDRESS",
  description: "where the node serves HTTP (127.0.0.1:7403)",
};

const CONFIG: FlagSpec = {
  name: "config",
  letter: "c",
  value: "FILE",
  description: "take the addresses from the section [dht] of this file",
  completes: "file",
};

const HTTP_TOKEN: FlagSpec = {
  name: "http-token",
  value: "FILE",
  description: "the token that the node wants is in this file",
  completes: "file",
};

const DATA_DIR: FlagSpec = {
  name: "data-dir",
  value: "FOLDER",
  description: "the folder of the node to ask, if it runs on this machine (voidkad-data)",
  completes: "folder",
};

/** Where a node is that is asked over HTTP, for commands that use its folder otherwise. */
const ADDRESS_FLAGS: readonly FlagSpec[] = [HTTP_ADDRESS, HTTP_TOKEN, CONFIG];

/** Where a running node is, for commands that need HTTP. */
const HTTP_FLAGS: readonly FlagSpec[] = [DATA_DIR, ...ADDRESS_FLAGS];

/** The same for commands that can use the module API instead. */
const CLIENT_FLAGS: readonly FlagSpec[] = [
  DATA_DIR,
  HTTP_ADDRESS,
  HTTP_TOKEN,
  {
    name: "api-address",
    value: "ADDRESS",
    description: "where the node serves the module API (127.0.0.1:7401). With one of the two " +
      "addresses, only that one is used; with both or none, the module API is used when HTTP is off",
  },
  CONFIG,
];

/** `voidkad start` */
export const START: CommandSpec = {
  name: "start",
  arguments: [],
  summary: "run a node",
  about:
    "Runs a node until it receives SIGINT, SIGTERM or SIGHUP; then it hands its values over, " +
    "and a second signal ends it at once. When the node is ready, one line goes " +
    'to standard output: "ready id=... p2p=ADDRESS api=ADDRESS http=ADDRESS cert=FILE". The log ' +
    "goes to standard error, with the invite by which other nodes join.",
  flags: NODE_FLAGS,
  aboutFlags: ABOUT_NODE_FLAGS,
  examples: [
    "",
    "--join voidkad://198.51.100.7:7402/MIIB...",
    "start -c node.ini --log-level debug",
    "start --p2p-address 198.51.100.7:7402 --network-key auto",
    "start --bootstrapper 10.0.0.7:7402 --bootstrapper-cert friend.cert.pem",
  ],
  exit:
    "0 after a signal; 1 if values were lost that other nodes could have taken, or for any other " +
    "error; 2 for a wrong flag or setting.",
  load: async () => (await import("../commands/start.ts")).start,
};

const INVITE: CommandSpec = {
  name: "invite",
  arguments: [],
  summary: "print the invite of a node",
  about: "Prints the invite of a running node: one line, for --join on another machine. With " +
    "--cert and --address, makes the invite from a certificate, without asking a node. In a " +
    "private network the invite has the network key, from --data-dir: who has it is let in.",
  flags: [
    {
      name: "cert",
      value: "FILE",
      description: "the certificate of a node, in PEM form",
      completes: "file",
    },
    {
      name: "address",
      value: "ADDRESS",
      description: "where that node listens for peers",
    },
    {
      name: "data-dir",
      value: "FOLDER",
      description: "the folder of the node to ask, and of the key of its private network " +
        "(voidkad-data)",
      completes: "folder",
    },
    {
      name: "network-key",
      value: "KEY",
      description: "the network key, if it is not in that folder: a file, or 64 hex digits",
      completes: "file",
    },
    {
      name: "once",
      description:
        "an invite for one node, which it makes a member without the network key: it can " +
        "invite nobody, and can be shut out",
    },
    {
      name: "expires",
      value: "TIME",
      description: "how long an invite for one node can be used, like 30m, 1h or 7d (1h)",
    },
    JSON_FLAG,
    ...ADDRESS_FLAGS,
  ],
  examples: [
    "invite",
    "invite --once --expires 7d",
    "invite --cert voidkad-data/127.0.0.1.cert.pem --address 127.0.0.1:7402",
  ],
  exit: "0 with an invite, 1 if no node answers, 2 for wrong arguments.",
  load: async () => (await import("../commands/invite.ts")).invite,
};

const NETWORK: CommandSpec = {
  name: "network",
  arguments: [
    {
      name: "ACTION",
      shown: "rotate|adopt|finish|ban",
      completes: ["rotate", "adopt", "finish", "ban"],
    },
    { name: "INVITE", shown: "INVITE|ID", optional: true },
  ],
  summary: "change the key of a private network, or shut a member out",
  about: "Changes the network key in a node's folder, which a node reads when it starts. rotate " +
    "makes a new key; adopt takes that of an invite; both keep the key before it, which is still " +
    "accepted. When all nodes have the new key, finish drops the old one. So no node is ever shut " +
    "out: rotate on one, adopt on the others, restart each, then finish on each, and restart. " +
    "Members without the key get along by themselves until finish. ban has a running node shut out " +
    "the member with this id, 64 hex digits, that was let in by an invite for one node; all " +
    "members hear of it, and it stays out.",
  flags: [
    {
      name: "data-dir",
      value: "FOLDER",
      description: "the folder of the node (voidkad-data)",
      completes: "folder",
    },
    {
      name: "network-key",
      value: "FILE",
      description: "the file of the node's network key (<data-dir>/network.key)",
      completes: "file",
    },
    ...ADDRESS_FLAGS,
  ],
  examples: ["network rotate", 'network adopt "$(ssh first voidkad invite)"', "network finish"],
  exit: "0, 2 for wrong arguments or files.",
  load: async () => (await import("../commands/network.ts")).network,
};

const PUT: CommandSpec = {
  name: "put",
  arguments: [KEY, { name: "VALUE", shown: "VALUE|-" }],
  summary: "store a value",
  about: "Stores a value of 1 to 65495 bytes; - reads it from standard input. Over HTTP the node " +
    "answers with a receipt: how many nodes stored the value, and which refused it. The module " +
    `API confirms nothing. ${KEY_RULE}`,
  flags: [
    {
      name: "ttl",
      value: "SECONDS",
      description: "lifetime of the value, 0 for the node's default (0); the module API carries " +
        "at most 65535, and the node's ttl_min counts there",
    },
    {
      name: "replication",
      value: "COUNT",
      description: "number of replicas, 0 to 255; 0 for the node's default (0)",
    },
    {
      name: "write-quorum",
      value: "COUNT",
      description: "how many nodes must store it, 1 to 255 (1); needs HTTP",
    },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    "put greeting hello",
    "put notes --ttl 600 --write-quorum 3 - < notes.txt",
    "put greeting --api-address 127.0.0.1:7411 -- --starts-with-dashes--",
  ],
  exit: "0 if the write quorum is reached (module API: if the node took the value), 2 for wrong " +
    "arguments, 1 for any other error.",
  load: async () => (await import("../commands/put.ts")).put,
};

const GET: CommandSpec = {
  name: "get",
  arguments: [KEY],
  summary: "print a value",
  about: "Looks a value up and writes its bytes to standard output. A terminal gets text only. " +
    `With --json, over HTTP, prints also which node gave the value and how old it is. ${KEY_RULE}`,
  flags: [
    {
      name: "output",
      letter: "o",
      value: "FILE",
      description: "write the value to this file; - for standard output, even if it is binary",
      completes: "file",
    },
    {
      name: "timeout",
      value: "SECONDS",
      description: "how long to wait, 1 to 86400 (30)",
    },
    { name: "json", description: "print JSON, with the value in base64" },
    ...CLIENT_FLAGS,
  ],
  examples: [
    "get greeting",
    "get greeting --json",
    "get photo -o photo.jpg",
    "get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  ],
  exit: "0 if the value is found, 1 if it is not or no node answers, 2 for wrong arguments.",
  load: async () => (await import("../commands/get.ts")).get,
};

const EXPLAIN: CommandSpec = {
  name: "explain",
  arguments: [KEY],
  summary: "explain why a key is found, or not",
  about: "Has a node look up a key and shows the whole lookup: each node asked, what it answered " +
    `and how long it took, which nodes should hold the key and which do. ${KEY_RULE}`,
  flags: [JSON_FLAG, ...HTTP_FLAGS],
  examples: ["explain greeting", "explain greeting --json"],
  exit: "0 if the key is found, 1 if it is not or no node answers, 2 for wrong arguments.",
  load: async () => (await import("../commands/explain.ts")).explain,
};

const STATUS: CommandSpec = {
  name: "status",
  arguments: [],
  summary: "show the state of a running node",
  about: "Shows whether a node is healthy, with the reasons, and its main figures.",
  flags: [
    { name: "watch", description: "repeat every second, until interrupted" },
    JSON_FLAG,
    ...HTTP_FLAGS,
  ],
  examples: ["status", "status --watch", "status --json"],
  exit: "0, 1 if the node is degraded or does not answer, 2 for wrong arguments.",
  load: async () => (await import("../commands/status.ts")).status,
};

const CONTACT: CommandSpec = {
  name: "contact",
  arguments: [
    { name: "ACTION", shown: "forget", completes: ["forget"] },
    { name: "CONTACT", shown: "ID|ADDRESS" },
  ],
  summary: "have a node forget another one",
  about: "Has a running node forget a contact, by its id or address, and the certificate that " +
    "counted there. Use it on each node when a node was set up anew at its old address with " +
    "another certificate: else the others take it only once the old one has failed for " +
    "certificate_kept.",
  flags: [JSON_FLAG, ...HTTP_FLAGS],
  examples: ["contact forget 198.51.100.7:7402"],
  exit: "0, 1 if the node knows no such contact or does not answer, 2 for wrong arguments.",
  load: async () => (await import("../commands/contact.ts")).contact,
};

const PING: CommandSpec = {
  name: "ping",
  arguments: [{ name: "ADDRESS", optional: true }],
  summary: "measure the round trip to a node",
  about: "Connects to a node as its peers do, by TLS with its pinned certificate, and sends one " +
    "request. Prints how long the handshake and the round trip took.",
  flags: [
    {
      name: "cert",
      value: "FILE",
      description: "the certificate of the node at ADDRESS, in PEM form",
      completes: "file",
    },
    {
      name: "join",
      value: "INVITE",
      description: "the node's invite, instead of ADDRESS and --cert",
    },
    JSON_FLAG,
  ],
  examples: [
    "ping 127.0.0.1:7402 --cert voidkad-data/127.0.0.1.cert.pem",
    "ping --join voidkad://198.51.100.7:7402/MIIB...",
  ],
  exit: "0 if the node answers, 1 if it does not, 2 for wrong arguments.",
  load: async () => (await import("../commands/ping.ts")).ping,
};

const EXPORT: CommandSpec = {
  name: "export",
  arguments: [],
  summary: "write the values that a node holds",
  about: "Writes the replicas of a running node, one line of JSON for each: key, value (base64), " +
    "stamp, end, replication and proof of work. With --data-dir, reads what a node that does not " +
    "run has kept there. The exports of all nodes of a network, one behind the other, are a " +
    "backup of the network.",
  flags: [
    {
      name: "output",
      letter: "o",
      value: "FILE",
      description: "write to this file; it is there when it is whole",
      completes: "file",
    },
    {
      name: "data-dir",
      value: "FOLDER",
      description: "read what a node has kept in this folder, instead of asking a node",
      completes: "folder",
    },
    ...ADDRESS_FLAGS,
  ],
  examples: ["export -o backup.ndjson", "export --data-dir voidkad-data > kept.ndjson"],
  exit: "0; 1 if no node answers, or a part of the file is damaged; 2 for wrong arguments.",
  load: async () => (await import("../commands/export.ts")).exportValues,
};

const IMPORT: CommandSpec = {
  name: "import",
  arguments: [{ name: "FILE", shown: "FILE|-", completes: "file" }],
  summary: "bring exported values into a network",
  about: "Has a node bring each line of an export to the nodes that it belongs to. Values keep " +
    "their stamps and their ends: nothing newer is displaced, and nothing lives longer. Importing " +
    "twice does no harm. Lines that are not taken are named.",
  flags: HTTP_FLAGS,
  examples: ["import backup.ndjson", "import - < backup.ndjson"],
  exit: "0; 1 if a line is invalid, no node takes it, or no node answers; 2 for wrong arguments.",
  load: async () => (await import("../commands/import.ts")).importValues,
};

const COMPLETIONS: CommandSpec = {
  name: "completions",
  arguments: [{ name: "SHELL", shown: "bash|zsh|fish", completes: ["bash", "zsh", "fish"] }],
  summary: "print completions for a shell",
  about: "Prints a script by which a shell completes commands, flags and file names.",
  flags: [],
  examples: [
    "completions bash > ~/.local/share/bash-completion/completions/voidkad",
    "completions zsh > ~/.zfunc/_voidkad",
    "completions fish > ~/.config/fish/completions/voidkad.fish",
  ],
  exit: "0, 2 for wrong arguments.",
  load: async () => {
    const { completions } = await import("../commands/completions.ts");
    return (flags) => completions(flags, COMMANDS);
  },
};

/** In the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  START,
  INVITE,
  NETWORK,
  PUT,
  GET,
  EXPLAIN,
  STATUS,
  CONTACT,
  PING,
  EXPORT,
  IMPORT,
  COMPLETIONS,
];
