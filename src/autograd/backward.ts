/**
 * The backward walk. It collects the nodes that the roots reach, and visits them from the newest to the oldest: an
 * operation's inputs are always older than the operation, so every gradient is complete when its node is visited.
 * Nothing recurses; a graph of any depth is walked in constant stack.
 *
 *     for node of nodes, newest first:
 *       grads = node.backward(node.grad)
 *       node.next[i].grad += grads[i]
 *
 * A leaf's node adds its gradient to `leaf.grad`. Each gradient that waits in the graph is a
 * reference to its storage (tensor/pool.ts); when the last one is dropped, its memory is free for the next gradient. What
 * a rule computed on the way to its results is free when the rule has ended.
 */
import { Owner } from '../tensor/memory';
import {
  addReference,
  dropReference,
  escape,
  forgetAllocated,
  markAllocated,
  releaseUnreferenced,
  setOwner,
} from '../tensor/pool';
import type { Tensor } from '../tensor/tensor';
import { accumulate } from './accumulate';
import { anomaly, checkGradients, explain } from './anomaly';
import { arithmetic } from './arithmetic';
import { checkGradient, refuseConsumed } from './checks';
import { runHooks } from './hooks';
import { isGradEnabled, setGradMode } from './mode';
import { nextOrder, nodeOf, releaseKept, type Backward, type Gradients, type Node } from './node';
import { collect, reachesTarget, type Targets } from './order';
import { releaseParts } from './tuple';

export interface Root {
  readonly tensor: Tensor;
  readonly grad: Tensor;
}

export interface WalkOptions {
  /** Keep what the nodes saved, for another walk. */
  readonly retainGraph: boolean;
  /** Record the walk itself. */
  readonly createGraph: boolean;
}

/** Adds `grad` to what `node` has received. The caller has added a reference to it. */
function receive(node: Node, grad: Tensor): void {
  checkGradient(node, grad);
  const before = node.grad;
  if (before === null) node.grad = grad;
  else if (node.isSum && !isGradEnabled()) {
    // The third gradient and on: nothing else refers to the sum so far.
    arithmetic.addInPlace(before, grad);
    dropReference(grad.storage);
  } else {
    node.grad = arithmetic.add(before, grad);
    node.isSum = true;
    addReference(node.grad.storage);
    dropReference(before.storage);
    dropReference(grad.storage);
  }
}

function visit(
  node: Node,
  newest: Node,
  retainGraph: boolean,
  targets: Targets | null,
  accumulates: boolean,
): void {
  let { grad } = node;
  if (grad === null) return;
  const { parts } = node;
  node.grad = null;
  node.isSum = false;
  if (node.hooks !== null) grad = runHooks(node.hooks, grad);
  const requested = targets === null || targets.has(node);
  if (requested && !accumulates) {
    escape(grad.storage);
    targets!.set(node, grad);
  }
  if (node.leaf !== null) {
    if (requested && accumulates) accumulate(node.leaf, grad);
  } else if (targets === null || reachesTarget(node)) {
    // What is beyond a target is not walked, and so can be walked later.
    node.retained = retainGraph;
    propagate(node, newest, grad);
    if (!retainGraph) consume(node);
  }
  dropReference(grad.storage);
  if (parts !== null) {
    node.parts = null;
    releaseParts(parts);
  }
}

function propagate(node: Node, newest: Node, grad: Tensor): void {
  if (node.backward === null) refuseConsumed(node, newest);
  const mark = markAllocated();
  const grads = anomaly.enabled ? searched(node, node.backward, grad) : node.backward(grad, node);
  const { next } = node;
  // All are referred to before any is received: two of them may be one tensor.
  for (let i = 0; i < next.length; i++)
    if (grads[i] && node.needs(i)) addReference(grads[i]!.storage);
  for (let i = 0; i < next.length; i++) if (grads[i] && node.needs(i)) receive(next[i]!, grads[i]!);
  releaseUnreferenced(mark);
}

function searched(node: Node, backward: Backward, grad: Tensor): Gradients {
  let grads: Gradients;
  try {
    grads = backward(grad, node);
  } catch (error) {
    throw explain(node, error);
  }
  checkGradients(node, grads);
  return grads;
}

function consume(node: Node): void {
  node.backward = null;
  node.consumedAt = nextOrder();
  releaseKept(node);
}

let walksUnderWay = 0;

/**
 * Walks from the roots. Without targets every leaf accumulates its gradient. With targets only these receive theirs: in the
 * map (`autograd.grad`), or, where the walk `accumulates`, in the `grad` of those that are leaves.
 */
export function walk(
  roots: readonly Root[],
  options: WalkOptions,
  targets: Targets | null,
  accumulates = targets === null,
): void {
  const { retainGraph, createGraph } = options;
  const nodes = collect(roots, targets);
  // A walk that a hook starts may pass nodes where gradients of the outer one wait.
  const outer = walksUnderWay > 0 ? nodes.map(takePending) : null;
  const gradMode = setGradMode(createGraph);
  const owner = setOwner(createGraph ? Owner.graph : Owner.engine);
  const mark = markAllocated();
  let done = 0;
  walksUnderWay++;
  try {
    for (const { tensor, grad } of roots) {
      addReference(grad.storage);
      receive(nodeOf(tensor), grad);
    }
    for (; done < nodes.length; done++) {
      const node = nodes[done];
      if (node.reachesTarget) {
        visit(node, nodes[0], retainGraph, targets, accumulates);
      }
    }
  } finally {
    walksUnderWay--;
    forgetAllocated(mark);
    setOwner(owner);
    setGradMode(gradMode);
    // After an error, gradients wait that no walk will fetch.
    if (outer !== null || done < nodes.length) {
      nodes.forEach((node, i) => Object.assign(node, outer === null ? nonePending : outer[i]));
    }
  }
}

type Pending = Pick<Node, 'grad' | 'isSum' | 'parts'>;
const nonePending: Pending = { grad: null, isSum: false, parts: null };

function takePending(node: Node): Pending {
  const { grad, isSum, parts } = node;
  Object.assign(node, nonePending);
  return { grad, isSum, parts };
}
