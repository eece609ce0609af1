/**
 * Gradients of an operation whose backward is no graph, for when they are themselves differentiated (`createGraph`), and of one whose graph
 * was not kept: the operation is computed again, out of operations that have one, and its gradient is theirs.
 *
 *     input ← alias ← what `compute` does ← … ← gradient of the alias
 *
 * The walk that makes this gradient ends at the aliases; only afterwards are they joined to the inputs' own nodes.
 */
import { Owner } from '../tensor/memory';
import { setOwner } from '../tensor/pool';
import { sizesOf, elementStridesOf, setHistory, Tensor } from '../tensor/tensor';
import { walk, type Root } from './backward';
import { withoutHooks } from './hooks';
import { isGradEnabled, withGradMode } from './mode';
import { Node, nodeOf, type Gradients } from './node';
import type { Targets } from './order';

const same = (g: Tensor): Gradients => [g];

/**
 * The gradients of an operation's inputs, with a graph where the walk that asks for them is recorded.
 * @param node the operation's; its inputs are `inputs`, then `leaves`
 * @param inputs their values
 * @param leaves tensors that `compute` uses without being given them
 * @param grads of the results that `compute` returns, in order; null where none arrived
 * @param compute the operation again, differentiable any number of times
 */
export function recompute<const I extends readonly (Tensor | null)[]>(
  node: Node,
  inputs: I,
  leaves: readonly Tensor[],
  grads: readonly (Tensor | null | undefined)[],
  compute: (inputs: I) => readonly Tensor[],
): Gradients {
  const targets: Targets = new Map();
  const joints: (() => void)[] = [];
  const aliases = inputs.map((x, i) => {
    const origin = node.next[i];
    if (x === null || (origin === null && !x.requiresGrad)) return x;
    const { storage, dtype, offset } = x;
    const shape = sizesOf(x);
    const strides = elementStridesOf(x);
    const alias = new Tensor(storage, dtype, shape, strides, offset);
    if (origin === null) return alias;
    const next: (Node | null)[] = [null];
    setHistory(alias, new Node('AliasBackward0', next, shape, dtype, same, null), true);
    joints.push(() => (next[0] = origin));
    return alias;
  });
  const nodes = [...aliases, ...leaves].map((x, i) => (x && node.needs(i) ? nodeOf(x) : null));
  for (const one of nodes) if (one !== null) targets.set(one, null);
  const createGraph = isGradEnabled();
  // What is computed again is no gradient.
  const owner = setOwner(createGraph ? Owner.graph : Owner.user);
  let outs: readonly Tensor[];
  try {
    outs = withGradMode(true, () => compute(aliases as unknown as I));
  } finally {
    setOwner(owner);
  }
  const roots: Root[] = [];
  for (const [i, tensor] of outs.entries()) {
    const grad = grads[i];
    if (grad && tensor.requiresGrad) roots.push({ tensor, grad });
  }
  withoutHooks(leaves.map(nodeOf), () => {
    walk(roots, { retainGraph: createGraph, createGraph }, targets);
  });
  if (createGraph) for (const join of joints) join();
  return nodes.map((one) => one && targets.get(one)!);
}
