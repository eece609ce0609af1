/**
 * How the gradient of an operation is declared: once, beside the operation. A call names the declaration, its result and
 * its inputs, and costs one question when nothing is recorded. Operations of one to three tensors use `gradient`, of a
 * list of them `gradientOfList`, and of several results `gradientOfTuple`.
 */
import { isGradEnabled } from '../../autograd/mode';
import {
  attachNode,
  needsGrad,
  save,
  type Backward,
  type Gradients,
  type Node,
  type Saved,
} from '../../autograd/node';
import { recordTuple, type TupleBackward } from '../../autograd/tuple';
import type { Tensor } from '../../tensor/tensor';
import { watch } from './watch';

type Tensors = readonly (Tensor | null)[];

/** The gradients of the inputs, in order, from that of the result and what was saved of the call. */
type Rule<S extends Tensors, C> = (g: Tensor, saved: S, context: C, node: Node) => Gradients;

/** What the rules read besides g; its memory must not change until then. */
type Saves<I extends Tensors, S extends Tensors, C> = S extends readonly []
  ? { readonly saves?: undefined }
  : { readonly saves: (inputs: I, result: Tensor, context: C) => S };

export type GradientRule<I extends Tensors, S extends Tensors, C> = Saves<I, S, C> & {
  /** PyTorch's name of the backward node: that of the operation and `Backward0` unless given. */
  readonly node?: string | ((inputs: I, context: C) => string);
  /** The gradients in differentiable operations. */
  readonly rule: Rule<S, C>;
  /** The same in one kernel call, for when the gradient itself is not recorded. */
  readonly fused?: Rule<S, C>;
};

/**
 * Records how `out` was computed from one to three inputs, if gradients are on and an input requires one; returns `out`.
 * @param context what else the rules need to know of the call
 */
export type Recorder<I extends Tensors, C> = (out: Tensor, context: C, ...inputs: I) => Tensor;

/** PyTorch's name of the backward node of most operations: `TanhBackward0` of `tanh`. */
export const nodeName = (operation: string): string =>
  `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Backward0`;

/**
 * Declares the gradient of an operation with one result.
 * @example
 * const recorded = gradient<[Tensor], [], number>('cumsum', {
 *   rule: (g, _, dim) => [g.flip(dim).cumsum(dim).flip(dim)],
 * });
 * return recorded(out, dim, x);
 */
export function gradient<I extends Tensors, S extends Tensors = [], C = undefined>(
  operation: string,
  { node = nodeName(operation), saves, rule, fused = rule }: GradientRule<I, S, C>,
): Recorder<I, C> {
  function backwardOf(inputs: I, out: Tensor, context: C): Backward {
    if (saves === undefined) {
      const none = [] as unknown as S;
      return (g, recorded) => (isGradEnabled() ? rule : fused)(g, none, context, recorded);
    }
    const tensors = saves(inputs, out, context);
    const saved = new Array<Saved | null>(tensors.length);
    for (let i = 0; i < tensors.length; i++) {
      const x = tensors[i];
      saved[i] = x === null ? null : save(operation, x);
    }
    return (g, recorded) => {
      const values = saved.map((x) => x && x.get()) as Tensors as S;
      return (isGradEnabled() ? rule : fused)(g, values, context, recorded);
    };
  }
  function attach(
    out: Tensor,
    context: C,
    a: Tensor | null,
    b: Tensor | null | undefined,
    c: Tensor | null | undefined,
  ): Tensor {
    const inputs = (b === undefined ? [a] : c === undefined ? [a, b] : [a, b, c]) as Tensors as I;
    const name = typeof node === 'string' ? node : node(inputs, context);
    attachNode(name, inputs, out, backwardOf(inputs, out, context));
    if (watch.watcher !== null) watch.watcher(operation, context, inputs, [out]);
    return out;
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

/**
 * Declares the gradient of an operation that makes one tensor of a list of them, and needs their sizes only. Returns what
 * records a call and returns its result, as `gradient` does.
 * @example
 * const recorded = gradientOfList<number>('stack', {
 *   rule: (g, dim, { next }) => next.map((input, i) => input && g.select(dim, i)),
 * });
 * return recorded(out, dim, tensors);
 */
export function gradientOfList<C>(
  operation: string,
  { rule }: { readonly rule: (g: Tensor, context: C, node: Node) => Gradients },
): (out: Tensor, context: C, inputs: Tensors) => Tensor {
  const node = nodeName(operation);
  return (out, context, inputs) => {
    if (!needsGrad(inputs)) return out;
    attachNode(node, inputs, out, (g, self) => rule(g, context, self));
    if (watch.watcher !== null) watch.watcher(operation, context, inputs, [out]);
    return out;
  };
}

/**
 * Declares the gradient of an operation that makes several tensors of one, in the order of the results; the gradient of a
 * result that none came for is null. Returns what records a call and returns its results.
 * @example
 * const recorded = gradientOfTuple<number>('unbind', {
 *   rule: (grads, dim) => [stack(grads.map((g) => g ?? …), dim)],
 * });
 * return recorded(parts, dim, x);
 */
export function gradientOfTuple<C>(
  operation: string,
  {
    node = nodeName(operation),
    rule,
  }: {
    readonly node?: string;
    readonly rule: (grads: Parameters<TupleBackward>[0], context: C, node: Node) => Gradients;
  },
): (outs: Tensor[], context: C, x: Tensor) => Tensor[] {
  return (outs, context, x) => {
    const recorded = recordTuple(node, [x], outs, (grads, self) => rule(grads, context, self));
    if (recorded !== null && watch.watcher !== null) watch.watcher(operation, context, [x], outs);
    return outs;
  };
}
