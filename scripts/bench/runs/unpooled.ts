/**
 * What it would cost to open a connection for each request: takes a node's pool of connections away.
 *
 * @module
 */

import { ContactCache } from "../../../lib/core/kademlia/contact_cache.ts";
import { Handshakes } from "../../../lib/net/tls/handshake.ts";
import { OutboundConnection } from "../../../lib/net/tls/outbound_connection.ts";
import type { RunningNode } from "../../../lib/net/serve.ts";
import { sha256 } from "../../../lib/hash/sha256.ts";
import { SystemClock } from "../../../lib/net/system.ts";

/**
 * From here on, each request of this node opens a connection of its own and closes it when answered.
 *
 * A PING still takes the kept connection: it introduces the sender once per connection and is then returned
 * by the receiver, so that without kept connections two nodes would go on introducing themselves for ever.
 */
export function closeAfterEachRequest({ transport }: RunningNode): void {
  const clock = new SystemClock();
  const contacts = new ContactCache(sha256);
  const handshakes = new Handshakes(clock);
  const log = () => {};
  const pooled = transport.request.bind(transport);
  transport.isConnected = () => false;
  transport.request = (contact, request, onAnswer) => {
    if (request.type === "ping") return pooled(contact, request, onAnswer);
    const connection = new OutboundConnection(contact, {
      clock,
      contacts,
      log,
      onClosed: () => {},
    });
    const sent = connection.request(request, (answer, failure) => {
      connection.close("closed");
      onAnswer(answer, failure);
    });
    void handshakes.dial(contact).then((dialled) => {
      if ("failure" in dialled) return connection.close(dialled.failure);
      transport.counts.handshakesOut++;
      if (connection.closed) dialled.close();
      else void connection.open(dialled);
    });
    return {
      cancel: () => {
        sent.cancel();
        connection.close("closed");
      },
    };
  };
}
