/**
 * Members without the network key: how they are let in, what they can do, and how they are shut out.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Address, makeAddress } from "../../lib/core/kademlia/address.ts";
import { makeContact } from "../../lib/core/kademlia/contact.ts";
import { sha256 } from "../../lib/hash/sha256.ts";
import { Credentials, type NetworkRecords } from "../../lib/identity/credentials.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { type Ban, type NetworkKeys, publicKeyOf } from "../../lib/identity/network.ts";
import { makeNetworkKey } from "../../lib/identity/network_key.ts";

const [KEY, NEXT_KEY] = [makeNetworkKey(), makeNetworkKey()];
const TOKEN = new Uint8Array(16).fill(7);
const INVITED = [{ publicKey: publicKeyOf(KEY), signature: null, token: TOKEN }];

const certificates = await Promise.all([1, 2, 3, 4].map((n) => makeCertificate(`192.0.2.${n}`)));

/** Nodes of one test. */
class Party {
  keys: NetworkKeys;
  bans: readonly Ban[] = [];
  readonly #at: number;
  /** Members that have used the token. */
  readonly used = new Set<string>();
  credentials: Credentials;
  told = 0;

  constructor(
    at: number,
    keys: NetworkKeys,
    bans: readonly Ban[] = [],
    port = 7402,
    address = makeAddress(`192.0.2.${at + 1}`, port),
  ) {
    this.#at = at;
    this.keys = keys;
    this.bans = bans;
    this.credentials = this.#make(address);
  }

  get contact() {
    return this.credentials.self!;
  }

  /** The next process of the same node, at any port. */
  restart(port = 7402, keys = this.keys): Party {
    return new Party(this.#at, keys, this.bans, port);
  }

  #make(address: Address): Credentials {
    const { der, keyPem } = certificates[this.#at]!;
    const contact = makeContact(address, der, sha256);
    const records: NetworkRecords = {
      bans: this.bans,
      redeem: (token, member) => {
        assertEquals(token, TOKEN);
        this.used.add(member.join());
        return this.used.size === 1;
      },
      onKeys: (keys) => this.keys = keys,
      onBans: (bans) => this.bans = bans,
    };
    const credentials = new Credentials({ contact, keyPem }, this.keys, records);
    credentials.onBan = () => this.told++;
    return credentials;
  }
}

/** What becomes of a connection: what each side thinks of the other. */
function connect(dialler: Party, listener: Party) {
  const [asks, answers] = [dialler.credentials, listener.credentials];
  const first = asks.hello("dialler", listener.contact);
  const refused = answers.judge("dialler", first);
  if (refused) return refused;
  const second = answers.hello("listener", dialler.contact);
  return asks.judgeContact(listener.contact, second) ?? "connected";
}

Deno.test("an invite for one node makes it a member that can talk to members, and let nobody in", () => {
  const [host, guest] = [new Party(0, [KEY]), new Party(1, INVITED)];
  assertEquals(connect(guest, host), "connected");
  assertEquals(guest.keys.map(publicKeyOf), [publicKeyOf(KEY)]);
  assert(!(guest.keys[0] instanceof Uint8Array), "the key stays with those who have it");
  const again = guest.restart();
  assertEquals(connect(again, host), "connected");
  assertEquals(connect(host, again), "connected");

  const late = new Party(2, INVITED);
  assertEquals(connect(late, host), "notMember", "the invite has been used");
  assertEquals(connect(late, again), "notMember", "a member without the key lets nobody in");
  assertEquals(connect(new Party(2, again.keys), host), "notMember", "a membership is of one node");
  assertEquals(connect(new Party(2, []), host), "notMember");
  assertEquals(connect(again, new Party(2, [NEXT_KEY])), "notMember");
  assertThrows(
    () => again.credentials.ban(host.contact.id, null),
    RangeError,
    "does not have the network",
  );
});

Deno.test("an invited node gets its membership though it has not heard of it the first time", () => {
  const [host, guest] = [new Party(0, [KEY]), new Party(1, INVITED)];
  assertEquals(
    host.credentials.judge("dialler", guest.credentials.hello("dialler", host.contact)),
    null,
  );
  assertEquals(connect(guest, host), "connected");
  assert(!(guest.keys[0] instanceof Uint8Array) && guest.keys[0]!.signature);
});

Deno.test("who is shut out stays out, at another address and of nodes that are told by others", () => {
  const [host, guest, other] = [new Party(0, [KEY]), new Party(1, INVITED), new Party(2, INVITED)];
  const second = new Party(3, [KEY]);
  connect(guest, host);
  host.used.clear();
  connect(other, host);
  const [member, bad] = [other.restart(), guest.restart()];
  assertEquals([connect(bad, host), connect(bad, member)], ["connected", "connected"]);
  host.credentials.ban(bad.contact.id, null);
  assertEquals([connect(bad, host), connect(host, bad)], ["banned", "banned"]);
  assertEquals(connect(bad, member), "connected", "it has not heard of it");
  assertEquals(connect(host, member), "connected");
  assertEquals([connect(bad, member), connect(second, member)], ["banned", "connected"]);
  assertEquals(connect(bad, second), "banned", "a member without the key has told it");
  assertEquals([host.told, member.told, second.told], [1, 1, 1]);
  assertEquals(connect(second, host), "connected");
  assertEquals([host.told, second.told], [1, 1], "each is told once");
  for (const party of [host, member, second]) {
    assertEquals(connect(bad.restart(9_999), party.restart()), "banned", "after a restart");
  }
  const invited = bad.restart(7402, INVITED);
  host.used.clear();
  assertEquals(connect(invited, host), "banned", "another invite changes nothing");
});

Deno.test("who has the key itself cannot be shut out, nor one that nobody knows", () => {
  const [host, other] = [new Party(0, [KEY]), new Party(3, [KEY])];
  assertThrows(
    () => host.credentials.ban(other.contact.id, null),
    RangeError,
    "has been connected with",
  );
  connect(other, host);
  assertThrows(
    () => host.credentials.ban(other.contact.id, null),
    RangeError,
    "has the network key itself",
  );
});

Deno.test("a member does not forge a ban, nor a membership", () => {
  const [host, guest] = [new Party(0, [KEY]), new Party(1, INVITED)];
  connect(guest, host);
  const member = guest.restart();
  const hello = member.credentials.hello("dialler", host.contact);
  const signature = new Uint8Array(64).fill(1);
  const ban = { type: "ban", member: new Uint8Array(32), signature } as const;
  assertEquals(
    host.credentials.judge("dialler", { ...hello, statements: [...hello.statements, ban] }),
    null,
  );
  assertEquals([host.bans, host.told], [[], 0]);
  const grant = { type: "grant", publicKey: publicKeyOf(NEXT_KEY), signature } as const;
  const answer = host.credentials.hello("listener", member.contact);
  const statements = [...answer.statements, grant];
  assertEquals(member.credentials.judge("listener", { ...answer, statements }), null);
  assertEquals(member.restart().keys.length, 1);
});

Deno.test("when the key is changed, members without it are members under the next one by themselves", () => {
  const [host, guest, bad] = [new Party(0, [KEY]), new Party(1, INVITED), new Party(2, INVITED)];
  connect(guest, host);
  host.used.clear();
  connect(bad, host);
  const shutOut = bad.restart();
  connect(shutOut, host);
  host.credentials.ban(shutOut.contact.id, null);
  const rotated = host.restart(7402, [NEXT_KEY, KEY]);
  const member = guest.restart();
  assertEquals(connect(member, rotated), "connected");
  assertEquals(member.keys.map(publicKeyOf), [NEXT_KEY, KEY].map(publicKeyOf));
  assertEquals(connect(member, rotated), "connected");
  assertEquals(rotated.credentials.keyChange([member.contact])!.have, [member.contact]);
  assertEquals(connect(shutOut, rotated), "banned");
  const finished = host.restart(7402, [NEXT_KEY]);
  assertEquals(connect(member.restart(), finished), "connected");
  assertEquals(connect(shutOut, finished), "notMember");
});

Deno.test("an invited node that is dialled back before it has its membership gets it then", () => {
  const [host, guest] = [new Party(0, [KEY]), new Party(1, INVITED)];
  const first = guest.credentials.hello("dialler", host.contact);
  assertEquals(host.credentials.judge("dialler", first), null);
  assertEquals(connect(host, guest), "connected");
});

Deno.test("who claims the address of another is not shut out in its place, nor it in his", () => {
  const [host, guest, other] = [new Party(0, [KEY]), new Party(1, INVITED), new Party(2, INVITED)];
  connect(guest, host);
  host.used.clear();
  connect(other, host);
  const member = guest.restart();
  connect(member, host);
  const liar = new Party(2, other.keys, [], 7402, member.contact.address);
  assertEquals(connect(liar, host), "connected", "a HELLO says nothing of addresses");
  assertEquals(liar.contact.id, member.contact.id);
  host.credentials.ban(member.contact.id, member.contact);
  assertEquals([connect(member, host), connect(liar, host)], ["banned", "connected"]);
});
