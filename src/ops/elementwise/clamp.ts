/**
 * clamp: x limited to two bounds. dx = g where min ≤ x ≤ max, else 0; a tensor bound receives the gradient where
 * it was chosen. Saves x and the bounds.
 */
import { calledAs, either, numberOrBoolean, optionsTable, surplus } from '../../check';
import { family } from '../../native/families';
import { runClamp, runClampBackward } from '../../native/calls';
import { isFloat, resultTypeOf, type DType } from '../../tensor/dtype';
import { anyTensor, isTensor } from '../../tensor/rules';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient, type ContextOf } from '../declare/gradient';
import { byteOf } from '../arguments/byte';
import { checkTensor, type GivenOperand, type Operand } from '../arguments/check';
import { operand } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { emptyAs } from '../kernels/result';
import { inPlace } from '../inplace/inplace';
import { unbroadcast } from '../declare/unbroadcast';
import { unrecorded } from '../declare/composed';

const kernels = family('clamp');
const backwardKernels = family('clamp_backward');

/** Bounds of `clamp`. */
export interface ClampOptions {
  /** Lower bound; none unless given. */
  min?: GivenOperand | null;
  /** Upper bound; where it is below the lower one, it wins. */
  max?: GivenOperand | null;
}

type Bound = GivenOperand | null | undefined;

const oneBound = either<GivenOperand>(numberOrBoolean, anyTensor);
const bound = oneBound.orNull;
const options = optionsTable<ClampOptions>('clamp', { min: bound.or(null), max: bound.or(null) });

/** Both bounds, given by position or by name; truth values are the numbers 1 and 0. */
function boundsOf(
  operation: string,
  x: Tensor,
  min: Bound | ClampOptions,
  max: Bound,
): [Operand | null, Operand | null] {
  const named = typeof min === 'object' && min !== null && max === undefined && !isTensor(min);
  const given = named
    ? options.read(min, operation)
    : {
        min: bound.check(operation, 'min', min ?? null),
        max: bound.check(operation, 'max', max ?? null),
      };
  const { min: low, max: high } = given;
  if (low === null && high === null) {
    throw new TypeError(
      `${operation}: needs min, max or both, for example ${operation}(0, 1) or ${operation}({ min: 0 })`,
    );
  }
  if (x.dtype === 'bool') refuseBooleans(operation, [low, high]);
  return [numberOf(low), numberOf(high)];
}

const numberOf = (x: GivenOperand | null): Operand | null =>
  typeof x === 'boolean' ? Number(x) : x;

/** @throws TypeError for truth values that are the bounds of truth values. */
function refuseBooleans(operation: string, bounds: readonly unknown[]): void {
  const ofBool = bounds.every(
    (one) => one === null || typeof one === 'boolean' || (isTensor(one) && one.dtype === 'bool'),
  );
  if (ofBool && bounds.some((one) => typeof one === 'boolean')) refuseBool(operation);
}

function refuseBool(operation: string): never {
  throw new TypeError(
    `${operation}: is not defined for bool tensors between bool bounds; convert with to('int32')`,
  );
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
  const [low, high] = boundsOf(operation, x, min, max);
  const numbers = typeof (low ?? 0) === 'number' && typeof (high ?? 0) === 'number';
  return numbers
    ? betweenNumbers(operation, x, low as number | null, high as number | null)
    : betweenTensors(operation, x, low, high);
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
  const [low, high] = boundsOf(operation, x, min, max);
  const tensors = [low, high].filter(
    (one): one is Tensor => typeof one === 'object' && one !== null,
  );
  return inPlace(operation, x, tensors, (y) => limited(operation, y, low, high));
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
export function clampMin(x: Tensor, min: GivenOperand): Tensor {
  if (arguments.length > 2) surplus('clampMin', arguments, 2, 'min');
  return limited('clampMin', x, oneBound.check('clampMin', 'min', min), null);
}
/**
 * x = clampMin(x, min); returns x (torch.clamp_min_).
 * @throws TypeError unless `min` is a number or a tensor; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clampMin_(-1) // [-1, 0, 2]
 */
export function clampMin_(x: Tensor, min: GivenOperand): Tensor {
  if (arguments.length > 2) surplus('clampMin_', arguments, 2, 'min');
  return limitedInPlace('clampMin_', x, oneBound.check('clampMin_', 'min', min), null);
}
/**
 * x, but nowhere above `max`, a number or a tensor (torch.clamp_max).
 * @throws TypeError unless `max` is a number or a tensor.
 * @example tensor([-2, 0, 2]).clampMax(1) // [-2, 0, 1]
 */
export function clampMax(x: Tensor, max: GivenOperand): Tensor {
  if (arguments.length > 2) surplus('clampMax', arguments, 2, 'max');
  return limited('clampMax', x, null, oneBound.check('clampMax', 'max', max));
}
/**
 * x = clampMax(x, max); returns x (torch.clamp_max_).
 * @throws TypeError unless `max` is a number or a tensor; Error on a leaf that requires gradients.
 * @example tensor([-2, 0, 2]).clampMax_(1) // [-2, 0, 1]
 */
export function clampMax_(x: Tensor, max: GivenOperand): Tensor {
  if (arguments.length > 2) surplus('clampMax_', arguments, 2, 'max');
  return limitedInPlace('clampMax_', x, null, oneBound.check('clampMax_', 'max', max));
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly operation: string;
}
/** PyTorch's name of the backward node; `last` is the number behind that of clamp. */
const nodeOf = (operation: string, last: 0 | 1): string => {
  const [, side] = /^clamp(Min|Max)?/.exec(operation) ?? [];
  return side === undefined ? `ClampBackward${last}` : `Clamp${side}Backward${1 - last}`;
};
const recordedNumbers = gradient<[Tensor], [Tensor], Range>('clamp', {
  node: (_, { operation }) => nodeOf(operation, 1),
  saves: ([x]) => [x],
  rule: (g, [x], { low, high }) => [g.where(x.ge(low).logicalAnd(x.le(high)), 0)],
  fused: (g, [x], { low, high }) => {
    const dx = emptyAs(x);
    runClampBackward(pick('clamp', backwardKernels, x.dtype), g, x, dx, low, high);
    return [dx];
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type ClampContext = ContextOf<typeof recordedNumbers>;

function betweenNumbers(
  operation: string,
  argument: Tensor,
  min: number | null,
  max: number | null,
): Tensor {
  const x = isFloat(argument.dtype) ? argument : cast(argument, typeBetween(argument, min, max));
  if (x.dtype === 'uint8') return betweenBytes(operation, x, min, max);
  const low = min ?? -Infinity;
  const high = max ?? Infinity;
  const out = emptyAs(x);
  runClamp(pick(operation, kernels, x.dtype), x, out, low, high);
  return recordedNumbers(out, { low, high, operation }, x);
}

// An infinite bound is none.
function betweenBytes(
  operation: string,
  x: Tensor,
  min: number | null,
  max: number | null,
): Tensor {
  const inBytes = (one: number | null): number | null =>
    one === null || !Number.isFinite(one) ? one : byteOf(operation, one);
  return cast(betweenNumbers(operation, cast(x, 'int32'), inBytes(min), inBytes(max)), 'uint8');
}

/** The type of integers between numbers. An infinite bound is none, and so leaves it as it is. */
const typeBetween = (x: Tensor, min: number | null, max: number | null): DType =>
  resultTypeOf([
    x,
    ...[min, max].filter((one) => one !== null && Number.isFinite(one)),
  ] as Operand[]);

type Bounded = readonly [x: Tensor, low: Tensor | null, high: Tensor | null];
const recordedTensors = gradient<Bounded, Bounded, string>('clamp', {
  node: (_, operation) => nodeOf(operation, 0),
  saves: (bounded) => bounded,
  rule: (g, [x, low, high], _, node) => {
    const [least, most] = [low ?? -Infinity, high ?? Infinity];
    return [
      node.needs(0)
        ? unbroadcast(g.where(x.ge(least).logicalAnd(x.le(most)), 0), sizesOf(x))
        : null,
      node.needs(1)
        ? unbroadcast(
            g.where(high === null ? x.lt(low!) : x.lt(low!).logicalAnd(low!.lt(high)), 0),
            sizesOf(low!),
          )
        : null,
      node.needs(2)
        ? unbroadcast(g.where(x.gt(most).logicalOr(high!.lt(least)), 0), sizesOf(high!))
        : null,
    ];
  },
});

function betweenTensors(
  operation: string,
  argument: Tensor,
  min: Operand | null,
  max: Operand | null,
): Tensor {
  const given = [min, max].filter((one) => one !== null);
  const dtype = resultTypeOf([argument, ...(given.some(isNumber) ? given.map(ranked) : given)]);
  if (dtype === 'bool' && given.length === 2) refuseBool(operation);
  const x = cast(argument, dtype);
  const [low, high] = [min, max].map((one) =>
    one === null ? null : operand(operation, one, dtype),
  );
  const limit = (): Tensor => {
    const above = low === null ? x : x.maximum(low);
    return high === null ? above : above.minimum(high);
  };
  const out = calledAs(operation, () => unrecorded(limit));
  return recordedTensors(out, operation, x, low, high);
}

const isNumber = (x: Operand): boolean => typeof x === 'number';
// Beside a bound that is a number a 0-dimensional tensor promotes as one: PyTorch reads it as a number there.
const ranked = (x: Operand): Operand =>
  typeof x === 'number' || x.ndim > 0 ? x : isFloat(x.dtype) ? 0.5 : 1;
