/**
 * clamp: x limited to two bounds. dx = g where min ≤ x ≤ max, else 0; a tensor bound receives the gradient where
 * it was chosen. Saves x and the bounds.
 */
import { either, number, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runClamp, runClampBackward } from '../../native/calls';
import { isFloat, resultType, type DType } from '../../tensor/dtype';
import { anyTensor, isTensor } from '../../tensor/rules';
import { empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { checkTensor, type Operand } from '../arguments/check';
import { scalar } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { inPlace } from '../inplace/inplace';
import { unbroadcast } from '../declare/unbroadcast';

const kernels = family('clamp');
const backwardKernels = family('clamp_backward');

/** Bounds of `clamp`. */
export interface ClampOptions {
  /** Lower bound; none unless given. */
  min?: Operand | null;
  /** Upper bound; where it is below the lower one, it wins. */
  max?: Operand | null;
}

type Bound = Operand | null | undefined;

const oneBound = either<Operand>(number, anyTensor);
const bound = oneBound.orNull;
const options = optionsTable<ClampOptions>('clamp', { min: bound.or(null), max: bound.or(null) });

/** Both bounds, given by position or by name. */
function boundsOf(
  operation: string,
  min: Bound | ClampOptions,
  max: Bound,
): [Operand | null, Operand | null] {
  const named = typeof min === 'object' && min !== null && max === undefined && !isTensor(min);
  const given = named ? options.read(min, operation) : { min, max };
  const [low, high] = [given.min ?? null, given.max ?? null];
  if (low === null && high === null) {
    throw new TypeError(
      `${operation}: needs min, max or both, for example ${operation}(0, 1) or ${operation}({ min: 0 })`,
    );
  }
  return [bound.check(operation, 'min', low), bound.check(operation, 'max', high)];
}

/**
 * x, but nowhere below `min` or above `max` (torch.clamp): numbers or tensors.
 * @throws TypeError when neither bound is given.
 * @example tensor([-2, 0, 2]).clamp(-1, 1) // [-1, 0, 1]
 */
export function clamp(x: Tensor, min?: Bound | ClampOptions, max?: Bound): Tensor {
  if (arguments.length > 3) surplus('clamp', arguments, 3, 'max');
  return limited('clamp', x, min, max);
}

function limited(operation: string, x: Tensor, min: Bound | ClampOptions, max: Bound): Tensor {
  checkTensor(operation, 'x', x);
  const [low, high] = boundsOf(operation, min, max);
  const numbers = typeof (low ?? 0) === 'number' && typeof (high ?? 0) === 'number';
  return numbers
    ? betweenNumbers(x, low as number | null, high as number | null)
    : betweenTensors(x, low, high);
}

/**
 * x limited to two bounds, as `clamp`; returns x (torch.clamp_).
 * @throws TypeError when neither bound is given; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clamp_(-1, 1) // [-1, 0, 1]
 */
export function clamp_(x: Tensor, min?: Bound | ClampOptions, max?: Bound): Tensor {
  if (arguments.length > 3) surplus('clamp_', arguments, 3, 'max');
  return limitedInPlace('clamp_', x, min, max);
}

function limitedInPlace(
  operation: string,
  x: Tensor,
  min: Bound | ClampOptions,
  max: Bound,
): Tensor {
  checkTensor(operation, 'x', x);
  const [low, high] = boundsOf(operation, min, max);
  const tensors = [low, high].filter(
    (one): one is Tensor => typeof one === 'object' && one !== null,
  );
  return inPlace(operation, x, tensors, (y) => clamp(y, low, high));
}

/**
 * x, but nowhere below `min` or above `max`, as `clamp` (torch.clip).
 * @throws TypeError when neither bound is given.
 * @example tensor([-2, 0, 2]).clip(-1, 1) // [-1, 0, 1]
 */
export function clip(x: Tensor, min?: Bound | ClampOptions, max?: Bound): Tensor {
  if (arguments.length > 3) surplus('clip', arguments, 3, 'max');
  return limited('clip', x, min, max);
}
/**
 * x limited to two bounds, as `clamp`; returns x (torch.clip_).
 * @throws TypeError when neither bound is given; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clip_(-1, 1) // [-1, 0, 1]
 */
export function clip_(x: Tensor, min?: Bound | ClampOptions, max?: Bound): Tensor {
  if (arguments.length > 3) surplus('clip_', arguments, 3, 'max');
  return limitedInPlace('clip_', x, min, max);
}
/**
 * x, but nowhere below `min`, a number or a tensor (torch.clamp_min).
 * @throws TypeError unless `min` is a number or a tensor.
 * @example tensor([-2, 0, 2]).clampMin(-1) // [-1, 0, 2]
 */
export function clampMin(x: Tensor, min: Operand): Tensor {
  if (arguments.length > 2) surplus('clampMin', arguments, 2, 'min');
  return limited('clampMin', x, oneBound.check('clampMin', 'min', min), null);
}
/**
 * x = clampMin(x, min); returns x (torch.clamp_min_).
 * @throws TypeError unless `min` is a number or a tensor; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clampMin_(-1) // [-1, 0, 2]
 */
export function clampMin_(x: Tensor, min: Operand): Tensor {
  if (arguments.length > 2) surplus('clampMin_', arguments, 2, 'min');
  return limitedInPlace('clampMin_', x, oneBound.check('clampMin_', 'min', min), null);
}
/**
 * x, but nowhere above `max`, a number or a tensor (torch.clamp_max).
 * @throws TypeError unless `max` is a number or a tensor.
 * @example tensor([-2, 0, 2]).clampMax(1) // [-2, 0, 1]
 */
export function clampMax(x: Tensor, max: Operand): Tensor {
  if (arguments.length > 2) surplus('clampMax', arguments, 2, 'max');
  return limited('clampMax', x, null, oneBound.check('clampMax', 'max', max));
}
/**
 * x = clampMax(x, max); returns x (torch.clamp_max_).
 * @throws TypeError unless `max` is a number or a tensor; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clampMax_(1) // [-2, 0, 1]
 */
export function clampMax_(x: Tensor, max: Operand): Tensor {
  if (arguments.length > 2) surplus('clampMax_', arguments, 2, 'max');
  return limitedInPlace('clampMax_', x, null, oneBound.check('clampMax_', 'max', max));
}

interface Range {
  readonly low: number;
  readonly high: number;
}
const recordedNumbers = gradient<[Tensor], [Tensor], Range>('clamp', {
  node: 'ClampBackward1',
  saves: ([x]) => [x],
  rule: (g, [x], { low, high }) => [g.where(x.ge(low).logicalAnd(x.le(high)), 0)],
  fused: (g, [x], { low, high }) => {
    const dx = empty(x.sizes, x.dtype);
    runClampBackward(pick('clamp', backwardKernels, x.dtype), g, x, dx, low, high);
    return [dx];
  },
});

function betweenNumbers(argument: Tensor, min: number | null, max: number | null): Tensor {
  let common: { dtype: DType; ndim: number } = argument;
  for (const each of [min, max]) {
    if (each === null || !Number.isFinite(each)) continue;
    common = { dtype: resultType(common, each), ndim: argument.ndim };
  }
  const x = cast(argument, common.dtype);
  const low = min ?? -Infinity;
  const high = max ?? Infinity;
  const out = empty(x.sizes, x.dtype);
  runClamp(pick('clamp', kernels, x.dtype), x, out, low, high);
  return recordedNumbers(out, { low, high }, x);
}

type Bounded = readonly [x: Tensor, low: Tensor | null, high: Tensor | null];
const recordedTensors = gradient<Bounded, Bounded>('clamp', {
  node: 'ClampBackward0',
  saves: (bounded) => bounded,
  rule: (g, [x, low, high], _, node) => {
    const [least, most] = [low ?? -Infinity, high ?? Infinity];
    return [
      node.needs(0) ? unbroadcast(g.where(x.ge(least).logicalAnd(x.le(most)), 0), x.sizes) : null,
      node.needs(1)
        ? unbroadcast(g.where(x.lt(least).logicalAnd(low!.lt(most)), 0), low!.sizes)
        : null,
      node.needs(2)
        ? unbroadcast(g.where(x.gt(most).logicalOr(high!.lt(least)), 0), high!.sizes)
        : null,
    ];
  },
});

function betweenTensors(argument: Tensor, min: Operand | null, max: Operand | null): Tensor {
  const bounds = [asTensor(argument, min), asTensor(argument, max)];
  let common: { dtype: DType; ndim: number } = argument;
  for (const one of bounds) {
    if (one !== null) {
      common = { dtype: resultType(common, one), ndim: Math.max(common.ndim, one.ndim) };
    }
  }
  const { dtype } = common;
  if (dtype === 'bool' && min !== null && max !== null) {
    throw new TypeError(
      "clamp: is not defined for bool tensors between bool bounds; convert with to('int32')",
    );
  }
  const x = cast(argument, dtype);
  const [low, high] = bounds.map((one) => one && cast(one, dtype));
  const out = noGrad(() => {
    const above = low === null ? x : x.maximum(low);
    return high === null ? above : above.minimum(high);
  });
  return recordedTensors(out, undefined, x, low, high);
}

const asTensor = (x: Tensor, value: Operand | null): Tensor | null =>
  typeof value === 'number'
    ? scalar('clamp', value, isFloat(x.dtype) ? x.dtype : 'float32')
    : value;
