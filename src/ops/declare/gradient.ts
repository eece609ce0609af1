/**
 * How the gradient of an operation is declared: once, beside the operation. A call names the declaration, its result and
 * its inputs, and costs one question when nothing is recorded.
 */
import { isGradEnabled } from '../../autograd/mode';
import { attachNode, save, type Gradients, type Node, type Saved } from '../../autograd/node';
import type { Tensor } from '../../tensor/tensor';

type Tensors = readonly (Tensor | null)[];

/** The gradients of the inputs, in order, from that of the result and what was saved of the call. */
type Rule<S extends Tensors, C> = (g: Tensor, saved: S, context: C, node: Node) => Gradients;

export interface GradientRule<I extends Tensors, S extends Tensors, C> {
  /** PyTorch's name of the backward node. */
  readonly node: string | ((inputs: I, context: C) => string);
  /** What the rules read besides g; its memory must not change until then. */
  readonly saves: (inputs: I, result: Tensor, context: C) => S;
  /** The gradients in differentiable operations. */
  readonly rule: Rule<S, C>;
  /** The same in one kernel call, for when the gradient itself is not recorded. */
  readonly fused?: Rule<S, C>;
}

/**
 * Records how `out` was computed from one to three inputs, if gradients are on and an input requires one; returns `out`.
 * @param context what else the rules need to know of the call
 */
export type Recorder<I extends Tensors, C> = (out: Tensor, context: C, ...inputs: I) => Tensor;

/**
 * Declares the gradient of an operation with one result.
 * @example
 * const recorded = gradient<[Tensor], [], number>('cumsum', {
 *   node: 'CumsumBackward0',
 *   saves: () => [],
 *   rule: (g, _, dim) => [g.flip(dim).cumsum(dim).flip(dim)],
 * });
 * return recorded(out, dim, x);
 */
export function gradient<I extends Tensors, S extends Tensors, C = undefined>(
  operation: string,
  { node, saves, rule, fused = rule }: GradientRule<I, S, C>,
): Recorder<I, C> {
  function attach(
    out: Tensor,
    context: C,
    a: Tensor | null,
    b: Tensor | null | undefined,
    c: Tensor | null | undefined,
  ): Tensor {
    const inputs = (b === undefined ? [a] : c === undefined ? [a, b] : [a, b, c]) as Tensors as I;
    const tensors = saves(inputs, out, context);
    const saved = new Array<Saved | null>(tensors.length);
    for (let i = 0; i < tensors.length; i++) {
      const x = tensors[i];
      saved[i] = x === null ? null : save(operation, x);
    }
    const name = typeof node === 'string' ? node : node(inputs, context);
    return attachNode(name, inputs, out, (g, recorded) => {
      const values = saved.map((x) => x && x.get()) as Tensors as S;
      return (isGradEnabled() ? rule : fused)(g, values, context, recorded);
    });
  }
  // Inputs one by one rather than as a list, and nothing besides the question: V8 inlines this into the operation.
  const recorder = (
    out: Tensor,
    context: C,
    a: Tensor | null,
    b?: Tensor | null,
    c?: Tensor | null,
  ): Tensor =>
    isGradEnabled() &&
    (a?.requiresGrad === true || b?.requiresGrad === true || c?.requiresGrad === true)
      ? attach(out, context, a, b, c)
      : out;
  return recorder as unknown as Recorder<I, C>;
}
