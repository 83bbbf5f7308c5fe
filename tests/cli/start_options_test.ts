import { parseIpNetwork } from "../../lib/core/kademlia/ip_network.ts";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { resolve } from "node:path";
import { COMMANDS, START } from "../../lib/cli/spec/commands.ts";
import { parseConfig } from "../../lib/cli/settings/config.ts";
import { UsageError } from "../../lib/cli/errors.ts";
import { readHttpAddress, readNodeAddresses } from "../../lib/cli/clients/node_addresses.ts";
import { type Key, KEYS, Settings } from "../../lib/cli/settings/settings.ts";
import { readStartOptions, type StartOptions } from "../../lib/cli/settings/start_options.ts";
import { formatOverview, formatUsage } from "../../lib/cli/spec/usage.ts";
import { formatAddress, parseAddress } from "../../lib/core/kademlia/address.ts";
import { formatAddressPair } from "../../lib/core/kademlia/address_pair.ts";
import { formatInvite } from "../../lib/identity/invite.ts";
import { NODE_OPTIONS_DEFAULT } from "../../lib/node/options.ts";
import { checkProperty } from "../support/core/property.ts";
import { certificate } from "../support/tls_nodes.ts";

/** Options of a file `conf/node.ini` with these lines. */
function read(...lines: string[]): StartOptions {
  return readStartOptions(
    new Settings(parseConfig(["[dht]", ...lines].join("\n"), "conf/node.ini"), "conf/node.ini"),
  );
}

const INVITE = formatInvite({
  address: parseAddress("127.0.0.1:9"),
  alternate: null,
  certificate: (await certificate()).der,
});

function refuses(lines: string[], message: string): void {
  const error = assertThrows(() => read(...lines), UsageError);
  assertEquals(error.message, message);
}

Deno.test("a file that sets nothing gives the defaults", () => {
  const options = read();
  assertEquals(formatAddress(options.p2pAddress), "127.0.0.1:7402");
  assertEquals(formatAddress(options.apiAddress), "127.0.0.1:7401");
  assertEquals(options.httpAddress, null);
  assertEquals(options.publicAddress, null);
  assertEquals(options.bootstrappers, []);
  assertEquals(options.invites, []);
  assertEquals(options.certFile, resolve("voidkad-data/127.0.0.1.cert.pem"));
  assertEquals(options.keyFile, resolve("voidkad-data/127.0.0.1.key.pem"));
  assertEquals(options.node, NODE_OPTIONS_DEFAULT);
  assertEquals(options.logLevel, "info");
  const file = resolve("voidkad-data/kept.db");
  assertEquals(options.keep, { file, values: true, durability: "relaxed" });
});

Deno.test("every key has its effect", () => {
  const options = read(
    "p2p_address = [::]:1",
    "public_address = [2001:db8::1]:0",
    "api_address = 0.0.0.0:2",
    "allow_remote_api = true",
    "http_address = 0.0.0.0:5",
    "allow_remote_http = true",
    `join = ${INVITE}, ${INVITE}`,
    "bootstrapper = 10.0.0.1:3, [::1]:4+10.0.0.2:5",
    "bootstrapper_cert = a.pem, /abs/b.pem",
    "data_dir = data",
    "persist = values",
    "durability = full",
    "republish_interval = 60",
    "prefix_length = 5",
    "bucket_size = 8",
    "parallelism = 4",
    "replication = 7",
    "ttl_max = 100",
    "proof_of_work_bits = 0",
    "leave_limit = 0",
    "certificate_kept = 60",
    "diversity = on",
    "log_level = debug",
  );
  assertEquals(formatAddress(options.p2pAddress), "[::]:1");
  assertEquals(formatAddress(options.publicAddress!), "[2001:db8::1]:1");
  assertEquals(formatAddress(options.apiAddress), "0.0.0.0:2");
  assertEquals(formatAddress(options.httpAddress!), "0.0.0.0:5");
  assertEquals(options.httpPortMayDiffer, false);
  assertEquals(options.invites.map(formatInvite), [INVITE, INVITE]);
  assertEquals(options.bootstrappers.map(formatAddressPair), ["10.0.0.1:3", "10.0.0.2:5+[::1]:4"]);
  assertEquals(options.bootstrappers.map(({ certFile }) => certFile), [
    resolve("conf/a.pem"),
    resolve("/abs/b.pem"),
  ]);
  assertEquals(options.certFile, resolve("conf/data/2001-db8--1.cert.pem"));
  assertEquals(options.node, {
    prefixLength: 5,
    bucketSize: 8,
    parallelism: 4,
    replication: 7,
    ttlMaxMs: 100_000,
    republishIntervalMs: 60_000,
    proofOfWorkBits: 0,
    leaveLimitMs: 0,
    certificateKeptMs: 60_000,
    diversity: "on",
  });
  assertEquals(options.logLevel, "debug");
  const file = resolve("conf/data/kept.db");
  assertEquals(options.keep, { file, values: true, durability: "full" });
  assertEquals(read("persist = contacts").keep!.values, false);
  assertEquals(read("persist = off").keep, null);
  assertEquals(read("p2p_address = 127.0.0.1:0").keep, null);
  assertEquals(read("p2p_address = 127.0.0.1:0\npersist = values").keep!.values, true);
});

Deno.test("files of certificate and key come together", () => {
  const options = read("cert_file = c.pem", "key_file = k.pem");
  assertEquals([options.certFile, options.keyFile], [resolve("conf/c.pem"), resolve("conf/k.pem")]);
  assertEquals(options.keep, null);
  refuses(["cert_file = c.pem"], "conf/node.ini:2: cert_file: it needs key_file too");
  refuses(["key_file = k.pem"], "conf/node.ini:2: key_file: it needs cert_file too");
});

Deno.test("replication follows a small bucket size, but may not exceed it", () => {
  assertEquals(read("bucket_size = 4").node.replication, 4);
  assertEquals(read("bucket_size = 40").node.replication, 20);
  refuses(
    ["bucket_size = 4", "replication = 5"],
    "conf/node.ini:3: replication: 5 is more than bucket_size, 4",
  );
});

Deno.test("a node may have an address of IPv4 and one of IPv6", () => {
  const options = read("p2p_address = [::1]:7402 + 127.0.0.1:7403");
  assertEquals(formatAddress(options.p2pAddress), "127.0.0.1:7403");
  assertEquals(formatAddress(options.alternateP2pAddress!), "[::1]:7402");
  assertEquals(options.hostnames, ["127.0.0.1", "::1"]);
  const behind = read(
    "p2p_address = [::]:7402",
    "public_address = 192.0.2.1:0+[2001:db8::1]:0",
  );
  assertEquals(behind.hostnames, ["192.0.2.1", "2001:db8::1"]);
  assertEquals(behind.alternateP2pAddress, null);

  const at = "conf/node.ini:2:";
  const pair = "a node has one address, or one of IPv4 and one of IPv6";
  refuses(["p2p_address = 192.0.2.1:1+192.0.2.2:1"], `${at} p2p_address: ${pair}`);
  refuses(["public_address = 192.0.2.1:1+[::1]:1+[::2]:1"], `${at} public_address: ${pair}`);
  refuses(
    ["p2p_address = 127.0.0.1:7402+[::]:7402"],
    `${at} p2p_address: [::]:7402 is not an address that peers can reach: ` +
      "give one with --public-address",
  );
});

Deno.test("the module API listens beyond loopback for the networks named, or for everybody", () => {
  const api = (...lines: string[]) => read("api_address = 0.0.0.0:7401", ...lines).apiNetworks;
  assertEquals(api("allow_remote_api = true"), null);
  assertEquals(
    api("api_networks = 10.0.0.0/8, fd00::/8 ,192.0.2.7"),
    ["10.0.0.0/8", "fd00::/8", "192.0.2.7"].map(parseIpNetwork),
  );
  const at = "conf/node.ini";
  refuses(
    ["api_address = 0.0.0.0:7401"],
    `${at}:2: api_address: 0.0.0.0:7401 is open to other machines, and asks for no password: ` +
      "say which networks may connect with --api-networks, or add --allow-remote-api to let everybody",
  );
  refuses(
    ["api_networks = 10.0.0.0/8", "allow_remote_api = true"],
    `${at}:2: api_networks: allow_remote_api lets everybody connect: give one of both`,
  );
  const wrong = (text: string, why: string) =>
    refuses([`api_networks = fd00::/8, ${text}`], `${at}:2: api_networks: "${text}" ${why}`);
  wrong("lan", "is not a network, like 10.0.0.0/8 or fd00::/8");
  wrong("10.0.0.0/8/8", "is not a network, like 10.0.0.0/8 or fd00::/8");
  wrong("10.1.0.0/8", "is not where that network starts: 10.0.0.0/8");
  wrong("fd00::1/8", "is not where that network starts: fd00::/8");
  refuses(
    ["api_networks = 10.0.0.0/33"],
    `${at}:2: api_networks: "10.0.0.0/33": "33" is not a whole number between 0 and 32`,
  );
  refuses(["api_networks ="], `${at}:2: api_networks: it has no value`);
});

Deno.test("wrong values are named with file and line", () => {
  const at = "conf/node.ini:2:";
  refuses(["p2p_address = 1.2.3.4"], `${at} p2p_address: "1.2.3.4" has no port`);
  refuses(["p2p_address ="], `${at} p2p_address: it has no value`);
  refuses(["persist = on"], `${at} persist: "on" is not one of values, contacts, off`);
  refuses(["log_level = loud"], `${at} log_level: "loud" is not one of debug, info, warn, error`);
  for (const key of ["allow_remote_api", "allow_remote_http"]) {
    refuses([`${key} = 1`], `${at} ${key}: "1" is neither true nor false`);
  }
  refuses(["bootstrapper = 1.2.3.4:1,,"], `${at} bootstrapper: "1.2.3.4:1,," has an empty part`);
  refuses(
    ["bootstrapper = 1.2.3.4:1"],
    `${at} bootstrapper: 1 bootstrapper and 0 of bootstrapper_cert: ` +
      "each bootstrapper needs its certificate",
  );
  refuses(
    ["bootstrapper_cert = a, b", "bootstrapper = 1.2.3.4:1"],
    `${at} bootstrapper_cert: 1 bootstrapper and 2 of bootstrapper_cert: ` +
      "each bootstrapper needs its certificate",
  );
  refuses(
    ["bootstrapper = 0.0.0.0:1", "bootstrapper_cert = a"],
    `${at} bootstrapper: 0.0.0.0:1 is not an address to connect to: it is a wildcard`,
  );
  refuses(["p2p_adress = 1"], `${at} unknown key "p2p_adress" (did you mean "p2p_address"?)`);
  refuses(["colour = red"], `${at} unknown key "colour"`);
  refuses(["ttl_max = 1", "ttl_max = 2"], "conf/node.ini:3: ttl_max is already set in line 2");
  refuses(["protocolError"], `${at} "protocolError" is not a setting: write key = value`);
});

Deno.test("numbers are whole and in their range", () => {
  const ranges: [Key, number, number][] = [
    ["prefix_length", 1, 8],
    ["bucket_size", 1, 128],
    ["parallelism", 1, 64],
    ["replication", 1, 128],
    ["ttl_max", 1, 4_233_600],
    ["ttl_min", 0, 4_233_600],
    ["republish_interval", 1, 86_400],
    ["leave_limit", 0, 3_600],
    ["certificate_kept", 0, 604_800],
    ["proof_of_work_bits", 0, 24],
  ];
  for (const [key, min, max] of ranges) {
    const rooms = { replication: "bucket_size = 128", ttl_min: "ttl_max = 4233600" };
    const room = (rooms as { [key in Key]?: string })[key] ?? "";
    for (const right of [min, max]) read(room, `${key} = ${right}`);
    for (const wrong of [min - 1, max + 1, "x", "1.5", "1e1", "+1", "0x1", "1 2"]) {
      refuses(
        [`${key} = ${wrong}`],
        `conf/node.ini:2: ${key}: "${wrong}" is not a whole number between ${min} and ${max}`,
      );
    }
  }
});

Deno.test("no life is shorter than ttl_min through the module API, unless ttl_max is", () => {
  assertEquals(read("").apiTtlMinMs, 60_000);
  assertEquals(read("ttl_min = 0").apiTtlMinMs, 0);
  assertEquals(read("ttl_max = 7").apiTtlMinMs, 7_000);
  refuses(["ttl_min = 8", "ttl_max = 7"], "conf/node.ini:2: ttl_min: 8 is more than ttl_max, 7");
});

Deno.test("an API that is open to other machines has to be meant", () => {
  const error = assertThrows(() => read("api_address = 0.0.0.0:1"), UsageError);
  assertEquals(error.message.includes("--allow-remote-api"), true);
  read("api_address = 127.8.8.8:1");
  read("api_address = [::1]:1");
});

Deno.test("HTTP is there without a file, and off with one that does not set it", () => {
  const options = readStartOptions(new Settings(new Map()));
  assertEquals(formatAddress(options.httpAddress!), "127.0.0.1:7403");
  assertEquals(options.httpPortMayDiffer, true);
  assertEquals(read("http_address = off").httpAddress, null);
  assertEquals(formatAddress(read("http_address = [::1]:0").httpAddress!), "[::1]:0");
  const error = assertThrows(() => read("http_address = 0.0.0.0:1"), UsageError);
  assertEquals(error.message.includes("--allow-remote-http"), true);
});

Deno.test("an invite that is damaged, or for another address, is named", () => {
  const at = "conf/node.ini:2: join:";
  refuses(["join = hello"], `${at} an invite begins with voidkad://`);
  refuses(
    [`join = ${INVITE.replace("127.0.0.1", "127.0.0.2")}`],
    `${at} the invite's certificate does not name 127.0.0.2 (7f000002.invalid)`,
  );
  const error = assertThrows(() => read(`join = ${INVITE.slice(0, -9)}`), UsageError);
  assertEquals(/: join: the invite's certificate (has|is not)/.test(error.message), true);
});

Deno.test("a node that listens on all addresses has to say where it is", () => {
  const error = assertThrows(() => read("p2p_address = 0.0.0.0:1"), UsageError);
  assertEquals(error.message.includes("--public-address"), true);
});

Deno.test("an address at which no peer can reach a node is refused, with the reason", () => {
  for (
    const [address, why] of [
      ["255.255.255.255", "is the broadcast address"],
      ["224.0.0.1", "is a multicast address"],
      ["239.255.255.255", "is a multicast address"],
      ["240.0.0.1", "is of 240.0.0.0/4, which is reserved"],
      ["0.0.0.1", "is of 0.0.0.0/8, no host's"],
      ["[ff02::1]", "is a multicast address"],
      ["[fe80::1]", "is link-local, and says nothing without an interface"],
    ]
  ) {
    const end = `${address}:1 is not an address that peers can connect to: it ${why}`;
    refuses([`public_address = ${address}:1`], `conf/node.ini:2: public_address: ${end}`);
    refuses([`p2p_address = ${address}:1`], `conf/node.ini:2: p2p_address: ${end}`);
  }
  for (const address of ["0.0.0.0", "[::]"]) {
    const end = `${address}:1 is not an address that peers can connect to: it is a wildcard`;
    refuses([`public_address = ${address}:1`], `conf/node.ini:2: public_address: ${end}`);
  }
  for (const address of ["223.255.255.255", "169.254.1.1", "[fd00::1]", "[2001:db8::1]"]) {
    read(`public_address = ${address}:1`);
  }
});

Deno.test("a file without the section is an error", () => {
  const error = assertThrows(() => parseConfig("[gossip]\na = 1", "node.ini"), UsageError);
  assertEquals(error.message, 'Cannot use config "node.ini": no section [dht]');
});

Deno.test("a client needs a port to go to", async () => {
  const flags = (name: string) => new Map([[name, "127.0.0.1:0"]]);
  const api = await assertRejects(() => readNodeAddresses(flags("api-address")), UsageError);
  assertEquals(api.message, "--api-address: port 0 is not the port of a node");
  const http = await assertRejects(() => readHttpAddress(flags("http-address")), UsageError);
  assertEquals(http.message, "--http-address: port 0 is not the port of a node");
});

Deno.test("the help names every key with its flag", () => {
  const [overview, usage] = [formatOverview(COMMANDS, START), formatUsage(START)];
  for (const key of KEYS) {
    const flag = new RegExp(`^ +(-c, )?--${key.replaceAll("_", "-")}( |$)`, "m");
    assertEquals(flag.test(overview), true, key);
    assertEquals(flag.test(usage), true, key);
  }
});

Deno.test("any values of any keys give options or a usage error that names the line", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.integer({ min: -2, max: 200 }).map(String),
    fc.constantFrom("true", "1.2.3.4:5", "[::1]:0", "0.0.0.0:1", "a.pem", ""),
  ).filter((text) => !/[\r\n"]/.test(text));
  const lines = fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), texts), {
    selector: ([key]) => key,
  });
  checkProperty(
    fc.property(lines, (list) => {
      try {
        const { node } = read(...list.map(([key, text]) => `${key} = "${text}"`));
        assertEquals(node.replication <= node.bucketSize, true);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        assertEquals(/^(conf\/node\.ini:\d+|--[a-z-]+): /.test(error.message), true, error.message);
      }
    }),
    2_000,
  );
});
