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

import { bitsAt, flipBit, type NodeId } from "../core/kademlia/node_id.ts";
import type { Random } from "../node/ports.ts";
import type { SimNode } from "./sim_node.ts";
import type { World } from "./world.ts";

/** Nodes that are not worth telling apart. */
const LEAF_NODES = 4;

/** Adds nodes to an empty world whose tables are as if all had joined one after another. */
export function seedNodes(world: World, count: number, onNode: () => void = () => {}): void {
  const root = new Subtree(0);
  for (let i = 0; i < count; i++) {
    const sim = world.add({ joins: false });
    introduce(sim, root, world);
    root.add(sim);
    onNode();
  }
}

/** Lets a newcomer and those in the tree learn of each other, half by half from the whole id space down. */
function introduce(newcomer: SimNode, root: Subtree, { random }: World): void {
  const { id, options: { bucketSize } } = newcomer.node;
  let tree = root;
  for (; !tree.nodes; tree = tree.half(id)) {
    const [own, other] = [tree.half(id), tree.half(flipBit(id, tree.depth))];
    for (const older of learn(newcomer, other, random)) acquaint(newcomer, older);
    if (own.size >= bucketSize) continue;
    for (const older of other.collect(id, Infinity, [])) acquaint(older, newcomer);
  }
  for (const older of tree.nodes) {
    acquaint(newcomer, older);
    acquaint(older, newcomer);
  }
}

/** Lets a node learn of another, as an object of its own. */
function acquaint({ node, transport }: SimNode, other: SimNode): void {
  node.learn(transport.toContact(other.node.self.record));
}

/**
 * What a newcomer learns of a half: those closest to the id that it looks up there, up to a bucketful,
 * and some that it met on the way; more of these if the half has several buckets to keep them in.
 */
function learn({ node: { id, options } }: SimNode, half: Subtree, random: Random): Set<SimNode> {
  const { bucketSize, prefixLength } = options;
  const bitsLeft = prefixLength - 1 - (half.depth - 1) % prefixLength;
  const met = 1 + bitsLeft;
  const count = bitsLeft === 0 ? bucketSize : bucketSize + 2 * met;
  const known = new Set<SimNode>();
  for (let i = 0; half.size > count && i < met; i++) known.add(half.pick(random));
  for (const sim of half.collect(id, count, [])) {
    if (known.size < count) known.add(sim);
  }
  return known;
}

/** The nodes whose ids share a prefix. */
class Subtree {
  /** Null if there are halves. */
  nodes: SimNode[] | null = [];
  halves: [Subtree, Subtree] | null = null;
  size = 0;

  constructor(readonly depth: number) {}

  /** The half that an id belongs to, once there are two. */
  half(id: NodeId): Subtree {
    return this.halves![bitsAt(id, this.depth, 1) as 0 | 1];
  }

  add(sim: SimNode): void {
    this.size++;
    if (this.nodes && this.nodes.length < LEAF_NODES) {
      this.nodes.push(sim);
      return;
    }
    if (this.nodes) this.#split(this.nodes);
    this.half(sim.node.id).add(sim);
  }

  /** Appends nodes until there are so many, those closest to an id first but for the order in leaves. */
  collect(id: NodeId, count: number, found: SimNode[]): SimNode[] {
    if (this.nodes) {
      for (const sim of this.nodes) if (found.length < count) found.push(sim);
      return found;
    }
    const own = bitsAt(id, this.depth, 1) as 0 | 1;
    this.halves![own].collect(id, count, found);
    if (found.length < count) this.halves![own ? 0 : 1].collect(id, count, found);
    return found;
  }

  /** One node at random. */
  pick(random: Random): SimNode {
    if (this.nodes) return this.nodes[Math.floor(random.next() * this.nodes.length)]!;
    const [low, high] = this.halves!;
    return (random.next() * this.size < low.size ? low : high).pick(random);
  }

  #split(nodes: readonly SimNode[]): void {
    this.nodes = null;
    this.halves = [new Subtree(this.depth + 1), new Subtree(this.depth + 1)];
    for (const sim of nodes) this.half(sim.node.id).add(sim);
  }
}
