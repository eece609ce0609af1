/**
 * What losses share: the reduction of per-element losses, and bringing prediction and target together. Warns, as
 * PyTorch does, when the two do not have one shape, because broadcasting then compares every prediction
 * with every target.
 */
import { oneOf, type Fields } from '../../check';
import { isFloat, resultType } from '../../tensor/dtype';
import { broadcastShapes, sameShape, showShape, type Shape } from '../../tensor/shape';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { checkTensor } from '../arguments/check';

/** What a loss returns: their mean, their sum, or all of them. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options of every loss. */
export interface LossOptions {
  /** `'mean'` unless given. */
  reduction?: Reduction;
}

/** The rows of the options that every loss takes. */
export const lossFields: Fields<LossOptions> = {
  reduction: oneOf('mean', 'sum', 'none').or('mean'),
};
/** Options of losses that take a factor for each element. */
export interface WeightedLossOptions extends LossOptions {
  /** Factor of each loss, of the shape of `input`. Default: none. */
  weight?: Tensor | null;
}

/** The rows of the options of losses with weights. */
export const weightedLossFields: Fields<WeightedLossOptions> = {
  ...lossFields,
  weight: anyTensor.orNull.or(null),
};

/**
 * weight·losses, reduced; `mean` divides by Σ weight, or by the number of elements with `byCount`.
 * @throws RangeError unless the weight has the shape of the input.
 */
export function weighted(
  operation: string,
  losses: Tensor,
  input: Tensor,
  weight: Tensor,
  reduction: Reduction,
  byCount = false,
): Tensor {
  if (!sameShape(sizesOf(weight), sizesOf(input))) {
    throw new RangeError(
      `${operation}: weight must have the shape of input, ${showShape(sizesOf(input))}, got ${showShape(sizesOf(weight))}`,
    );
  }
  const each = losses.mul(weight);
  if (reduction !== 'mean' || byCount) return reduced(each, reduction);
  return each.sum().div(weight.sum());
}

export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? losses.mean() : losses.sum();
}

/** The gradient of each of n losses, from that of their reduction; broadcasts to them. */
export const lossGradient = (g: Tensor, reduction: Reduction, n: number): Tensor =>
  reduction === 'mean' ? g.mul(1 / Math.max(n, 1)) : g;

/** @throws TypeError unless both are tensors, and one of them holds floats. */
export function checkPair(operation: string, input: Tensor, target: Tensor): void {
  checkTensors(operation, input, target);
  if (!isFloat(input.dtype) && !isFloat(target.dtype)) refuseIntegers(operation, input);
}

function refuseIntegers(operation: string, input: Tensor, name = 'input'): never {
  throw new TypeError(
    `${operation}: ${name} must be float32 or float64, got ${input.dtype}; convert it with to('float32')`,
  );
}

/**
 * What a loss is given, by name; the first is what the others are compared with.
 * @param integers whether int32 will do in place of floats
 * @throws TypeError unless all are tensors, and one of them holds floats.
 */
export function checkLossInputs(
  operation: string,
  given: Readonly<Record<string, Tensor>>,
  integers = false,
): void {
  const tensors = Object.entries(given);
  for (const [name, x] of tensors) checkTensor(operation, name, x);
  if (tensors.some(([, x]) => isFloat(x.dtype))) return;
  if (integers && tensors.every(([, x]) => x.dtype === 'int32')) return;
  refuseIntegers(operation, tensors[0][1], tensors[0][0]);
}

/** x as floats: what a float that is added makes of integers, which a number such as 0 does not. */
export const floating = (x: Tensor): Tensor => (isFloat(x.dtype) ? x : cast(x, 'float32'));

function checkTensors(operation: string, input: Tensor, target: Tensor): void {
  checkTensor(operation, 'input', input);
  checkTensor(operation, 'target', target);
}

/**
 * Input and target with one shape and element type, by broadcasting and conversion.
 * @param integers whether both may hold integers
 * @throws RangeError when the shapes do not broadcast.
 */
export function aligned(
  operation: string,
  input: Tensor,
  target: Tensor,
  integers = false,
): [Tensor, Tensor] {
  if (integers) checkTensors(operation, input, target);
  else checkPair(operation, input, target);
  return input.dtype === target.dtype && sameShape(sizesOf(input), sizesOf(target))
    ? [input, target]
    : conformed(operation, input, target);
}

function conformed(operation: string, input: Tensor, target: Tensor): [Tensor, Tensor] {
  const shape = broadcastShapes(operation, sizesOf(input), sizesOf(target));
  if (!sameShape(sizesOf(input), sizesOf(target))) {
    warnOnce(
      `${operation}: input is ${showShape(sizesOf(input))}, target is ${showShape(sizesOf(target))}: both are broadcast to ${showShape(shape)}, which is rarely what is meant; give them one shape, for example with view() or squeeze()`,
    );
  }
  const dtype = resultType(input, target);
  const conform = (x: Tensor): Tensor => {
    const same = cast(x, dtype);
    return sameShape(sizesOf(same), shape) ? same : same.expand(shape);
  };
  return [conform(input), conform(target)];
}

/** @throws RangeError unless the shapes broadcast together. */
export function checkBroadcast(operation: string, tensors: readonly Tensor[]): void {
  tensors.reduce<Shape>((shape, x) => broadcastShapes(operation, shape, sizesOf(x)), []);
}

/** @throws RangeError unless input and target have the same shape. */
export function checkSameShape(operation: string, input: Tensor, target: Tensor): void {
  if (sameShape(sizesOf(input), sizesOf(target))) return;
  throw new RangeError(
    `${operation}: input is ${showShape(sizesOf(input))}, target is ${showShape(sizesOf(target))}; they must have the same shape`,
  );
}

const warned = new Set<string>();
// Where the package is part of an ES module there is no __dirname: then each frame counts as its own.
const own = typeof __dirname === 'string' ? __dirname.replace(/[\\/]ops[\\/]loss$/, '') : '';

// Once for each line of a program that causes it: the first frame that is not the package's own.
function warnOnce(message: string): void {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  const site = frames.find((frame) => !frame.includes(own)) ?? '';
  const key = `${message}\n${site}`;
  if (warned.has(key)) return;
  warned.add(key);
  process.emitWarning(message, { type: 'BroadcastWarning', detail: site.trim() });
}
