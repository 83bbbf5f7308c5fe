/**
 * A peer in one file, written from `docs/protocol.md` alone. It joins an open network, answers, keeps what is
 * stored on it, and finds what others keep; it leaves out what a peer need not do. Each line that it reads is a
 * request: `color blue` puts, `color` gets. Usage: deno run -A examples/minimal_peer.ts 127.0.0.1 7500 INVITE
 */
import "reflect-metadata";
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { Buffer } from "node:buffer";
import { createHash, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import tls, { type TLSSocket } from "node:tls";
const [ALPNProtocols, SIZES] = [["voidkad/8"], [65, 65, 17, 97, 97]]; // of statements in a HELLO
const [PING, STORE, FIND_NODE, FIND_VALUE, NUDGE] = [660, 661, 662, 663, 664];
const [GOING_AWAY, DIGEST, OFFER, DIFFERENT, WANTED] = [665, 666, 667, 676, 677];
const [HELLO, PONG, STORED, FOUND_VALUE, FOUND_NODE] = [668, 670, 671, 673, 674];
const [K, PARALLELISM, REQUESTS_MAX, WEAK, VALUE_BYTES_MAX] = [20, 3, 256, 2 ** 24, 65_495];
const [LIMIT_MS, AHEAD_MAX_MS, CACHED_MAX_MS] = [3_000, 300_000, 30_000];
type Contact = ReturnType<typeof readContact>;
type Value = { head: Buffer; bytes: Buffer; cachedUntil: number };
type Answer = { type: number; body: Buffer; contacts: Contact[] };
type Ask = (type: number, ...body: Buffer[]) => Promise<Answer | null>;
const sha256 = (...parts: Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
const uint = (n: number, len: number) => Buffer.from(n.toString(16).padStart(2 * len, "0"), "hex");
const [indices, now] = [(count: number) => [...Array(count).keys()], () => uint(Date.now(), 8)];
const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
const ipBytes = (host: string) => Buffer.from(host.split(".").map(Number));
const address = (host: string, port: number) => [uint(0xffff, 12), ipBytes(host), uint(port, 2)];
const serverName = (host: string) => `${ipBytes(host).toString("hex")}.invalid`;
const xor = (a: Buffer, b: Buffer) => Buffer.from(a.map((byte, i) => byte ^ b[i]!));
const closestFirst = (contacts: Iterable<Contact>, key: Buffer) =>
  [...contacts].sort((a, b) => Buffer.compare(xor(a.id, key), xor(b.id, key)));
const makeContact = (host: string, port: number, der: Buffer) =>
  readContact(Buffer.concat([...address(host, port), uint(0, 18), uint(der.length, 2), der]));
/** The contact whose record some bytes begin with. */
function readContact(bytes: Buffer) {
  const [port, length] = [bytes.readUInt16BE(16), bytes.readUInt16BE(36)];
  const record = Buffer.from(bytes.subarray(0, 38 + length));
  if (record.length < 38 + length || !length || length > 2_048 || !port) throw Error("malformed");
  const [host, id] = [record.subarray(12, 16).join("."), sha256(record.subarray(0, 18))];
  return { name: record.toString("hex"), id, host, port, certificate: record.subarray(38), record };
}
/** Reads stamp, lifetime, replication and nonce, all as `head`, and a value from an offset on. */
function readValue(body: Buffer, at: number): Value {
  if (body.length <= at || !body[20]) throw new Error("malformed value");
  const [head, bytes] = [Buffer.from(body.subarray(8, 53)), Buffer.from(body.subarray(at))];
  const cachedUntil = Math.min(Number(body.readBigUInt64BE()), Date.now() + CACHED_MAX_MS);
  return { head, bytes, cachedUntil };
}
const stampOf = ({ head }: Value) => Number(head.readBigUInt64BE());
const endOf = (v: Value) => Math.min(stampOf(v) + v.head.readUInt32BE(8), v.cachedUntil || 9e15);
const claimOf = (key: Buffer, it: Value) => sha256(key, it.head.subarray(0, 13), sha256(it.bytes));
const workOf = (claim: Buffer, it: Value) => sha256(it.head.subarray(13), claim).readUInt32BE();
const proofFault = (key: Buffer, it: Value, claim = claimOf(key, it)) =>
  it.head.compare(claim, 0, 8, 13, 21) ? 9 : Number(workOf(claim, it) >= WEAK);
const orderOf = ({ head, bytes }: Value) =>
  Buffer.concat([head.subarray(0, 8), sha256(bytes), head.subarray(8, 12), head.subarray(13)]);
function send(socket: TLSSocket, type: number, id: number, ...parts: Buffer[]): void {
  const body = Buffer.concat(parts);
  socket.write(Buffer.concat([uint(10 + body.length, 4), uint(type, 2), uint(id, 4), body]));
}
/** Calls `onFrame` with each frame until the connection ends; what it throws ends the connection. */
async function read(socket: TLSSocket, onFrame: (type: number, id: number, body: Buffer) => void) {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (let size = 0; bytes.length >= 4; bytes = bytes.subarray(size)) {
      size = bytes.readUInt32BE();
      if (size < 10 || size > 131_072) throw new Error("malformed size");
      if (bytes.length < size) break;
      onFrame(bytes.readUInt16BE(4), bytes.readUInt32BE(6), bytes.subarray(10, size));
    }
  }
}
export class MinimalPeer {
  readonly #values = new Map<string, Value>();
  readonly #contacts = new Map<string, Contact>();
  readonly #dialled = new Map<string, Promise<Ask | null>>();
  private constructor(readonly self: Contact, readonly key: string) {
    const terms = { cert: pem("CERTIFICATE", self.certificate), key, ALPNProtocols };
    tls.createServer(terms, (socket) => this.#talk(socket)).listen(self.port, self.host);
  }
  /** A peer with a new certificate, which listens at an IPv4 address. */
  static async listen(host: string, port: number): Promise<MinimalPeer> {
    const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
    const names = new SubjectAlternativeNameExtension([{ type: "dns", value: serverName(host) }]);
    const terms = { name: "CN=minimal peer", keys, signingAlgorithm, extensions: [names] };
    const { rawData } = await X509CertificateGenerator.createSelfSigned(terms);
    const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
    return new MinimalPeer(makeContact(host, port, Buffer.from(rawData)), pem("PRIVATE KEY", der));
  }
  async join(invite: string): Promise<void> {
    const [, host, port, text] = /^voidkad:\/\/([\d.]+):(\d+)\/([\w-]+)$/.exec(invite) ?? [];
    const node = makeContact(host!, Number(port), Buffer.from(text!, "base64url"));
    if (!await this.#ask(node, PING, now())) throw new Error("no answer");
    await this.#lookUp(this.self.id, FIND_NODE);
  }
  /** Stores a value on the closest nodes; returns how many hold it then. */
  async put(key: Buffer, bytes: Buffer, ttlMs = 3_600_000): Promise<number> {
    const head = Buffer.concat([now(), uint(ttlMs, 4), uint(K, 1), randomBytes(32)]);
    const [value, replica] = [{ head, bytes, cachedUntil: 0 }, uint(0, 8)];
    claimOf(key, value).copy(head, 13, 0, 8);
    for (let n = 0; proofFault(key, value); n++) head.writeUInt32BE(n, 41);
    const { closest } = await this.#lookUp(key, FIND_NODE);
    const statuses = closestFirst([this.self, ...closest], key).slice(0, K).map(async (contact) => {
      if (contact === this.self) return this.#store(key, value);
      return (await this.#ask(contact, STORE, replica, head, key, bytes))?.body[0];
    });
    return (await Promise.all(statuses)).filter((status) => status === 0).length;
  }
  get = async (key: Buffer): Promise<Buffer | null> =>
    (this.#held(key) ?? (await this.#lookUp(key, FIND_VALUE)).value)?.bytes ?? null;
  async #lookUp(key: Buffer, type: number): Promise<{ closest: Contact[]; value: Value | null }> {
    const seen = new Map([[this.self.name, this.self], ...this.#contacts]);
    const [asked, failed] = [new Set<Contact>(), new Set([this.self])];
    let value: Value | null = null;
    for (;;) {
      const closest = closestFirst(seen.values(), key).filter((it) => !failed.has(it)).slice(0, K);
      const next = closest.filter((it) => !asked.has(it)).slice(0, PARALLELISM);
      if (value || next.length === 0 || asked.size >= REQUESTS_MAX) return { closest, value };
      await Promise.all(next.map(async (contact) => {
        asked.add(contact);
        const answer = await this.#ask(contact, type, key, uint(K, 1));
        if (!answer) failed.add(contact);
        for (const it of answer?.contacts ?? []) if (!seen.has(it.name)) seen.set(it.name, it);
        if (answer?.type !== FOUND_VALUE || answer.body.length <= 53 || !answer.body[20]) return;
        const found = readValue(answer.body, 53);
        found.cachedUntil ||= Date.now() + CACHED_MAX_MS; // it is cached here
        if (this.#store(key, found) === 0) value = found;
      }));
    }
  }
  /** Asks a contact, on one connection for all requests, on which this peer introduces itself first. */
  async #ask(contact: Contact, type: number, ...body: Buffer[]): Promise<Answer | null> {
    const forget = () => this.#dialled.delete(contact.name);
    const fail = () => (forget(), this.#contacts.delete(contact.name), null);
    const ask = this.#dialled.get(contact.name) ?? this.#dial(contact, forget).catch(fail);
    this.#dialled.set(contact.name, ask);
    return await (await ask)?.(type, ...body) ?? null;
  }
  /** Who it is, signed for one peer alone; as dialler 0, as listener 1. */
  #hello(side: number, peer: Contact | null): Buffer {
    const [text, { record }] = [Buffer.from("voidkad HELLO"), this.self];
    const hashes = [sha256(record), peer ? sha256(peer.certificate) : uint(0, 32)];
    const digest = sha256(text, uint(side, 1), ...hashes);
    return Buffer.concat([uint(0, 1), record, sign("sha256", digest, this.key)]);
  }
  async #dial(contact: Contact, onEnd: () => void): Promise<Ask> {
    const [ca, servername] = [pem("CERTIFICATE", contact.certificate), serverName(contact.host)];
    const socket = tls.connect({ ...contact, ca, servername, ALPNProtocols }).setNoDelay();
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(LIMIT_MS) })
      .finally(() => socket.alpnProtocol === ALPNProtocols[0] || socket.destroy());
    const ask = this.#talk(socket, contact, onEnd);
    void ask(HELLO, this.#hello(0, contact));
    if (await ask(PING, now())) this.#contacts.set(contact.name, contact);
    return ask;
  }
  /** Answers a peer; returns how to ask it, if it was dialled, which gives null if no answer comes in time. */
  #talk(socket: TLSSocket, dialled: Contact | null = null, onEnd = () => {}): Ask {
    const pending = new Map<number, (answer: Answer | null) => void>();
    let [indices, nextId, isEnding, peer] = [Array<Contact>(), 0, false, dialled];
    const end = () => isEnding ||= (onEnd(), true); // the next request dials anew
    const settle = (id: number, answer: Answer | null) => {
      pending.get(id)?.(answer);
      pending.delete(id);
      if (isEnding) setTimeout(() => pending.size || socket.end()); // unless this leads to a request
    };
    if (socket.alpnProtocol !== ALPNProtocols[0]) socket.destroy();
    read(socket, (type, id, body) => {
      if (type === GOING_AWAY) return end(), settle(-1, null);
      if (type === HELLO && !dialled) {
        const at = Buffer.alloc(body[0]!).reduce((at) => at + SIZES[body[at]!]!, 1);
        if (body.length > at) peer = readContact(body.subarray(at));
        send(socket, HELLO, 0, this.#hello(1, peer));
        return void (peer?.host === socket.remoteAddress && this.#ask(peer!, PING, now()));
      }
      if (type < PONG && type !== HELLO) return this.#answer(socket, peer, type, id, body);
      const contacts: Contact[] = []; // of late answers too: they take indices
      for (let at = 1; type === FOUND_NODE && contacts.length < body.readUInt8();) {
        let index = body.readUInt8(at++);
        if (index === 255) {
          if (indices.length === 255) indices = [];
          index = indices.push(readContact(body.subarray(at))) - 1;
          at += indices[index]!.record.length;
        }
        if (!indices[index]) throw new Error("no contact has this index");
        contacts.push(indices[index]!);
      }
      settle(id, { type, body: Buffer.from(body), contacts });
    }).catch(() => {}).finally(() => (end(), pending.forEach((_, id) => settle(id, null))));
    return (type, ...body) =>
      new Promise((resolve) => {
        send(socket, type, nextId, ...body);
        pending.set(nextId, resolve);
        setTimeout(settle, LIMIT_MS, nextId++, null);
      });
  }
  #answer(socket: TLSSocket, peer: Contact | null, type: number, id: number, body: Buffer): void {
    if (type === PING) {
      const { remoteAddress: ip, remotePort: port } = socket;
      send(socket, PONG, id, now(), uint(0, 1), ...address(ip!, port!));
    } else if (type === STORE) {
      const status = this.#store(Buffer.from(body.subarray(53, 85)), readValue(body, 85));
      send(socket, STORED, id, uint(status, 1));
    } else if (type === FIND_NODE || type === FIND_VALUE) {
      const [key, amount] = [body.subarray(0, 32), body.readUInt8(32)];
      const it = type === FIND_VALUE && this.#held(key);
      if (it) return send(socket, FOUND_VALUE, id, uint(it.cachedUntil, 8), it.head, it.bytes);
      const near = closestFirst(this.#contacts.values(), key).slice(0, Math.min(amount, K));
      const inFull = near.flatMap(({ record }) => [uint(255, 1), record]);
      send(socket, FOUND_NODE, id, uint(near.length, 1), ...inFull);
    } else if (type === DIGEST) { // it says that it holds nothing, and is offered what it lacks
      const all = indices(peer ? body.readUInt8() : 0).flatMap((i) => [uint(i, 1), uint(0, 4)]);
      send(socket, DIFFERENT, id, uint(all.length / 2, 1), ...all);
    } else if (type === OFFER) {
      const p = 3 + Math.ceil(body.readUInt8() / 2);
      const all = indices(body.readUInt16BE(p - 2)).filter((i) => this.#lacks(body, p + 45 * i));
      send(socket, WANTED, id, uint(all.length, 2), ...all.map((i) => uint(i, 2)), uint(0, 4));
    } else if (type !== NUDGE) throw new Error("unknown type");
  }
  /** Keeps a value if it may be kept; returns the status. */
  #store(key: Buffer, value: Value): number {
    const [held, now, fault] = [this.#held(key), Date.now(), proofFault(key, value)];
    const order = held ? Buffer.compare(orderOf(value), orderOf(held)) : 1;
    if (value.bytes.length > VALUE_BYTES_MAX) return 3;
    if (fault) return fault;
    if (stampOf(value) > now + AHEAD_MAX_MS) return 7;
    if (endOf(value) <= now) return 6;
    if (order < 0) return 5;
    if (held && order > 0 && !held.cachedUntil) value.cachedUntil = 0; // it takes a replica's place
    if (order > 0 || !value.cachedUntil) this.#values.set(key.toString("hex"), value);
    return 0;
  }
  #lacks = (offer: Buffer, at: number, held = this.#held(offer.subarray(at, at + 32))): boolean =>
    !held || held.cachedUntil > 0 || stampOf(held) < Number(offer.readBigUInt64BE(at + 32));
  #held(key: Buffer, value = this.#values.get(key.toString("hex"))): Value | null {
    return value && endOf(value) > Date.now() ? value : null;
  }
}
if (import.meta.main) {
  const peer = await MinimalPeer.listen(Deno.args[0]!, Number(Deno.args[1]));
  await peer.join(Deno.args[2]!);
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [key, value] = line.trim().split(" ").map((word) => Buffer.from(word));
    console.log(String(await (value ? peer.put(sha256(key!), value) : peer.get(sha256(key!)))));
  }
  Deno.exit();
}
