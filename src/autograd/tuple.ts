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
import { needsGrad, Node, nodesOf, type Gradients, type TupleBackward } from './node';

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

// The backward of every tuple, and of what has one result.
const passParts = (_: Tensor, self: Node): Gradients => self.rule!(self.parts!, self);
const passOne = (grad: Tensor, self: Node): Gradients => self.rule!([grad], self);

/** Clears the gradients of a tuple once its backward has used them. */
export function releaseParts(parts: readonly (Tensor | null)[]): void {
  for (const part of parts) if (part !== null) dropReference(part.storage);
}

/**
 * Records an operation with several results and returns its node, or null when nothing is to be recorded.
 * @param backward its rule
 * @param names what `gradFn.name` of each result says, the last name of all that follow too; `name` unless given
 * @param kept what `backward` reads of this call: `node.kept`
 */
export function recordTuple(
  name: string,
  inputs: readonly (Tensor | null)[],
  outs: readonly Tensor[],
  backward: TupleBackward,
  names?: readonly string[],
  kept: unknown = null,
): Node | null {
  if (outs.length === 0 || !needsGrad(inputs)) return null;
  const next = nodesOf(inputs);
  const { dtype } = outs[0];
  const shape = sizesOf(outs[0]);
  const count = outs.length;
  const tuple = new Node(name, next, shape, dtype, count === 1 ? passOne : passParts, null);
  tuple.rule = backward;
  tuple.kept = kept;
  if (count === 1) {
    attach(outs[0], tuple);
    return tuple;
  }
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
