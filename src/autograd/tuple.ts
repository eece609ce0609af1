/**
 * Operations with several results. Every node has one output: the operation's own node, the tuple, represents all
 * results together, and each result has a select node, which puts its gradient into its place in the tuple's.
 *
 *     inputs ← tuple ← select 0 ← …
 *                    ← select 1 ← …
 */
import { anomaly } from './anomaly';
import { addReference, dropReference } from '../tensor/pool';
import { sizesOf, setHistory, type Tensor } from '../tensor/tensor';
import { needsGrad, Node, nodesOf, type Gradients } from './node';

/** From the gradients of the results (null: no gradient came for that one) to those of the inputs. */
export type TupleBackward = (gradOutputs: readonly (Tensor | null)[], node: Node) => Gradients;

const nothing: Gradients = [null];

// A literal for most: an array that grows by push takes room for 17.
function noParts(count: number): (Tensor | null)[] {
  return count === 2 ? [null, null] : Array.from({ length: count }, () => null);
}

// The backward of every select. `grad` of a tuple only tells the walk that something has arrived.
function putPart(grad: Tensor, { next, result }: Node): Gradients {
  const tuple = next[0]!;
  const parts = (tuple.parts ??= noParts(tuple.result));
  parts[result] = grad;
  addReference(grad.storage);
  if (tuple.grad === null) {
    tuple.grad = grad;
    addReference(grad.storage);
  }
  return nothing;
}

/** Clears the gradients of a tuple once its backward has used them. */
export function releaseParts(parts: readonly (Tensor | null)[]): void {
  for (const part of parts) if (part !== null) dropReference(part.storage);
}

/**
 * Records an operation with several results and returns its node, or null when nothing is to be recorded.
 * @param names what `gradFn.name` of each result says, the last name of all that follow too; `name` unless given
 */
export function recordTuple(
  name: string,
  inputs: readonly (Tensor | null)[],
  outs: readonly Tensor[],
  backward: TupleBackward,
  names?: readonly string[],
): Node | null {
  if (outs.length === 0 || !needsGrad(inputs)) return null;
  const next = nodesOf(inputs);
  const { dtype } = outs[0];
  const shape = sizesOf(outs[0]);
  if (outs.length === 1) {
    const node = new Node(name, next, shape, dtype, (g, self) => backward([g], self), null);
    attach(outs[0], node);
    return node;
  }
  const count = outs.length;
  const all = (_: Tensor, self: Node): Gradients => backward(self.parts!, self);
  const tuple = new Node(name, next, shape, dtype, all, null);
  tuple.result = count;
  const toTuple = [tuple];
  for (let i = 0; i < count; i++) {
    const out = outs[i];
    const shown = names === undefined ? name : names[Math.min(i, names.length - 1)];
    const select = new Node(shown, toTuple, sizesOf(out), out.dtype, putPart, null);
    select.result = i;
    attach(out, select);
  }
  return tuple;
}

function attach(out: Tensor, node: Node): void {
  setHistory(out, node, true);
  if (anomaly.watch !== null) anomaly.watch(node, out);
}
