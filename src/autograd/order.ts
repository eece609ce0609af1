/** Which nodes a walk visits, and in which order. */
import type { Tensor } from '../tensor/tensor';
import { nodeOf, type Node } from './node';

/** The nodes whose gradients are requested, and those found so far. */
export type Targets = Map<Node, Tensor | null>;

let walks = 0;

/** Whether `node` leads to a requested gradient. */
export function reachesTarget({ next }: Node): boolean {
  for (let i = 0; i < next.length; i++) {
    const one = next[i];
    if (one !== null && one.reachesTarget) return true;
  }
  return false;
}

/** Every node that the roots reach, newest first; `reachesTarget` says which of them lead to a target. */
export function collect(
  roots: readonly { readonly tensor: Tensor }[],
  targets: Targets | null,
): Node[] {
  const walk = ++walks;
  const nodes: Node[] = [];
  for (const { tensor } of roots) {
    const node = nodeOf(tensor);
    if (node.walk !== walk) {
      node.walk = walk;
      nodes.push(node);
    }
  }
  let sorted = nodes.length <= 1;
  for (let i = 0; i < nodes.length; i++) {
    const { next } = nodes[i];
    for (let k = 0; k < next.length; k++) {
      const one = next[k];
      if (one !== null && one.walk !== walk) {
        one.walk = walk;
        if (one.order > nodes[nodes.length - 1].order) sorted = false;
        nodes.push(one);
      }
    }
  }
  if (!sorted) sortNewestFirst(nodes);
  // From the oldest: what a node leads to is known before the node.
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    node.reachesTarget = targets === null || targets.has(node) || reachesTarget(node);
  }
  return nodes;
}

// Graphs of a few fused operations are walked so often that a sort with a comparison function shows.
function sortNewestFirst(nodes: Node[]): void {
  if (nodes.length > 40) {
    nodes.sort((a, b) => b.order - a.order);
    return;
  }
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i];
    let k = i - 1;
    for (; k >= 0 && nodes[k].order < node.order; k--) nodes[k + 1] = nodes[k];
    nodes[k + 1] = node;
  }
}
