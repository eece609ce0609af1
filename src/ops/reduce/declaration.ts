/** How a reduction is declared: its kernel, its gradient in methods of tensors, and what that reads. */
import { isGradEnabled } from '../../autograd/mode';
import { family, type NamesOf } from '../../native/families';
import { surplus, withDeclaration, type Rule } from '../../check';
import { arithmeticType, isFloat, type DType } from '../../tensor/dtype';
import { sameShape, type Shape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient, type GradientRule } from '../declare/gradient';
import type { Domain } from '../elementwise/declaration';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import {
  checkNotEmpty,
  isDTypeOption,
  keepsDim,
  ownDims,
  reduceOver,
  reductionOptions,
  type Dims,
  type DTypeOption,
  type KeepdimOptions,
  type ReductionOptions,
} from '../kernels/reduce';

/** What a gradient reads: x, the result y with the reduced dimensions kept, and how many elements made one of it. */
interface Reduced extends Call {
  readonly x: Tensor;
  readonly y: Tensor;
}
/** The context of a reduction's call. */
export interface Call {
  /** x's shape with the reduced dimensions kept as 1. */
  readonly keptShape: Shape;
  /** The dimensions as given. */
  readonly dim: Dims;
  readonly n: number;
}

export interface ReductionRule extends Domain {
  /** PyTorch's name of the backward node; two where the reduction of everything has another than that over dimensions. */
  readonly node: string | readonly [all: string, some: string];
  /** What int32, uint8 and bool do: add up as int32, become float32, or are refused. */
  readonly integers: 'int32' | 'float32' | 'refused';
  /** Whether the result of a bool or uint8 tensor has its type. */
  readonly keepsBytes?: boolean;
  /** Whether there is no result of no elements. */
  readonly refusesEmpty: boolean;
  /** What the gradient reads besides g. */
  readonly saves?: 'x' | 'xy';
  /** dx in differentiable operations; g has the reduced dimensions kept, and the result broadcasts to x. */
  readonly grad: (g: Tensor, of: Reduced) => Tensor;
  /** The same for when the gradient itself is not recorded. */
  readonly fused?: (g: Tensor, of: Reduced) => Tensor;
  /** What may be given as the option dtype, where there is one. */
  readonly dtype?: Rule<DType>;
  /** Kernel of the reduction, where it is not named as the function is. */
  readonly kernel?: NamesOf<'Reduce'>;
}

/** A reduction over all dimensions, one or several. */
export interface Reduction<Options = KeepdimOptions, Where = Dims> {
  (x: Tensor, dim?: Where, options?: Options): Tensor;
  readonly declaration: { readonly name: string; readonly rule: ReductionRule };
}

/** One that takes an element type, also as `x.sum({ dtype: 'float64' })`. */
export type ReductionTo = Reduction<ReductionOptions, Dims | DTypeOption>;

/**
 * Declares a reduction.
 * @example
 * export const logsumexp: Reduction = reduction('logsumexp', {
 *   node: 'LogsumexpBackward0',
 *   integers: 'float32',
 *   refusesEmpty: false,
 *   saves: 'xy',
 *   grad: (g, { x, y }) => g.mul(x.sub(y).exp()),
 * });
 */
export function reduction(
  name: string,
  rule: ReductionRule & { readonly dtype: Rule<DType> },
): ReductionTo;
export function reduction(name: string, rule: ReductionRule): Reduction;
export function reduction(name: string, rule: ReductionRule): ReductionTo {
  const { integers, keepsBytes = false, refusesEmpty, saves, grad, fused = grad } = rule;
  const [allNode, someNode] = typeof rule.node === 'string' ? [rule.node, rule.node] : rule.node;
  const kernels = family(rule.kernel ?? (name as NamesOf<'Reduce'>));
  const table = rule.dtype === undefined ? undefined : reductionOptions(name, rule.dtype);
  const fresh = (shape: Shape, n: number, x: Tensor): Tensor => {
    if (refusesEmpty) checkNotEmpty(name, n, x);
    return empty(shape, x.dtype);
  };

  function asSummed(x: Tensor): Tensor {
    if (integers === 'refused') checkFloat(name, x);
    if (integers === 'float32') return cast(x, 'float32');
    return cast(x, arithmeticType(x.dtype));
  }

  const dxBy =
    (derivative: ReductionRule['grad']): GradientRule<[Tensor], readonly Tensor[], Call>['rule'] =>
    (g, [x, result], { keptShape, dim, n }, { next }) => {
      // What was not saved is not read. Field by field: spreading the call costs more than the rest of the rule.
      const of = { x, y: result?.reshape(keptShape), keptShape, dim, n } as Reduced;
      const dx = derivative(g.reshape(keptShape), of);
      const { shape } = next[0]!;
      return [sameShape(sizesOf(dx), shape) ? dx : dx.expand(shape)];
    };
  const recorded = gradient<[Tensor], readonly Tensor[], Call>(name, {
    node: (_, { dim }) => (dim === undefined ? allNode : someNode),
    saves: ([x], y) => (saves === undefined ? [] : saves === 'x' ? [x] : [x, y]),
    rule: dxBy(grad),
    fused: dxBy(fused),
  });

  const f = function (
    given: Tensor,
    first?: Dims | DTypeOption,
    second?: ReductionOptions,
  ): Tensor {
    if (arguments.length > 3) surplus(name, arguments, 3, 'options');
    checkTensor(name, 'x', given);
    let dims = first;
    let options = second;
    if (typeof first === 'object' && second === undefined && table !== undefined) {
      if (isDTypeOption(first)) [dims, options] = [undefined, first];
    }
    const dim = ownDims(name, dims as Dims, given.ndim);
    const wanted = options === undefined ? undefined : table?.read(options, name);
    const keepdim = wanted === undefined ? keepsDim(name, options) : wanted.keepdim;
    const dtype = wanted?.dtype;
    const argument = dtype === undefined ? given : cast(given, dtype);
    const x = isFloat(argument.dtype) ? argument : asSummed(argument);
    const { out, view } = reduceOver(name, kernels, x, dim, keepdim, fresh);
    if (x !== argument && (keepsBytes || dtype !== undefined)) return cast(out, argument.dtype);
    if (!isGradEnabled() || !x.requiresGrad) return out;
    return recorded(out, { keptShape: view.keptShape, dim, n: view.n }, x);
  };
  return withDeclaration(f, { name, rule });
}
