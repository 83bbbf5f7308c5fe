/**
 * The help of each command.
 *
 * @module
 */

const KEYS_OF_A_NODE = `\
Each of these can be a flag, and a line of the section [dht] in the file of -c,
written with _ instead of - (p2p_address = 127.0.0.1:7402). Flags win. An ADDRESS
is ip:port or [ipv6]:port; port 0 means any free port.

  -c, --config FILE            read settings from an INI file
  --p2p-address ADDRESS        where to listen for peers  (127.0.0.1:7402)
  --api-address ADDRESS        where to listen for clients  (127.0.0.1:7401)
  --http-address ADDRESS|off   where to serve the page, the metrics and the rest
                               of HTTP  (127.0.0.1:7403, or off with -c)
  --public-address ADDRESS     where peers reach this node, if that is not
                               p2p-address; needed if that is 0.0.0.0 or [::];
                               port 0 means the port of p2p-address
  --bootstrapper ADDRESS,...   nodes to join the network through  (none)
  --bootstrapper-cert FILE,... the certificate of each of them, in PEM form
  --join INVITE,...            nodes to join through, each by the line that it
                               prints of itself; may be given again  (none)
  --cert-file FILE             own certificate, made if it is not there
                               (<data-dir>/<ip>.cert.pem)
  --key-file FILE              its private key  (<data-dir>/<ip>.key.pem)
  --data-dir FOLDER            where certificate and key are kept  (voidkad-data)
  --republish-interval SECONDS how often values are handed on, 1 to 86400  (3600)
  --prefix-length BITS         bits matched per bucket, 1 to 8; 1 is classic
                               Kademlia  (1)
  --bucket-size COUNT          contacts per bucket, 1 to 128  (20)
  --parallelism COUNT          requests in flight per lookup, 1 to 64  (3)
  --replication COUNT          copies of a value whose PUT does not say, 1 to
                               bucket-size  (20, or bucket-size if that is less)
  --ttl-max SECONDS            longest life of a value, 1 to 4233600  (86400)
  --proof-of-work-bits BITS    work that a value must show, 0 to 24; the same in
                               all of a network  (8)
  --log-level LEVEL            debug, info, warn or error  (info)
  --allow-remote-api           let the API listen elsewhere than on loopback
                               (in a file: allow_remote_api = true)
  --allow-remote-http          the same for HTTP

In the file, ; and # begin a comment, other sections and what stands before the
first one are passed over, and a relative path starts from the file's folder.
`;

/** `voidkad --help` */
export const USAGE = `\
voidkad, a node of a Kademlia network that keeps values under keys

Usage:
  voidkad [start] [-c FILE] [flags]     run a node
  voidkad put KEY VALUE|- [flags]       hand a value to a running node
  voidkad get KEY [flags]               ask a running node for a value
  voidkad help [start|put|get]          say more about a command
  voidkad --version

Examples:
  voidkad
  voidkad --p2p-address 127.0.0.1:7412 --api-address 127.0.0.1:7411 \\
    --bootstrapper 127.0.0.1:7402 --bootstrapper-cert voidkad-data/127.0.0.1.cert.pem
  voidkad put greeting hello
  voidkad get greeting

Settings of a node:

${KEYS_OF_A_NODE}`;

/** `voidkad start --help` */
export const USAGE_START = `\
Usage: voidkad [start] [-c FILE] [flags]

Runs a node until it gets SIGINT or SIGTERM. When it serves, standard output gets
one line, "ready id=... p2p=ADDRESS api=ADDRESS cert=FILE"; the log goes to
standard error. Others join through this node by its p2p address and that file.

Examples:
  voidkad start
  voidkad start -c node.ini --log-level debug
  voidkad start --p2p-address 0.0.0.0:7402 --public-address 198.51.100.7:7402
  voidkad start --p2p-address '[2001:db8::7]:7402' \\
    --bootstrapper 198.51.100.7:7402 --bootstrapper-cert friend.cert.pem

Exit status: 0 when told to stop, 2 for a wrong flag or setting, else 1.

${KEYS_OF_A_NODE}`;

const API_FLAGS = `\
  --api-address ADDRESS   where the node listens for clients  (127.0.0.1:7401)
  -c, --config FILE       take api_address from the section [dht] of this file
`;

const KEY_RULE = "A KEY of 64 hex digits is the key itself, any other text is hashed with SHA-256.";

/** `voidkad put --help` */
export const USAGE_PUT = `\
Usage: voidkad put KEY VALUE|- [flags]

Hands a value of 1 to 65495 bytes to a running node; - reads it from standard
input. The node does not confirm it: that a value can be found, "get" tells.
${KEY_RULE}

  --ttl SECONDS           its life, 0 to 65535; 0 is the node's default  (0)
  --replication COUNT     copies, 0 to 255; 0 is the node's default  (0)
${API_FLAGS}
Examples:
  voidkad put greeting hello
  voidkad put notes --ttl 600 - < notes.txt
  voidkad put greeting --api-address 127.0.0.1:7411 -- --starts-with-dashes--

Exit status: 0 when the node has it, 2 for wrong arguments, else 1.
`;

/** `voidkad get --help` */
export const USAGE_GET = `\
Usage: voidkad get KEY [flags]

Asks a running node for a value and writes its bytes to standard output.
${KEY_RULE}

  --timeout SECONDS       how long to wait, 1 to 86400  (30)
${API_FLAGS}
Examples:
  voidkad get greeting
  voidkad get 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 > file

Exit status: 0 when found, 1 when not found or no node answers, 2 for wrong
arguments.
`;
