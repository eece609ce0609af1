/** conv1d, convTranspose1d: convolution of signals and the transposed one, its gradient. The equations: convolve.ts. */
import { integer, optionsTable, surplus } from '../../check';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import {
  biasOf,
  checkBias,
  checkOperands,
  convolutionFields,
  single,
  sizeOf,
  stepsOf,
  type Conv1dOptions,
  type Single,
} from './arguments';
import { convolve, convolveTransposed } from './convolve';

const conv1dOptions = optionsTable<Conv1dOptions>('conv1d', convolutionFields);

/** The batch of a signal without one; undone by `like`. */
const batched = (x: Tensor): Tensor => (x.ndim === 3 ? x : x.unsqueeze(0));
const like = (y: Tensor, x: Tensor): Tensor => (x.ndim === 3 ? y : y.squeeze(0));

/**
 * Cross-correlation of signals with windows of weights (torch.nn.functional.conv1d):
 *
 *     y[n, o, t] = bias[o] + Σ_c,j weight[o, c, j] · x[n, c, t·stride + j·dilation − padding]
 *
 * with zeros outside of x; the output's length is ⌊(L + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1.
 * @param input [N, inChannels, L], or [inChannels, L]
 * @param weight [outChannels, inChannels / groups, k]
 * @param bias [outChannels]; null (the default) for none
 * @returns [N, outChannels, T], or [outChannels, T]
 * @throws TypeError for what is no tensor of floats or no option, and element types that differ; RangeError for shapes that
 * do not go together, and a window longer than the padded input.
 * @example conv1d(randn([33, 16, 30]), randn([20, 16, 5]), null, { stride: 2 }).shape // [33, 20, 13]
 */
export function conv1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: Conv1dOptions,
): Tensor {
  if (arguments.length > 4) surplus('conv1d', arguments, 4, 'options');
  const { groups, ...given } = conv1dOptions.read(options);
  const b = biasOf('conv1d', bias);
  checkOperands('conv1d', input, weight, b, groups);
  const [outChannels, channels, taps] = sizesOf(weight) as [number, number, number];
  if (sizesOf(input)[input.ndim - 2] !== channels * groups) {
    throw new RangeError(
      `conv1d: input has ${sizesOf(input)[input.ndim - 2]} channels, but weight takes ${channels * groups} (input ${showShape(sizesOf(input))}, weight ${showShape(sizesOf(weight))}, groups ${groups})`,
    );
  }
  checkBias('conv1d', b, outChannels);
  const { stride, before, after, dilation } = stepsOf('conv1d', taps, given);
  const length = sizesOf(input)[input.ndim - 1];
  const span = dilation * (taps - 1) + 1;
  if (length + before + after < span) {
    throw new RangeError(
      `conv1d: the window spans ${span} elements, more than the ${length + before + after} of the padded input (input ${showShape(sizesOf(input))}, weight ${showShape(sizesOf(weight))})`,
    );
  }
  const outLength = Math.floor((length + before + after - span) / stride) + 1;
  const sizes = { stride, padding: before, dilation, groups, length, outLength, taps };
  return like(convolve(batched(input), weight, b, sizes), input);
}

/** Options of `convTranspose1d`. */
export interface ConvTranspose1dOptions {
  /** Steps between the windows that are added. Default: 1. */
  stride?: Single;
  /** Elements that are cut from both ends of the output. Default: 0. */
  padding?: Single;
  /** Elements that are added to the output's end; less than stride or dilation. Default: 0. */
  outputPadding?: Single;
  /** Groups of channels, each convolved by itself. Default: 1. */
  groups?: number;
  /** Steps between the elements of a window. Default: 1. */
  dilation?: Single;
}

const transposeOptions = optionsTable<ConvTranspose1dOptions>('convTranspose1d', {
  stride: single.or(1),
  padding: single.or(0),
  outputPadding: single.or(0),
  groups: integer.or(1),
  dilation: single.or(1),
});

/**
 * The gradient of `conv1d` for its input, as a layer of its own (torch.nn.functional.conv_transpose1d):
 *
 *     y[n, c, l] = bias[c] + Σ weight[o, c, j] · x[n, o, t]   over o and all t, j with l = t·stride + j·dilation − padding
 *
 * of length (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1.
 * @param input [N, inChannels, L], or [inChannels, L]
 * @param weight [inChannels, outChannels / groups, k]
 * @param bias [outChannels]; null (the default) for none
 * @returns [N, outChannels, T], or [outChannels, T]
 * @throws TypeError for what is no tensor of floats or no option, and element types that differ; RangeError for shapes that
 * do not go together, and an output without elements.
 * @example convTranspose1d(randn([2, 16, 10]), randn([16, 8, 4]), null, { stride: 2 }).shape // [2, 8, 22]
 */
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options?: ConvTranspose1dOptions,
): Tensor {
  if (arguments.length > 4) surplus('convTranspose1d', arguments, 4, 'options');
  const { groups, outputPadding, ...given } = transposeOptions.read(options);
  const b = biasOf('convTranspose1d', bias);
  checkOperands('convTranspose1d', input, weight, b, groups);
  const [inChannels, channels, taps] = sizesOf(weight) as [number, number, number];
  if (sizesOf(input)[input.ndim - 2] !== inChannels) {
    throw new RangeError(
      `convTranspose1d: input has ${sizesOf(input)[input.ndim - 2]} channels, but weight takes ${inChannels} (input ${showShape(sizesOf(input))}, weight ${showShape(sizesOf(weight))})`,
    );
  }
  checkBias('convTranspose1d', b, channels * groups);
  const { stride, before: padding, dilation } = stepsOf('convTranspose1d', taps, given);
  const added = sizeOf('convTranspose1d', 'outputPadding', outputPadding, 0);
  if (added >= Math.max(stride, dilation)) {
    throw new RangeError(
      `convTranspose1d: outputPadding must be less than stride or dilation, got ${added} with stride ${stride} and dilation ${dilation}`,
    );
  }
  const outLength = sizesOf(input)[input.ndim - 1];
  const length = (outLength - 1) * stride - 2 * padding + dilation * (taps - 1) + added + 1;
  if (length < 1) {
    throw new RangeError(
      `convTranspose1d: the output would have ${length} elements (input ${showShape(sizesOf(input))}, weight ${showShape(sizesOf(weight))}, padding ${padding})`,
    );
  }
  const sizes = { stride, padding, dilation, groups, length, outLength, taps };
  return like(convolveTransposed(batched(input), weight, b, sizes), input);
}
