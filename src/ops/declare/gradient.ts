/**
 * How the gradient of an operation is declared: once, beside the operation. A call names the declaration, its result and
 * its inputs, and costs one question when nothing is recorded. Operations of one to three tensors use `gradient`, of a
 * list of them `gradientOfList`, and of several results `gradientOfTuple`.
 */
import { isGradEnabled } from '../../autograd/mode';
import {
  attachNode,
  needsGrad,
  saveAll,
  type Backward,
  type Gradients,
  type Node,
  type SavedList,
  type TupleBackward,
} from '../../autograd/node';
import { recordTuple } from '../../autograd/tuple';
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

/** What a node keeps of a call. */
interface Kept<S extends Tensors, C> {
  readonly saved: SavedList<S> | null;
  readonly context: C;
}

/** The context of a recorder: what it gets of a call besides the operands, and passes to an observer (watch.ts). */
export type ContextOf<R extends (out: never, context: never, ...inputs: never) => unknown> =
  Parameters<R>[1];

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
  const nothing = [] as unknown as S;
  const backward: Backward = (g, self) => {
    const { saved, context } = self.kept as Kept<S, C>;
    const values = saved === null ? nothing : saved.get();
    return (isGradEnabled() ? rule : fused)(g, values, context, self);
  };
  function attach(
    out: Tensor,
    context: C,
    a: Tensor | null,
    b: Tensor | null | undefined,
    c: Tensor | null | undefined,
  ): Tensor {
    const inputs = (b === undefined ? [a] : c === undefined ? [a, b] : [a, b, c]) as Tensors as I;
    const name = typeof node === 'string' ? node : node(inputs, context);
    const saved = saves === undefined ? null : saveAll(operation, saves(inputs, out, context) as S);
    const kept: Kept<S, C> = { saved, context };
    attachNode(name, inputs, out, backward, kept);
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
  const backward: Backward = (g, self) => rule(g, self.kept as C, self);
  return (out, context, inputs) => {
    if (!needsGrad(inputs)) return out;
    attachNode(node, inputs, out, backward, context);
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
  const backward: TupleBackward = (grads, self) => rule(grads, self.kept as C, self);
  return (outs, context, x) => {
    const recorded = recordTuple(node, [x], outs, backward, undefined, context);
    if (recorded !== null && watch.watcher !== null) watch.watcher(operation, context, [x], outs);
    return outs;
  };
}
