/** What convolutions and pooling take: numbers that PyTorch also takes as a tuple of one, and the shapes that go together. */
import { either, integer, isArray, oneOf, refuse, Rule, type Fields } from '../../check';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, checkTypes } from '../arguments/check';
import { checkFloat } from '../arguments/floating';

/** A number, alone or as an array of one, as the sizes of one dimension are given. */
export type Single = number | readonly number[];

class SingleRule extends Rule<Single> {
  override check(operation: string, name: string, value: unknown): Single {
    if (integer.accepts(value)) return value;
    if (isArray(value) && value.length === 1) {
      const [item] = value;
      if (integer.accepts(item)) return [item];
    }
    refuse(operation, name, this.must, value);
  }
}

/** An integer of any size, or an array of one, which is copied. */
export const single: Rule<Single> = new SingleRule('an integer, or an array of one');

export const numberOf = (value: Single): number => (typeof value === 'number' ? value : value[0]);

/** The integer of a `single`, of at least `least`. @throws TypeError for what is none; RangeError for a smaller one. */
export function sizeOf(operation: string, name: string, value: Single, least: number): number {
  const size = numberOf(single.check(operation, name, value));
  if (size < least) {
    throw new RangeError(
      `${operation}: ${name} must be an integer of at least ${least}, got ${size}`,
    );
  }
  return size;
}

/** Options of `conv1d`. */
export interface Conv1dOptions {
  /** Steps between windows. Default: 1. */
  stride?: Single;
  /** Zeros at both ends, `'valid'` for none, or `'same'` for an output as long as the input (stride 1). Default: 0. */
  padding?: Single | 'same' | 'valid';
  /** Steps between the elements of a window. Default: 1. */
  dilation?: Single;
  /** Groups of channels, each convolved by itself. Default: 1. */
  groups?: number;
}

export const convolutionFields: Fields<Conv1dOptions> = {
  stride: single.or(1),
  padding: either<Single | 'same' | 'valid'>(single, oneOf('same', 'valid')).or(0),
  dilation: single.or(1),
  groups: integer.or(1),
};

/** Sizes of a convolution that were read. */
export interface Steps {
  readonly stride: number;
  /** Zeros before and after; they differ where `'same'` asks for an odd number of them. */
  readonly before: number;
  readonly after: number;
  readonly dilation: number;
}

/** @throws RangeError for sizes that are none, and `'same'` with a stride. */
export function stepsOf(
  operation: string,
  taps: number,
  given: { stride: Single; padding: Single | 'same' | 'valid'; dilation: Single },
): Steps {
  const stride = sizeOf(operation, 'stride', given.stride, 1);
  const dilation = sizeOf(operation, 'dilation', given.dilation, 1);
  if (given.padding === 'valid') return { stride, before: 0, after: 0, dilation };
  if (given.padding === 'same') {
    if (stride !== 1) {
      throw new RangeError(`${operation}: padding 'same' takes stride 1, got stride ${stride}`);
    }
    const total = dilation * (taps - 1);
    const before = Math.floor(total / 2);
    return { stride, before, after: total - before, dilation };
  }
  const padding = sizeOf(operation, 'padding', given.padding, 0);
  return { stride, before: padding, after: padding, dilation };
}

/** Checks operands of a convolution besides their channels. @throws TypeError, RangeError when they don't go together. */
export function checkOperands(
  operation: string,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
): void {
  checkTensor(operation, 'input', input);
  checkTensor(operation, 'weight', weight);
  checkFloat(operation, input);
  checkTypes(operation, input, weight, ['input', 'weight']);
  if (weight.ndim !== 3) {
    throw new RangeError(
      `${operation}: weight must have 3 dimensions, got shape ${showShape(sizesOf(weight))}`,
    );
  }
  if (input.ndim !== 2 && input.ndim !== 3) {
    throw new RangeError(
      `${operation}: input must be [N, channels, length] or [channels, length], got shape ${showShape(sizesOf(input))}`,
    );
  }
  if (weight.numel === 0) {
    throw new RangeError(
      `${operation}: weight must have elements, got shape ${showShape(sizesOf(weight))}`,
    );
  }
  if (groups < 1) {
    throw new RangeError(`${operation}: groups must be an integer of at least 1, got ${groups}`);
  }
  if (sizesOf(weight)[0] % groups !== 0) {
    throw new RangeError(
      `${operation}: groups must divide the first size of weight, got ${groups} groups for weight ${showShape(sizesOf(weight))}`,
    );
  }
  if (bias !== null) checkTypes(operation, input, bias, ['input', 'bias']);
}

/** @throws RangeError unless `bias` is null or [channels]. */
export function checkBias(operation: string, bias: Tensor | null, channels: number): void {
  if (bias === null || (bias.ndim === 1 && bias.numel === channels)) return;
  throw new RangeError(
    `${operation}: bias must have shape [${channels}], got ${showShape(sizesOf(bias))}`,
  );
}

/** A bias as an argument: a tensor, null, or left out. */
export function biasOf(operation: string, bias: unknown): Tensor | null {
  return bias === undefined ? null : anyTensor.orNull.check(operation, 'bias', bias);
}
