/**
 * Routing tables as joining fills them, without a single message: for networks too large to let each
 * node join.
 *
 * Nodes are taken in one after another, as they would join. A newcomer asks for its own neighbourhood and
 * for its own id with one bit flipped, bit by bit, and so learns of a bucketful of nodes in each half of
 * the id space that its lookups go through, all of them older than itself. Those in whose neighbourhood
 * it stands learn of it.
 *
 * @module
 */

import type { Contact } from "../core/kademlia/contact.ts";
import { bitsAt, flipBit, type NodeId } from "../core/kademlia/node_id.ts";
import type { Node } from "../node/node.ts";
import type { Random } from "../node/ports.ts";
import type { World } from "./world.ts";

/** Nodes that are not worth telling apart. */
const LEAF_NODES = 4;

/** Adds nodes to an empty world whose tables are as if all had joined one after another. */
export function seedNodes(world: World, count: number, onNode: () => void = () => {}): void {
  const root = new Subtree(0);
  for (let i = 0; i < count; i++) {
    const { node } = world.add({ joins: false });
    introduce(node, root, world);
    root.add(node);
    onNode();
  }
}

/** Lets a newcomer and those in the tree learn of each other, half by half from the whole id space down. */
function introduce(newcomer: Node, root: Subtree, { random }: World): void {
  const { bucketSize } = newcomer.options;
  const { id, self } = newcomer;
  let tree = root;
  for (; !tree.nodes; tree = tree.half(id)) {
    const [own, other] = [tree.half(id), tree.half(flipBit(id, tree.depth))];
    for (const contact of learn(newcomer, other, random)) newcomer.learn(contact);
    if (own.size >= bucketSize) continue;
    for (const node of other.collect(id, Infinity, [])) node.learn(self);
  }
  for (const node of tree.nodes) {
    newcomer.learn(node.self);
    node.learn(self);
  }
}

/**
 * What a newcomer learns of a half: those closest to the id that it looks up there, up to a bucketful,
 * and some that it met on the way; more of these if the half has several buckets to keep them in.
 */
function learn({ id, options }: Node, half: Subtree, random: Random): Set<Contact> {
  const { bucketSize, prefixLength } = options;
  const bitsLeft = prefixLength - 1 - (half.depth - 1) % prefixLength;
  const met = 1 + bitsLeft;
  const count = bitsLeft === 0 ? bucketSize : bucketSize + 2 * met;
  const known = new Set<Contact>();
  for (let i = 0; half.size > count && i < met; i++) known.add(half.pick(random).self);
  for (const { self } of half.collect(id, count, [])) {
    if (known.size < count) known.add(self);
  }
  return known;
}

/** The nodes whose ids share a prefix. */
class Subtree {
  /** Null if there are halves. */
  nodes: Node[] | null = [];
  halves: [Subtree, Subtree] | null = null;
  size = 0;

  constructor(readonly depth: number) {}

  /** The half that an id belongs to, once there are two. */
  half(id: NodeId): Subtree {
    return this.halves![bitsAt(id, this.depth, 1) as 0 | 1];
  }

  add(node: Node): void {
    this.size++;
    if (this.nodes && this.nodes.length < LEAF_NODES) {
      this.nodes.push(node);
      return;
    }
    if (this.nodes) this.#split(this.nodes);
    this.half(node.id).add(node);
  }

  /** Appends nodes until there are so many, those closest to an id first but for the order in leaves. */
  collect(id: NodeId, count: number, found: Node[]): Node[] {
    if (this.nodes) {
      for (const node of this.nodes) if (found.length < count) found.push(node);
      return found;
    }
    const own = bitsAt(id, this.depth, 1) as 0 | 1;
    this.halves![own].collect(id, count, found);
    if (found.length < count) this.halves![own ? 0 : 1].collect(id, count, found);
    return found;
  }

  /** One node at random. */
  pick(random: Random): Node {
    if (this.nodes) return this.nodes[Math.floor(random.next() * this.nodes.length)]!;
    const [low, high] = this.halves!;
    return (random.next() * this.size < low.size ? low : high).pick(random);
  }

  #split(nodes: readonly Node[]): void {
    this.nodes = null;
    this.halves = [new Subtree(this.depth + 1), new Subtree(this.depth + 1)];
    for (const node of nodes) this.half(node.id).add(node);
  }
}
