/** Sums of three tensors in one pass: lerp, addcmul, addcdiv. */
import { either, number, numberOrBoolean, optionsTable, surplus } from '../../check';
import { family } from '../../native/families';
import { runAddcmul, runLerp } from '../../native/calls';
import { isFloat, resultTypeOf, type DType } from '../../tensor/dtype';
import { anyTensor, isTensor } from '../../tensor/rules';
import { broadcastShapes, sameShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { checkFactor } from '../arguments/factor';
import { checkFloat } from '../arguments/floating';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { unbroadcast } from '../declare/unbroadcast';
import { inPlace as changeInPlace } from '../inplace/inplace';
import { scalarSlot } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { emptyOver } from '../kernels/result';

type Three = [Tensor, Tensor, Tensor];
type Weight = number | boolean | Tensor;
const lerpKernels = family('lerp');
const anyWeight = either<Weight>(numberOrBoolean, anyTensor);

/** What the gradients read: an operand that only those of operands without gradients would read is null. */
type SavedThree = [Tensor | null, Tensor | null, Tensor | null];
const ifWanted = (x: Tensor | null, ...readers: readonly (Tensor | null)[]): Tensor | null =>
  readers.some((one) => one?.requiresGrad === true) ? x : null;

// dstart = g (1 − w), dend = g w, dw = g (end − start)
const recordedLerp = gradient<[Tensor, Tensor, Tensor | null], SavedThree, number>('lerp', {
  node: ([, , weight]) => (weight === null ? 'LerpBackward0' : 'LerpBackward1'),
  saves: ([start, end, weight]) => [
    ifWanted(start, weight),
    ifWanted(end, weight),
    ifWanted(weight, start, end),
  ],
  rule: (g, [start, end, tensor], weight, node) => {
    const { next } = node;
    const w = tensor ?? weight;
    return [
      node.needs(0)
        ? unbroadcast(typeof w === 'number' ? g.mul(1 - w) : g.mul(w.rsub(1)), next[0]!.shape)
        : null,
      node.needs(1) ? unbroadcast(g.mul(w), next[1]!.shape) : null,
      node.needs(2) ? unbroadcast(g.mul(end!.sub(start!)), next[2]!.shape) : null,
    ];
  },
});

/** Whether the others are like x and apart from it, so that a kernel may write its result over x: none writes bytes. */
const fits = (x: Tensor, others: readonly unknown[]): boolean =>
  x.dtype !== 'uint8' &&
  others.every(
    (one) =>
      isTensor(one) &&
      one.dtype === x.dtype &&
      one.storage !== x.storage &&
      sameShape(sizesOf(one), sizesOf(x)),
  );

function between(
  operation: string,
  start: Tensor,
  end: Tensor,
  weight: Weight,
  target: Tensor | null = null,
): Tensor {
  checkTensor(operation, 'start', start);
  checkTensor(operation, 'end', end);
  anyWeight.check(operation, 'weight', weight);
  const dtype = commonType(operation, start, end, weight);
  const [from, to] = [cast(start, dtype), cast(end, dtype)];
  const pair = broadcastShapes(operation, sizesOf(start), sizesOf(end));
  if (!isTensor(weight)) {
    const out = target ?? emptyOver(pair, [from, to], dtype);
    const w = Number(weight);
    runLerp(pick(operation, lerpKernels, dtype), from, to, scalarSlot(operation, 2, w, dtype), out);
    return target ?? recordedLerp(out, w, from, to, null);
  }
  const w = cast(weight, dtype);
  const shape = broadcastShapes(operation, pair, sizesOf(weight));
  const out = target ?? emptyOver(shape, [from, to, w], dtype);
  runLerp(pick(operation, lerpKernels, dtype), from, to, w, out);
  return target ?? recordedLerp(out, 0, from, to, w);
}

/** @throws TypeError unless start and end are of one type, and the weight of the same or without dimensions. */
function commonType(operation: string, start: Tensor, end: Tensor, weight: Weight): DType {
  const promoted = isTensor(weight) && weight.ndim === 0;
  const dtype = promoted ? resultTypeOf([start, end, weight]) : start.dtype;
  if (!isFloat(dtype)) checkFloat(operation, start);
  for (const one of promoted || !isTensor(weight) ? [end] : [end, weight]) {
    if (one.dtype === start.dtype) continue;
    throw new TypeError(
      `${operation}: start, end and a weight with dimensions must be of one element type, got ${start.dtype} and ${one.dtype}; convert with to('${start.dtype}')`,
    );
  }
  return dtype;
}

/**
 * start + weight·(end − start) with broadcasting (torch.lerp).
 * @param weight a number or a tensor; one of no dimensions is converted to the type of the others, integers to its own
 * @throws TypeError unless all are floats of one element type; RangeError when the shapes do not broadcast.
 * @example lerp(tensor([0, 10]), tensor([4, 20]), 0.25) // [1, 12.5]
 */
export function lerp(start: Tensor, end: Tensor, weight: Weight): Tensor {
  if (arguments.length > 3) surplus('lerp', arguments, 3, 'weight');
  return between('lerp', start, end, weight);
}
/**
 * x = lerp(x, end, weight); returns x (torch.Tensor.lerp_).
 * @throws TypeError unless all are floats of one element type; RangeError when a shape does not broadcast to x's; Error on a leaf that
 * requires gradients.
 * @example tensor([0, 10]).lerp_(tensor([4, 20]), 0.25) // [1, 12.5]
 */
export function lerp_(x: Tensor, end: Tensor, weight: Weight): Tensor {
  if (arguments.length > 3) surplus('lerp_', arguments, 3, 'weight');
  checkTensor('lerp_', 'x', x);
  const inputs = typeof weight === 'object' ? [end, weight] : [end];
  return changeInPlace('lerp_', x, inputs, (before) => between('lerp_', before, end, weight), {
    direct: fits(x, inputs)
      ? (target): unknown => between('lerp_', target, end, weight, target)
      : undefined,
  });
}

/** Options of `addcmul` and `addcdiv`. */
export interface ValueOptions {
  /** Factor of the product or quotient. Default: 1. */
  value?: number;
}
const valueOptions = optionsTable<ValueOptions>('addcmul', { value: number.or(1) });

interface Combination {
  readonly name: 'addcmul' | 'addcdiv';
  readonly kernels: ReturnType<typeof family<'addcmul'>>;
  readonly check: (operation: string, a: Tensor, b: Tensor) => void;
  /** The gradients of a and b, whose result is broadcast. */
  readonly da: (g: Tensor, b: Tensor) => Tensor;
  readonly db: (g: Tensor, a: Tensor, b: Tensor | null) => Tensor;
  /** Whether `db` reads b. */
  readonly dbReadsB: boolean;
}

function combination({ name, kernels, check, da, db, dbReadsB }: Combination) {
  const recorded = gradient<Three, SavedThree, number>(name, {
    saves: ([, a, b]) => [null, ifWanted(a, b), dbReadsB ? ifWanted(b, a, b) : ifWanted(b, a)],
    rule: (g, [, a, b], value, node) => [
      node.needs(0) ? unbroadcast(g, node.next[0]!.shape) : null,
      node.needs(1) ? unbroadcast(da(g, b!).mul(value), node.next[1]!.shape) : null,
      node.needs(2) ? unbroadcast(db(g, a!, b).mul(value), node.next[2]!.shape) : null,
    ],
  });
  return (
    operation: string,
    x: Tensor,
    a: Tensor,
    b: Tensor,
    options?: ValueOptions,
    target: Tensor | null = null,
  ): Tensor => {
    checkTensor(operation, 'x', x);
    checkTensor(operation, 'a', a);
    checkTensor(operation, 'b', b);
    const { value } = valueOptions.read(options, operation);
    const same = x.dtype === a.dtype && x.dtype === b.dtype;
    const dtype = same ? x.dtype : resultTypeOf([x, a, b]);
    check(operation, a, b);
    checkFactor(operation, 'value', value, dtype);
    const shape = broadcastShapes(
      operation,
      broadcastShapes(operation, sizesOf(x), sizesOf(a)),
      sizesOf(b),
    );
    const own = dtype === 'uint8' ? 'int32' : dtype;
    const [first, second, third] = [cast(x, own), cast(a, own), cast(b, own)];
    const out = target ?? emptyOver(shape, [first, second, third], own);
    runAddcmul(pick(operation, kernels, own), first, second, third, out, value);
    if (target !== null) return target;
    if (own !== dtype) return cast(out, dtype);
    return recorded(out, value, first, second, third);
  };
}

const multiplied = combination({
  name: 'addcmul',
  kernels: family('addcmul'),
  check: () => undefined,
  da: (g, b) => g.mul(b),
  db: (g, a) => g.mul(a),
  dbReadsB: false,
});
const divided = combination({
  name: 'addcdiv',
  kernels: family('addcdiv'),
  // PyTorch refuses the quotient of integers, which it once rounded.
  check: (operation, a, b) => {
    if (!isFloat(a.dtype) && !isFloat(b.dtype)) checkFloat(operation, b);
  },
  da: (g, b) => g.div(b),
  db: (g, a, b) => g.mul(a.div(b!).div(b!)).neg(),
  dbReadsB: true,
});

/**
 * x + value·a·b with broadcasting (torch.addcmul).
 * @throws TypeError unless all are tensors, and for a `value` with a fraction of int32; RangeError when the shapes do not broadcast.
 * @example addcmul(tensor([1, 2]), tensor([3, 4]), tensor([5, 6]), { value: 0.1 }) // [2.5, 4.4]
 */
export function addcmul(x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor {
  if (arguments.length > 4) surplus('addcmul', arguments, 4, 'options');
  return multiplied('addcmul', x, a, b, options);
}
/**
 * x += value·a·b; returns x (torch.Tensor.addcmul_).
 * @throws TypeError unless all are tensors and x's type holds the result; RangeError when a shape does not broadcast to x's; Error on a
 * leaf that requires gradients.
 * @example tensor([1, 2]).addcmul_(tensor([3, 4]), tensor([5, 6]), { value: 0.1 }) // [2.5, 4.4]
 */
export function addcmul_(x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor {
  if (arguments.length > 4) surplus('addcmul_', arguments, 4, 'options');
  checkTensor('addcmul_', 'x', x);
  return changeInPlace(
    'addcmul_',
    x,
    [a, b],
    (before) => multiplied('addcmul_', before, a, b, options),
    {
      direct: fits(x, [a, b])
        ? (target): unknown => multiplied('addcmul_', target, a, b, options, target)
        : undefined,
    },
  );
}
/**
 * x + value·a / b with broadcasting (torch.addcdiv).
 * @throws TypeError unless all are tensors, a or b of floats; RangeError when the shapes do not broadcast.
 * @example addcdiv(tensor([1, 2]), tensor([3, 4]), tensor([6, 16]), { value: 2 }) // [2, 2.5]
 */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor {
  if (arguments.length > 4) surplus('addcdiv', arguments, 4, 'options');
  return divided('addcdiv', x, a, b, options);
}
/**
 * x += value·a / b; returns x (torch.Tensor.addcdiv_).
 * @throws TypeError unless all are tensors and x's type holds the result; RangeError when a shape does not broadcast to x's; Error on a
 * leaf that requires gradients.
 * @example tensor([1, 2]).addcdiv_(tensor([3, 4]), tensor([6, 16]), { value: 2 }) // [2, 2.5]
 */
export function addcdiv_(x: Tensor, a: Tensor, b: Tensor, options?: ValueOptions): Tensor {
  if (arguments.length > 4) surplus('addcdiv_', arguments, 4, 'options');
  checkTensor('addcdiv_', 'x', x);
  return changeInPlace(
    'addcdiv_',
    x,
    [a, b],
    (before) => divided('addcdiv_', before, a, b, options),
    {
      direct: fits(x, [a, b])
        ? (target): unknown => divided('addcdiv_', target, a, b, options, target)
        : undefined,
    },
  );
}
