/**
 * Operations with several results. Every node has one output: the operation's own node, the tuple, stands for all
 * results together, and each result has a select node, which puts its gradient into its place in the tuple's.
 *
 *     inputs ← tuple ← select 0 ← …
 *                    ← select 1 ← …
 */
import { acquire, release } from '../tensor/storage';
import type { Tensor } from '../tensor/tensor';
import { needsGrad, Node, nodesOf, type Gradients } from './node';

/** From the gradients of the results (null: no gradient came for that one) to those of the inputs. */
export type TupleBackward = (gradOutputs: readonly (Tensor | null)[], node: Node) => Gradients;

const nothing: Gradients = [null];

// `grad` of a tuple only tells the walk that something has arrived.
function putPart(tuple: Node, count: number, i: number, grad: Tensor): void {
  tuple.parts ??= new Array<Tensor | null>(count).fill(null);
  tuple.parts[i] = grad;
  acquire(grad.storage);
  if (tuple.grad !== null) return;
  tuple.grad = grad;
  acquire(grad.storage);
}

/** The gradients in a tuple have been passed on. */
export function releaseParts(parts: readonly (Tensor | null)[]): void {
  for (const part of parts) if (part !== null) release(part.storage);
}

/**
 * Records an operation with several results and returns its node, or null when nothing is to be recorded.
 * @param names what `gradFn.name` of each result says; `name` unless given
 */
export function recordTuple(
  name: string,
  inputs: readonly (Tensor | null)[],
  outs: readonly Tensor[],
  backward: TupleBackward,
  names?: readonly string[],
): Node | null {
  if (!needsGrad(inputs)) return null;
  const next = nodesOf(inputs);
  const { shape, dtype } = outs[0];
  if (outs.length === 1) {
    const node = new Node(name, next, shape, dtype, (g, self) => backward([g], self), null);
    attach(outs[0], node);
    return node;
  }
  const count = outs.length;
  const tuple = new Node(name, next, shape, dtype, (_, self) => backward(self.parts!, self), null);
  for (let i = 0; i < count; i++) {
    attach(outs[i], select(names === undefined ? name : names[i], tuple, count, i, outs[i]));
  }
  return tuple;
}

function attach(out: Tensor, node: Node): void {
  out.node = node;
  out.wantsGrad = true;
}

/** The node of result i. */
function select(name: string, tuple: Node, count: number, i: number, out: Tensor): Node {
  const backward = (grad: Tensor): Gradients => {
    putPart(tuple, count, i, grad);
    return nothing;
  };
  return new Node(name, [tuple], out.shape, out.dtype, backward, null);
}
