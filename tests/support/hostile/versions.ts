/**
 * Versions as a stranger reads and stores them: with no node, over a connection of his own.
 *
 * @module
 */

import type { Contact } from "../../../lib/core/kademlia/contact.ts";
import type { NodeId } from "../../../lib/core/kademlia/node_id.ts";
import type { Replica } from "../../../lib/core/value.ts";
import { findBody, join, peerFrame, uint } from "../frames.ts";
import { RawConnection } from "../raw_connection.ts";

/** What STORE and FOUND VALUE say of a version before the nonce: as a replica, or cached until a time. */
function claimsOf({ stamp, expiresAt, replication }: Replica, cachedUntil: number): Uint8Array {
  return join(uint(cachedUntil, 8), uint(stamp, 8), uint(expiresAt - stamp, 4), replication);
}

/** Stores a version on a node; the status that it answers with. */
export async function storeOn(node: Contact, replica: Replica, cachedUntil = 0): Promise<number> {
  using peer = await RawConnection.toPeer(node.address.port);
  const { nonce, key, value } = replica;
  await peer.write(peerFrame(661, 1, join(claimsOf(replica, cachedUntil), nonce, key, value)));
  const answer = await peer.next();
  if (answer?.type !== 671) throw new Error(`a STORE is answered by ${answer?.type}`);
  return answer.body[0]!;
}

/** The version that a node gives; null if it gives none. */
export async function readFrom(node: Contact, key: NodeId): Promise<Replica | null> {
  using peer = await RawConnection.toPeer(node.address.port);
  await peer.write(peerFrame(663, 1, findBody(key)));
  const answer = await peer.next();
  if (answer?.type !== 673) return null;
  const { body } = answer;
  const view = new DataView(body.buffer, body.byteOffset);
  const stamp = Number(view.getBigUint64(8));
  const times = { stamp, expiresAt: stamp + view.getUint32(16) };
  return {
    key,
    ...times,
    replication: body[20]!,
    nonce: body.slice(21, 53),
    value: body.slice(53),
  };
}

/** The FOUND VALUE of a version. */
export function foundFrame(id: number, replica: Replica): Uint8Array<ArrayBuffer> {
  return peerFrame(673, id, join(claimsOf(replica, 0), replica.nonce, replica.value));
}
