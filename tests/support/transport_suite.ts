/**
 * What every transport promises, as tests: run against TLS and against the simulator.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Contact } from "../../lib/core/kademlia/contact.ts";
import { VALUE_BYTES_MAX } from "../../lib/core/limits.ts";
import type { SentValue } from "../../lib/core/value.ts";
import type { PeerAnswer, PeerRequest } from "../../lib/core/wire/messages.ts";
import type { Origin, RequestFailure, Transport, TransportHandler } from "../../lib/node/ports.ts";
import { keyOf, patterned } from "./values.ts";
import { pingOf, pongAt } from "./pings.ts";

/** One end of the network under test. */
export interface End {
  readonly transport: Transport;
  readonly contact: Contact;
}

/** A network to open ends in. Its time passes while {@linkcode TransportBench.settle} waits. */
export interface TransportBench extends AsyncDisposable {
  open(): Promise<End>;
  /** A contact at whose address nobody listens. */
  nobody(): Contact;
  /** The contact at the address of another, under another certificate. */
  impostor(contact: Contact): Promise<Contact>;
  settle<T>(promise: Promise<T>): Promise<T>;
  /** The time by the clock of the ends. */
  now(): number;
}

type Outcome = { readonly answer: PeerAnswer | null; readonly failure: RequestFailure | null };
type Responder = TransportHandler["onRequest"];

const key = keyOf("key");
const value: SentValue = {
  key,
  value: patterned(VALUE_BYTES_MAX),
  cachedUntil: 0,
  expiresAt: 2 ** 52 + 4_000_000_000,
  replication: 255,
  stamp: 2 ** 52,
  nonce: keyOf("nonce"),
};

function find(amount: number): PeerRequest {
  return { type: "findNode", key, amount };
}

function ask({ transport }: End, to: End | { contact: Contact }, request: PeerRequest) {
  return new Promise<Outcome>((resolve) => {
    transport.request(to.contact, request, (answer, failure) => resolve({ answer, failure }));
  });
}

const PONG = pongAt(1);

/** Answers each kind of request: a STORE as `newerHeld`, FIND NODE without contacts. */
const respond: Responder = (request, _origin, answer) => {
  if (request.type === "ping") answer(PONG);
  else if (request.type === "store") answer({ type: "stored", status: "newerHeld" });
  else if (request.type === "findValue") answer({ type: "foundValue", ...value });
  else {
    answer({ type: "foundNode", contacts: [] });
  }
};

function attach({ transport }: End, onRequest: Responder = respond): Contact[] {
  const connected: Contact[] = [];
  transport.attach({ onRequest, onConnected: (contact) => void connected.push(contact) });
  return connected;
}

/** Registers the tests for one kind of transport. */
export function testTransport(name: string, makeBench: () => Promise<TransportBench>): void {
  const promise = (
    what: string,
    test: (bench: TransportBench, a: End, b: End) => Promise<void>,
  ): void => {
    Deno.test(`${name}: ${what}`, async () => {
      await using bench = await makeBench();
      const [a, b] = [await bench.open(), await bench.open()];
      await test(bench, a, b);
      await bench.settle(Promise.all([a.transport.close(), b.transport.close()]));
    });
  };

  promise("each kind of request gets its kind of answer", async (bench, a, b) => {
    attach(a);
    attach(b);
    const ping: PeerRequest = pingOf(a.contact);
    const outcomes = await bench.settle(Promise.all([
      ask(a, b, ping),
      ask(a, b, { type: "store", ...value }),
      ask(a, b, find(20)),
      ask(a, b, { type: "findValue", key, amount: 20 }),
    ]));
    assertEquals(outcomes.map(({ answer }) => answer), [
      PONG,
      { type: "stored", status: "newerHeld" },
      { type: "foundNode", contacts: [] },
      { type: "foundValue", ...value },
    ]);
  });

  promise("a request arrives as it was sent, with the largest value", async (bench, a, b) => {
    const heard: PeerRequest[] = [];
    attach(a);
    attach(b, (request, origin, answer) => {
      heard.push(structuredClone(request)); // its bytes are those of the frame
      respond(request, origin, answer);
    });
    // The first one waits for the connection, and less would be left of the TTL of a value.
    const requests: PeerRequest[] = [
      pingOf(a.contact),
      { type: "store", ...value },
      { type: "findValue", key, amount: 0 },
    ];
    for (const request of requests) await bench.settle(ask(a, b, request));
    const byName = (of: PeerRequest[]) => of.toSorted((x, y) => x.type < y.type ? -1 : 1);
    assertEquals(byName(heard), byName(requests));
  });

  promise(
    "many requests in flight all get their own answers, in any order",
    async (bench, a, b) => {
      const later: (() => void)[] = [];
      attach(a);
      attach(b, (request, _origin, answer) => {
        if (request.type !== "store") return;
        const { stamp } = request;
        later.push(() => answer({ type: "stored", status: stamp % 2 === 0 ? "stored" : "full" }));
        if (later.length === 500) { for (const give of later.toReversed()) give(); }
      });
      const outcomes = await bench.settle(Promise.all(
        Array.from(
          { length: 500 },
          (_, i) => ask(a, b, { type: "store", ...value, value: patterned(1), stamp: i }),
        ),
      ));
      outcomes.forEach(({ answer }, i) => {
        assertEquals(answer, { type: "stored", status: i % 2 === 0 ? "stored" : "full" });
      });
    },
  );

  promise("both ends may ask at the same time", async (bench, a, b) => {
    attach(a);
    attach(b);
    const asks = Array.from({ length: 50 }, () => [ask(a, b, find(1)), ask(b, a, find(1))]);
    const outcomes = await bench.settle(Promise.all(asks.flat()));
    assert(outcomes.every(({ answer }) => answer?.type === "foundNode"));
  });

  promise("a cancelled request is not answered, and disturbs no other", async (bench, a, b) => {
    attach(a);
    attach(b);
    const answered: number[] = [];
    for (let i = 0; i < 10; i++) {
      const sent = a.transport.request(b.contact, find(i), () => answered.push(i));
      if (i % 2 === 0) sent.cancel();
    }
    await bench.settle(ask(a, b, find(99)));
    assertEquals(answered, [1, 3, 5, 7, 9]);
    const sent = a.transport.request(b.contact, find(0), () => answered.push(0));
    const last = ask(a, b, find(1));
    sent.cancel();
    sent.cancel();
    await bench.settle(last);
    assertEquals(answered.length, 5);
  });

  promise("no callback is called before the request has been made", async (bench, a, b) => {
    attach(a);
    attach(b);
    const impostor = await bench.impostor(b.contact);
    for (const contact of [b.contact, bench.nobody(), impostor]) {
      let made = false;
      await bench.settle(
        new Promise<void>((resolve) => {
          a.transport.request(contact, find(1), () => {
            assert(made);
            resolve();
          });
          made = true;
        }),
      );
    }
  });

  promise("a contact where nobody listens is unreachable", async (bench, a) => {
    attach(a);
    const { answer, failure } = await bench.settle(ask(a, { contact: bench.nobody() }, find(1)));
    assertEquals([answer, failure], [null, "unreachable"]);
  });

  promise("a contact with another certificate than its own is untrusted", async (bench, a, b) => {
    attach(a);
    attach(b);
    const impostor = { contact: await bench.impostor(b.contact) };
    assertEquals((await bench.settle(ask(a, impostor, find(1)))).failure, "untrusted");
    assertEquals((await bench.settle(ask(a, b, find(1)))).failure, null);
  });

  promise("a connection is announced once, to the side that dialled", async (bench, a, b) => {
    const connected = attach(a);
    const connectedB = attach(b);
    assert(!a.transport.isConnected(b.contact));
    await bench.settle(Promise.all([ask(a, b, find(1)), ask(a, b, find(2))]));
    await bench.settle(ask(a, b, find(3)));
    assert(a.transport.isConnected(b.contact));
    assert(!b.transport.isConnected(a.contact));
    assertEquals(connected, [b.contact]);
    assertEquals(connectedB, []);
  });

  promise("what waits on a connection that is dead is sent on a new one", async (bench, a, b) => {
    const connected = attach(a);
    const origins: Origin[] = [];
    const heardAll = Promise.withResolvers<void>();
    attach(b, (request, origin, answer) => {
      origins.push(origin);
      if (origins.length === 3) heardAll.resolve();
      if (origin !== origins[0]) respond(request, origin, answer);
    });
    const answered: string[] = [];
    const waiting = [1, 2].map((amount) =>
      ask(a, b, find(amount)).then(() => void answered.push(`${amount}`))
    );
    const cancelled = a.transport.request(b.contact, find(3), () => answered.push("cancelled"));
    await bench.settle(heardAll.promise);
    cancelled.cancel();
    a.transport.suspect(b.contact, -Infinity);
    assert(a.transport.isConnected(b.contact), "it was not open then");
    a.transport.suspect(b.contact, Infinity);
    assert(!a.transport.isConnected(b.contact));
    await bench.settle(Promise.all(waiting));
    assertEquals(answered, ["1", "2"]);
    assertEquals([origins.length, new Set(origins).size], [5, 2]);
    assertEquals(connected, [b.contact, b.contact]);
  });

  promise("a connection on which something has come is not dead", async (bench, a, b) => {
    attach(a);
    const origins = new Set<Origin>();
    attach(b, (request, origin, answer) => {
      origins.add(origin);
      respond(request, origin, answer);
    });
    await bench.settle(ask(a, b, find(1)));
    const since = bench.now();
    await bench.settle(ask(a, b, find(2)));
    a.transport.suspect(b.contact, since);
    assert(a.transport.isConnected(b.contact));
    await bench.settle(ask(a, b, find(3)));
    assertEquals(origins.size, 1);
  });

  promise("all requests of a connection have one origin, and its IP", async (bench, a, b) => {
    const origins = new Set<Origin>();
    attach(a);
    attach(b, (request, origin, answer) => {
      origins.add(origin);
      respond(request, origin, answer);
    });
    for (let i = 0; i < 3; i++) await bench.settle(ask(a, b, find(i)));
    const [origin] = origins;
    assertEquals(origins.size, 1);
    assertEquals(origin!.address.hostname, a.contact.address.hostname);
    assertEquals([origin!.contact, origin!.reachability], [null, "untried"]);
  });

  promise("who has left is unreachable", async (bench, a, b) => {
    attach(a);
    attach(b);
    await bench.settle(ask(a, b, find(1)));
    await bench.settle(b.transport.close());
    assertEquals((await bench.settle(ask(a, b, find(2)))).failure, "unreachable");
  });

  promise(
    "closing fails what is under way, and closing again does nothing",
    async (bench, a, b) => {
      attach(a);
      attach(b, () => {});
      const warm = ask(a, b, find(1));
      const cold = ask(a, { contact: bench.nobody() }, find(1));
      const closing = [a.transport.close(), a.transport.close()];
      const after = ask(a, b, find(2));
      await bench.settle(Promise.all(closing));
      const outcomes = await bench.settle(Promise.all([warm, cold, after]));
      assertEquals(outcomes.map(({ failure }) => failure), ["closed", "closed", "closed"]);
      await bench.settle(a.transport.close());
    },
  );

  promise("a request made again when closing fails it fails as closed too", async (bench, a, b) => {
    attach(a);
    attach(b, () => {});
    const failures: (RequestFailure | null)[] = [];
    const gaveUp = new Promise<void>((resolve) => {
      const persist = (left: number) =>
        a.transport.request(b.contact, find(left), (_, failure) => {
          failures.push(failure);
          if (left > 0) persist(left - 1);
          else resolve();
        });
      persist(50);
    });
    await bench.settle(a.transport.close());
    await bench.settle(gaveUp);
    assertEquals(new Set(failures), new Set(["closed"]));
    assertEquals(failures.length, 51);
  });
}
