/** Pooling of signals: the largest element, the mean or the norm of each window. */
import { calledAs, boolean, number, optionsTable, surplus } from '../../check';
import { abs, mul, pow, relu, sign } from '../../ops';
import { checkFloat } from '../../ops/arguments/floating';
import { single, sizeOf, type Single } from '../../ops/convolution/arguments';
import { checkSignal, poolMax, poolMean, type Windows } from '../../ops/pooling/pool';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, type Tensor } from '../../tensor/tensor';

const steps = {
  stride: single.orNull.or(null),
  padding: single.or(0),
  ceilMode: boolean.or(false),
};

interface Steps {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** The sizes of a pooling; the stride is the window's size unless given. @throws RangeError for sizes that are none. */
function stepsOf(
  operation: string,
  kernelSize: Single,
  given: { stride: Single | null; padding: Single; dilation?: Single },
): Steps {
  const size = sizeOf(operation, 'kernelSize', kernelSize, 1);
  const stride = given.stride === null ? size : sizeOf(operation, 'stride', given.stride, 1);
  const padding = sizeOf(operation, 'padding', given.padding, 0);
  const dilation = sizeOf(operation, 'dilation', given.dilation ?? 1, 1);
  if (2 * padding > dilation * (size - 1) + 1) {
    throw new RangeError(
      `${operation}: padding must be at most half of what the window spans, got ${padding} for ${dilation * (size - 1) + 1}`,
    );
  }
  return { size, stride, padding, dilation };
}

/** The first position of each window, before 0 in the padding. @throws RangeError when there is none. */
function startsOf(
  operation: string,
  length: number,
  { size, stride, padding, dilation }: Steps,
  ceilMode: boolean,
): number[] {
  const rest = length + 2 * padding - dilation * (size - 1) - 1;
  let windows = (ceilMode ? Math.ceil(rest / stride) : Math.floor(rest / stride)) + 1;
  // The last window begins inside of the input or its left padding.
  if (ceilMode && (windows - 1) * stride >= length + padding) windows--;
  if (windows < 1) {
    throw new RangeError(
      `${operation}: the window spans ${dilation * (size - 1) + 1} elements, more than the ${length + 2 * padding} of the padded input`,
    );
  }
  return Array.from({ length: windows }, (_, t) => t * stride - padding);
}

/** Options of `maxPool1d`. */
export interface MaxPool1dOptions<Indices extends boolean = boolean> {
  /** Steps between windows; null for the window's size. Default: null. */
  stride?: Single | null;
  /** Elements that are added at both ends, and never chosen; at most half of a window. Default: 0. */
  padding?: Single;
  /** Steps between the elements of a window. Default: 1. */
  dilation?: Single;
  /** Whether a last window that reaches past the end counts. Default: false. */
  ceilMode?: boolean;
  /** Whether the places of the elements are returned as well. Default: false. */
  returnIndices?: Indices;
}

/** Of `maxPool1d` and `MaxPool1d`. */
export const maxPoolOptions = optionsTable<MaxPool1dOptions>('maxPool1d', {
  ...steps,
  dilation: single.or(1),
  returnIndices: boolean.or(false),
});

/** What a pooling returns: values, with `returnIndices` also their places. */
export type Pooled<Indices extends boolean> = Indices extends true
  ? [values: Tensor, indices: Tensor]
  : Tensor;

/**
 * The largest element of each window (torch.nn.functional.max_pool1d), NaN above all.
 * @param input [N, C, L] or [C, L]
 * @param kernelSize elements of a window
 * @returns [N, C, T] or [C, T]; with `returnIndices` also where along L each of them is, int32
 * @throws TypeError for what is no tensor of numbers or no option; RangeError for other dimensions, sizes that are none, and a
 * window longer than the padded input or of padding alone.
 * @example nn.functional.maxPool1d(tensor([[1, 3, 2, 5]]), 2) // [[3, 5]]
 */
export function maxPool1d<Indices extends boolean = false>(
  input: Tensor,
  kernelSize: Single,
  options?: MaxPool1dOptions<Indices>,
): Pooled<Indices> {
  if (arguments.length > 3) surplus('maxPool1d', arguments, 3, 'options');
  const { ceilMode, returnIndices, ...given } = maxPoolOptions.read(options);
  anyTensor.check('maxPool1d', 'input', input);
  checkSignal('maxPool1d', input);
  const sizes = stepsOf('maxPool1d', kernelSize, given);
  const length = sizesOf(input)[input.ndim - 1];
  const { size, dilation } = sizes;
  const windows = startsOf('maxPool1d', length, sizes, ceilMode).map((start) => {
    const begin = start < 0 ? start + Math.ceil(-start / dilation) * dilation : start;
    if (begin >= length) {
      throw new RangeError(
        `maxPool1d: the window that begins at ${start} holds padding alone, with dilation ${dilation} and ${length} positions; take a smaller padding or dilation`,
      );
    }
    return [begin, Math.min(start + dilation * (size - 1) + 1, length)] as const;
  });
  const pooled = poolMax('maxPool1d', input, windows, dilation, { ...sizes, ceilMode });
  return (returnIndices ? pooled : pooled[0]) as Pooled<Indices>;
}

/** Options of `avgPool1d`. */
export interface AvgPool1dOptions {
  /** Steps between windows; null for the window's size. Default: null. */
  stride?: Single | null;
  /** Zeros that are added at both ends; at most half of a window. Default: 0. */
  padding?: Single;
  /** Whether a last window that reaches past the end counts. Default: false. */
  ceilMode?: boolean;
  /** Whether zeros of the padding count in the mean. Default: true. */
  countIncludePad?: boolean;
}

/** Of `avgPool1d` and `AvgPool1d`. */
export const avgPoolOptions = optionsTable<AvgPool1dOptions>('avgPool1d', {
  ...steps,
  countIncludePad: boolean.or(true),
});

/**
 * The mean of each window (torch.nn.functional.avg_pool1d).
 * @param input [N, C, L] or [C, L]
 * @param kernelSize elements of a window
 * @returns [N, C, T] or [C, T]
 * @throws TypeError for what is no tensor of floats or no option; RangeError for other dimensions, sizes that are none, and a
 * window longer than the padded input.
 * @example nn.functional.avgPool1d(tensor([[1, 3, 2, 4]]), 2) // [[2, 3]]
 */
export function avgPool1d(input: Tensor, kernelSize: Single, options?: AvgPool1dOptions): Tensor {
  if (arguments.length > 3) surplus('avgPool1d', arguments, 3, 'options');
  const { ceilMode, countIncludePad, ...given } = avgPoolOptions.read(options);
  anyTensor.check('avgPool1d', 'input', input);
  checkFloat('avgPool1d', input);
  checkSignal('avgPool1d', input);
  const sizes = stepsOf('avgPool1d', kernelSize, given);
  const length = sizesOf(input)[input.ndim - 1];
  const starts = startsOf('avgPool1d', length, sizes, ceilMode);
  const { size, padding } = sizes;
  const windows = starts.map(
    (start) => [Math.max(start, 0), Math.min(start + size, length)] as const,
  );
  const divisors = windows.map(([begin, end], t) =>
    countIncludePad ? Math.min(starts[t] + size, length + padding) - starts[t] : end - begin,
  );
  return poolMean('avgPool1d', input, {
    ...{ windows, divisors, length },
    sizes: { ...sizes, ceilMode, countIncludePad },
  });
}

// Of a window each there is a row in a table.
const mostWindows = 2 ** 24;

/** Windows that cut a signal into `outputSize` of about one size: t·L/T down to (t + 1)·L/T up. @throws RangeError for too many. */
function evenWindows(operation: string, length: number, outputSize: Single): Windows {
  const count = sizeOf(operation, 'outputSize', outputSize, 1);
  if (count > mostWindows) {
    throw new RangeError(
      `${operation}: outputSize must be an integer of at most ${mostWindows}, got ${count}`,
    );
  }
  return Array.from(
    { length: count },
    (_, t) => [Math.floor((t * length) / count), Math.ceil(((t + 1) * length) / count)] as const,
  );
}

/**
 * The mean of each of `outputSize` windows of about one size that cover the signal (torch.nn.functional.adaptive_avg_pool1d).
 * @param input [N, C, L] or [C, L]
 * @param outputSize positions of the result
 * @throws TypeError for what is no tensor of floats; RangeError for other dimensions and a size that is none.
 * @example nn.functional.adaptiveAvgPool1d(tensor([[1, 3, 2, 4]]), 2) // [[2, 3]]
 */
export function adaptiveAvgPool1d(input: Tensor, outputSize: Single): Tensor {
  if (arguments.length > 2) surplus('adaptiveAvgPool1d', arguments, 2, 'outputSize');
  anyTensor.check('adaptiveAvgPool1d', 'input', input);
  checkFloat('adaptiveAvgPool1d', input);
  checkSignal('adaptiveAvgPool1d', input, 1);
  const length = sizesOf(input)[input.ndim - 1];
  const windows = evenWindows('adaptiveAvgPool1d', length, outputSize);
  const divisors = windows.map(([begin, end]) => end - begin);
  return poolMean('adaptiveAvgPool1d', input, { windows, divisors, length });
}

/** Options of `adaptiveMaxPool1d`. */
export interface AdaptiveMaxPool1dOptions<Indices extends boolean = boolean> {
  /** Whether the places of the elements are returned as well. Default: false. */
  returnIndices?: Indices;
}

/** Of `adaptiveMaxPool1d` and `AdaptiveMaxPool1d`. */
export const adaptiveMaxPoolOptions = optionsTable<AdaptiveMaxPool1dOptions>('adaptiveMaxPool1d', {
  returnIndices: boolean.or(false),
});

/**
 * The largest element of each of `outputSize` windows of about one size that cover the signal
 * (torch.nn.functional.adaptive_max_pool1d).
 * @param input [N, C, L] or [C, L]
 * @param outputSize positions of the result
 * @returns [N, C, outputSize] or [C, outputSize]; with `returnIndices` also where along L each of them is, int32
 * @throws TypeError for what is no tensor of floats or no option; RangeError for other dimensions and a size that is none.
 * @example nn.functional.adaptiveMaxPool1d(tensor([[1, 3, 2, 5]]), 2) // [[3, 5]]
 */
export function adaptiveMaxPool1d<Indices extends boolean = false>(
  input: Tensor,
  outputSize: Single,
  options?: AdaptiveMaxPool1dOptions<Indices>,
): Pooled<Indices> {
  if (arguments.length > 3) surplus('adaptiveMaxPool1d', arguments, 3, 'options');
  const { returnIndices } = adaptiveMaxPoolOptions.read(options);
  anyTensor.check('adaptiveMaxPool1d', 'input', input);
  checkFloat('adaptiveMaxPool1d', input);
  checkSignal('adaptiveMaxPool1d', input, input.ndim - 1);
  const length = sizesOf(input)[input.ndim - 1];
  const windows = evenWindows('adaptiveMaxPool1d', length, outputSize);
  const pooled = poolMax('adaptiveMaxPool1d', input, windows, 1);
  return (returnIndices ? pooled : pooled[0]) as Pooled<Indices>;
}

/** Options of `lpPool1d`. */
export interface LPPool1dOptions {
  /** Steps between windows; null for the window's size. Default: null. */
  stride?: Single | null;
  /** Whether a last window that reaches past the end counts. Default: false. */
  ceilMode?: boolean;
}

/** Of `lpPool1d` and `LPPool1d`. */
export const lpPoolOptions = optionsTable<LPPool1dOptions>('lpPool1d', {
  stride: single.orNull.or(null),
  ceilMode: boolean.or(false),
});

/**
 * (Σ xᵖ)^(1/p) of each window (torch.nn.functional.lp_pool1d).
 * @param input [N, C, L] or [C, L]
 * @param normType p
 * @param kernelSize elements of a window
 * @throws TypeError for what is no tensor of floats or no option; RangeError for other dimensions, sizes that are none, and a
 * window longer than the input.
 * @example nn.functional.lpPool1d(tensor([[3, 4, 6, 8]]), 2, 2) // [[5, 10]]
 */
export function lpPool1d(
  input: Tensor,
  normType: number,
  kernelSize: Single,
  options?: LPPool1dOptions,
): Tensor {
  if (arguments.length > 4) surplus('lpPool1d', arguments, 4, 'options');
  const { stride, ceilMode } = lpPoolOptions.read(options);
  anyTensor.check('lpPool1d', 'input', input);
  number.check('lpPool1d', 'normType', normType);
  checkFloat('lpPool1d', input);
  const size = sizeOf('lpPool1d', 'kernelSize', kernelSize, 1);
  const powers = pow(input, normType);
  const means = calledAs('lpPool1d', () => avgPool1d(powers, size, { stride, ceilMode }));
  return pow(mul(mul(sign(means), relu(abs(means))), size), 1 / normType);
}
