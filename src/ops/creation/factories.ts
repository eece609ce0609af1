/** Tensor creation: from JavaScript values, constants, ranges. */
import {
  boolean,
  count as anyCount,
  either,
  number,
  optionsTable,
  refuse,
  type Resolved,
  surplus,
} from '../../check';
import { noGrad } from '../../autograd/mode';
import { family } from '../../native/families';
import { runFill } from '../../native/calls';
import { isFloat, isInteger, type DType, type TypedArray } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { anyTensor, dtype as anyDType } from '../../tensor/rules';
import { checkShape, showShape, surplusSizes, type Shape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { elementsOf, sizesOf, empty as uninitialised } from '../../tensor/tensor';
import { byteOf } from '../arguments/byte';
import { checkTensor } from '../arguments/check';
import { emptyAs } from '../kernels/result';
import { readNested } from '../arguments/nested';
import { verifyRuns } from '../kernels/bounds';
import { pick } from '../kernels/launch';

/** Options of functions that create tensors. */
export interface TensorOptions {
  /** Element type; float32 unless said otherwise. */
  dtype?: DType;
  /** Whether `backward` computes a gradient for it. */
  requiresGrad?: boolean;
}

/** What `tensor()` takes: a number, a boolean, (nested) arrays of them, or a typed array. */
export type TensorLike = number | boolean | TypedArray | Uint8ClampedArray | readonly TensorLike[];

export const tensorOptions = optionsTable<TensorOptions, 'dtype' | 'requiresGrad'>('tensor', {
  dtype: anyDType.optional,
  requiresGrad: boolean.optional,
});
type Wanted = Resolved<TensorOptions, 'dtype' | 'requiresGrad'>;

/** `x` as the options say. */
export function finish(x: Tensor, { requiresGrad }: Wanted): Tensor {
  if (requiresGrad !== undefined) x.requiresGrad = requiresGrad;
  return x;
}

const arrayTypes: Readonly<Record<string, DType | undefined>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
};

function fromTypedArray(
  operation: string,
  data: ArrayBufferView,
  dtype: DType | undefined,
): Tensor {
  const kind = Object.prototype.toString.call(data).slice(8, -1);
  const own = arrayTypes[kind];
  if (own === undefined) {
    throw new TypeError(
      `${operation}: takes Float32Array, Float64Array, Int32Array, Uint8Array or Uint8ClampedArray, got ${kind}`,
    );
  }
  const source = data as TypedArray;
  if (isDetached(source)) {
    throw new TypeError(
      `${operation}: the ${kind}'s ArrayBuffer is detached (it was transferred to another thread); copy the data before transferring it`,
    );
  }
  const type = dtype ?? own;
  // Of the array itself, whatever a property of that name says.
  const length = lengthProperty.get!.call(source) as number;
  const out = uninitialised([length], type);
  if (type === own) elementsOf(out, length).set(source);
  else fill(operation, out, length, (i) => source[i]);
  return out;
}

const lengthProperty = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  'length',
)!;

// A detached buffer reports no bytes, and nothing can be made over it.
function isDetached(array: TypedArray): boolean {
  if (array.byteLength > 0) return false;
  try {
    new Uint8Array(array.buffer);
    return false;
  } catch {
    return true;
  }
}

function fill(operation: string, out: Tensor, count: number, value: (i: number) => number): void {
  const memory = elementsOf(out, count);
  const { dtype } = out;
  if (isFloat(dtype)) for (let i = 0; i < count; i++) memory[i] = value(i);
  else for (let i = 0; i < count; i++) memory[i] = elementOf(operation, value(i), dtype);
}

// A number in an element type.
function elementOf(operation: string, value: number, dtype: DType): number {
  if (dtype === 'bool') return value !== 0 ? 1 : 0;
  if (dtype === 'uint8') return byteOf(operation, value);
  return dtype === 'int32' ? whole(operation, value) : value;
}

const fitsInt32 = (value: number): boolean => value >= -2147483648 && value <= 2147483647;

// memory[i] = start + step·(from + i), without the fraction in integers, modulo 256 in bytes.
function ramp(
  memory: TypedArray,
  begin: number,
  end: number,
  start: number,
  step: number,
  from: number,
): void {
  for (let i = begin; i < end; i++) memory[i] = start + step * (from + i);
}

// As an int32, without the fraction.
function whole(operation: string, value: number): number {
  const truncated = Math.trunc(value);
  if (!fitsInt32(truncated)) {
    throw new RangeError(
      `${operation}: ${value} does not fit int32 (-2147483648 to 2147483647); use dtype float64`,
    );
  }
  return truncated;
}

/**
 * A tensor of the given values, copied (torch.tensor). Numbers become float32, booleans bool, a typed array its
 * own type, unless `dtype` says otherwise.
 * @throws TypeError for values that are neither; RangeError for rows of unequal length.
 * @example tensor([[1, 2], [3, 4]])
 */
export function tensor(data: TensorLike, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplus('tensor', arguments, 2, 'options');
  const wanted = tensorOptions.read(options, 'tensor');
  return finish(fromValues('tensor', data, wanted.dtype), wanted);
}

/** A copy of the values in the given element type, or in their own. */
export function fromValues(operation: string, data: TensorLike, dtype: DType | undefined): Tensor {
  if (ArrayBuffer.isView(data)) return fromTypedArray(operation, data, dtype);
  const { shape, values, booleans } = readNested(operation, data);
  const allBooleans = booleans > 0 && booleans === values.length;
  const out = uninitialised(shape, dtype ?? (allBooleans ? 'bool' : 'float32'));
  fill(operation, out, values.length, (i) => values[i]);
  return out;
}

/**
 * An uninitialized tensor (torch.empty).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example empty([2]) // [0, 0]
 */
export function empty(shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplusSizes('empty', arguments, 2, 0);
  // Zeros, so that a program that reads it before writing does not differ from run to run.
  return uniform('empty', shape, 0, options);
}

const fillKernels = family('fill');

/** The same value everywhere; sizes, value and type have been checked. */
export function constant(shape: Shape, value: number, dtype: DType): Tensor {
  return fillWith(uninitialised(shape, dtype), value);
}

/** The same in the memory of `out`, any view; not recorded. */
export function fillWith(out: Tensor, value: number): Tensor {
  runFill(pick('fill', fillKernels, out.dtype), out, value);
  return out;
}

function checkValue(operation: string, value: unknown, dtype: DType): number {
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    refuse(operation, 'the value', 'a number', value);
  }
  return elementOf(operation, Number(value), dtype);
}

/** The same number everywhere. Without options, as nearly always, only the shape is checked. */
const uniform = (
  operation: string,
  shape: Shape,
  value: number,
  options: TensorOptions | undefined,
): Tensor =>
  options === undefined
    ? constant(checkShape(operation, shape), value, 'float32')
    : filled(operation, shape, value, options);

function filled(
  operation: string,
  shape: Shape,
  value: number | boolean,
  options: TensorOptions | undefined,
): Tensor {
  const sizes = checkShape(operation, shape, operation === 'full' ? undefined : options);
  const wanted = tensorOptions.read(options, operation);
  const { dtype = typeof value === 'boolean' ? 'bool' : 'float32' } = wanted;
  return finish(constant(sizes, checkValue(operation, value, dtype), dtype), wanted);
}

/**
 * A tensor whose elements are all `value` (torch.full): bool of a boolean, else float32, unless `dtype` says otherwise.
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example full([2], 7) // [7, 7]
 */
export function full(shape: Shape, value: number | boolean, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplus('full', arguments, 3, 'options');
  return filled('full', shape, value, options);
}
/**
 * A tensor of zeros (torch.zeros).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example zeros([2]) // [0, 0]
 */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplusSizes('zeros', arguments, 2, 0);
  return uniform('zeros', shape, 0, options);
}
/**
 * A tensor of ones (torch.ones).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example ones([2]) // [1, 1]
 */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplusSizes('ones', arguments, 2, 0);
  return uniform('ones', shape, 1, options);
}

/**
 * The same number everywhere, unless the options say otherwise in x's element type.
 * @param shape null for x's own, in its order in memory
 */
export function like(
  operation: string,
  x: Tensor,
  shape: Shape | null,
  value: number | boolean,
  options: TensorOptions | undefined,
): Tensor {
  const wanted = tensorOptions.read(options, operation);
  const { dtype = x.dtype } = wanted;
  const element = checkValue(operation, value, dtype);
  const out = shape === null ? emptyAs(x, dtype) : uninitialised(shape, dtype);
  return finish(fillWith(out, element), wanted);
}
/**
 * Zeros of x's shape and element type (torch.zeros_like).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind.
 * @example zerosLike(tensor([1, 2])) // [0, 0]
 */
export function zerosLike(x: Tensor, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplus('zerosLike', arguments, 2, 'options');
  checkTensor('zerosLike', 'x', x);
  return like('zerosLike', x, null, 0, options);
}
/**
 * An uninitialized tensor of x's shape and element type (torch.empty_like).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind.
 * @example emptyLike(tensor([1, 2])) // [0, 0]
 */
export function emptyLike(x: Tensor, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplus('emptyLike', arguments, 2, 'options');
  checkTensor('emptyLike', 'x', x);
  return like('emptyLike', x, null, 0, options);
}
/**
 * Ones of x's shape and element type (torch.ones_like).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind.
 * @example onesLike(tensor([1, 2])) // [1, 1]
 */
export function onesLike(x: Tensor, options?: TensorOptions): Tensor {
  if (arguments.length > 2) surplus('onesLike', arguments, 2, 'options');
  checkTensor('onesLike', 'x', x);
  return like('onesLike', x, null, 1, options);
}
/**
 * A tensor of x's shape and element type filled with `value` (torch.full_like).
 * @throws TypeError unless `x` is a tensor, or for an option of the wrong kind.
 * @example fullLike(tensor([1, 2]), 7) // [7, 7]
 */
export function fullLike(x: Tensor, value: number | boolean, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplus('fullLike', arguments, 3, 'options');
  checkTensor('fullLike', 'x', x);
  return like('fullLike', x, null, value, options);
}

/**
 * start, start + step, … below end (torch.arange). int32 when all arguments are integers, else float32.
 * `arange(end)` starts at 0.
 * With dtype int32 or uint8, whose elements are modulo 256, start and step lose their fractions, but only once they and `end` have said how many there are.
 * @throws TypeError unless start, end and step are numbers, and for bool; RangeError for a step of 0 or one that
 * does not lead to `end`.
 * @example arange(0, 6, 2) // [0, 2, 4]
 */
export function arange(
  start: number,
  end?: number | TensorOptions,
  step?: number | TensorOptions,
  options?: TensorOptions,
): Tensor {
  if (arguments.length > 4) surplus('arange', arguments, 4, 'options');
  const given: readonly unknown[] = [start, end, step, options];
  let count = 0;
  while (count < 3 && typeof given[count] === 'number') count++;
  const [chosen, ...more] = given.slice(count).filter((x) => x !== undefined);
  // A number after an argument that is none: that argument, not the options, is wrong.
  if (count === 0 || more.length > 0 || typeof chosen === 'number') {
    refuse('arange', ['start', 'end', 'step'][Math.min(count, 2)], 'a number', given[count]);
  }
  const wanted = tensorOptions.read(chosen as TensorOptions | undefined, 'arange');
  const [from, to, by] = [
    count > 1 ? start : 0,
    (count > 1 ? end : start) as number,
    count > 2 ? (step as number) : 1,
  ];
  if (!Number.isFinite(from) || !Number.isFinite(to) || !Number.isFinite(by)) {
    throw new RangeError(`arange: start, end and step must be finite, got ${from}, ${to}, ${by}`);
  }
  if (by === 0 || (by > 0 ? to < from : to > from)) {
    throw new RangeError(`arange: a step of ${by} does not lead from ${from} to ${to}`);
  }
  const integers = [from, to, by].every(Number.isInteger);
  const { dtype = integers ? 'int32' : 'float32' } = wanted;
  if (dtype === 'bool') throw new TypeError('arange: is not defined for bool; use int32');
  const length = Math.ceil((to - from) / by);
  const out = uninitialised(checkShape('arange', [length]), dtype);
  // Of integers first and step are integers, as in PyTorch; how many there are follows from the fractions.
  const [first, gap] = isInteger(dtype) ? [Math.trunc(from), Math.trunc(by)] : [from, by];
  const last = first + (length - 1) * gap;
  // int32 holds all of them if it holds both ends; refused is the first that it does not hold.
  if (dtype === 'int32' && length > 0 && !(fitsInt32(first) && fitsInt32(last))) {
    for (let i = 0; i < length; i++) whole('arange', first + i * gap);
  }
  ramp(elementsOf(out, length), 0, length, first, gap, 0);
  return finish(out, wanted);
}

/**
 * `steps` values evenly spaced from `start` to `end`, both included (torch.linspace).
 * @param start a number, or a tensor of 0 dimensions; without its fraction for int32 and uint8
 * @param end the same
 * @throws TypeError unless start and end are numbers or tensors; RangeError for a tensor of more dimensions, and when
 * `steps` is no integer of at least 0.
 * @example linspace(0, 1, 3) // [0, 0.5, 1]
 */
export function linspace(
  start: number | Tensor,
  end: number | Tensor,
  steps: number,
  options?: TensorOptions,
): Tensor {
  if (arguments.length > 4) surplus('linspace', arguments, 4, 'options');
  const [first, last] = [endOf('start', start), endOf('end', end)];
  anyCount.check('linspace', 'steps', steps);
  const wanted = tensorOptions.read(options, 'linspace');
  const { dtype = 'float32' } = wanted;
  const sizes = checkShape('linspace', [steps]);
  if (typeof first !== 'number' || typeof last !== 'number') {
    return finish(between(first, last, steps, dtype), wanted);
  }
  const out = uninitialised(sizes, dtype);
  const [from, to] = isInteger(dtype)
    ? [elementOf('linspace', first, dtype), elementOf('linspace', last, dtype)]
    : [first, last];
  const gap = steps > 1 ? (to - from) / (steps - 1) : 0;
  // From both ends, so that the last value is `end` itself.
  const memory = elementsOf(out, steps);
  if (dtype === 'bool') {
    const at = (i: number): number => (i < steps / 2 ? from + gap * i : to - gap * (steps - 1 - i));
    fill('linspace', out, steps, at);
    return finish(out, wanted);
  }
  const half = Math.ceil(steps / 2);
  ramp(memory, 0, half, from, gap, 0);
  ramp(memory, half, steps, to, gap, 1 - steps);
  return finish(out, wanted);
}

/** The same of ends that are tensors in a trace, which has no values: by operations on them. */
function between(
  start: number | Tensor,
  end: number | Tensor,
  steps: number,
  dtype: DType,
): Tensor {
  return noGrad(() => {
    const given = [start, end].map((one) => {
      const exact = typeof one === 'number' ? constant([], one, 'float64') : one.to('float64');
      return isInteger(dtype) ? exact.trunc() : exact;
    });
    const bytes = dtype === 'uint8';
    if (isInteger(dtype)) {
      const [low, high] = bytes ? [-255, 255] : [-2147483648, 2147483647];
      const fits = given.map((one) => one.ge(low).logicalAnd(one.le(high)));
      const refusal = bytes
        ? 'linspace: an end does not fit uint8 (0 to 255, and -1 to -255 modulo 256); use dtype int32'
        : 'linspace: an end does not fit int32 (-2147483648 to 2147483647); use dtype float64';
      verifyRuns(() => [fits[0].logicalAnd(fits[1]), refusal]);
    }
    const [from, to] = bytes ? given.map((one) => one.remainder(256)) : given;
    const i = arange(steps, { dtype: 'float64' });
    const gap = to.sub(from).div(Math.max(steps - 1, 1));
    const ascending = from.add(gap.mul(i));
    const descending = to.sub(gap.mul(i.rsub(steps - 1)));
    return ascending.where(i.lt(steps / 2), descending).to(dtype);
  });
}

const numberOrTensor = either<number | Tensor>(number, anyTensor);
function endOf(name: string, value: number | Tensor): number | Tensor {
  const given = numberOrTensor.check('linspace', name, value);
  if (typeof given === 'number') return given;
  if (given.ndim > 0) {
    throw new RangeError(
      `linspace: ${name} must have 0 dimensions, got shape ${showShape(sizesOf(given))}`,
    );
  }
  return executor.isTrace ? given : given.item();
}

/**
 * The n × m identity matrix, n × n without m (torch.eye).
 * @throws TypeError for an option of the wrong kind; RangeError for a size that is no integer of at least 0.
 * @example eye(2) // [[1, 0], [0, 1]]
 */
export function eye(n: number, m?: number | TensorOptions, options?: TensorOptions): Tensor {
  if (arguments.length > 3) surplus('eye', arguments, 3, 'options');
  const rows = anyCount.check('eye', 'n', n);
  const columns = typeof m === 'number' ? anyCount.check('eye', 'm', m) : rows;
  const wanted = tensorOptions.read(typeof m === 'number' ? options : (options ?? m), 'eye');
  const { dtype = 'float32' } = wanted;
  const out = uninitialised(checkShape('eye', [rows, columns]), dtype);
  const memory = elementsOf(out, out.numel).fill(0);
  for (let i = 0; i < Math.min(rows, columns); i++) memory[i * columns + i] = 1;
  return finish(out, wanted);
}
