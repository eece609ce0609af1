/** instanceNorm, groupNorm, rmsNorm: normalization inside of each sample, by the kernels of batch and layer normalization. */
import { boolean, count, number, optionsTable, positiveInteger, surplus } from '../../check';
import { mul, sum } from '../../ops';
import { checkFloat } from '../../ops/arguments/floating';
import { checkPerChannel, normalized } from '../../ops/normalization/batch-norm';
import { layerNorm } from '../../ops/normalization/layer-norm';
import { noGrad } from '../../autograd';
import { anyTensor } from '../../tensor/rules';
import { numelOf, readNumbers, sameShape, showShape, type Shape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { composed } from '../../ops/declare/composed';

/** Options of `instanceNorm`. */
export interface InstanceNormOptions {
  /** [C]; null for none. */
  weight?: Tensor | null;
  /** [C]; null for none. */
  bias?: Tensor | null;
  /** Whether each sample's own mean and variance are used, and the running ones updated. Default: true. */
  useInputStats?: boolean;
  /** Part of the input's statistics in the running ones. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

const instanceNormOptions = optionsTable<InstanceNormOptions>('instanceNorm', {
  weight: anyTensor.orNull.or(null),
  bias: anyTensor.orNull.or(null),
  useInputStats: boolean.or(true),
  momentum: number.or(0.1),
  eps: number.or(1e-5),
});

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel of each sample, over its positions
 * (torch.nn.functional.instance_norm; Ulyanov et al. 2016). Running statistics are averaged over the samples.
 * @param input [N, C, ...]
 * @param runningMean [C]; null (the default) for none
 * @param runningVar [C]; null (the default) for none
 * @throws TypeError for what is no tensor of floats or no option; RangeError for shapes that do not go together, no running
 * statistics where they are used, and samples of one position where their own are.
 * @example nn.functional.instanceNorm(randn([8, 4, 10])).shape // [8, 4, 10]
 */
export function instanceNorm(
  input: Tensor,
  runningMean: Tensor | null = null,
  runningVar: Tensor | null = null,
  options?: InstanceNormOptions,
): Tensor {
  if (arguments.length > 4) surplus('instanceNorm', arguments, 4, 'options');
  const { weight, bias, useInputStats, momentum, eps } = instanceNormOptions.read(options);
  anyTensor.check('instanceNorm', 'input', input);
  const mean = anyTensor.orNull.check('instanceNorm', 'runningMean', runningMean);
  const variance = anyTensor.orNull.check('instanceNorm', 'runningVar', runningVar);
  checkFloat('instanceNorm', input);
  if (input.ndim < 3) {
    throw new RangeError(
      `instanceNorm: input must be [N, C, ...] with positions, got shape ${showShape(sizesOf(input))}`,
    );
  }
  const [batch, channels, ...positions] = sizesOf(input) as [number, number, ...number[]];
  for (const [name, x] of Object.entries({
    runningMean: mean,
    runningVar: variance,
    weight,
    bias,
  })) {
    checkPerChannel('instanceNorm', name, x, input, channels);
  }
  if ((mean === null) !== (variance === null) || (mean === null && !useInputStats)) {
    throw new RangeError(
      'instanceNorm: runningMean and runningVar must be tensors, or both null with useInputStats',
    );
  }
  if (useInputStats && numelOf(positions) === 1) {
    throw new RangeError(
      `instanceNorm: samples must have more than one position, got input ${showShape(sizesOf(input))}`,
    );
  }
  if (batch === 0) return input.clone();
  const each = (x: Tensor | null): Tensor | null => (x === null ? null : x.repeat([batch]));
  const [means, variances] = [each(mean), each(variance)];
  const y = normalized(input.reshape([1, batch * channels, ...positions]), {
    mean: means?.detach() ?? null,
    variance: variances?.detach() ?? null,
    weight: each(weight),
    bias: each(bias),
    training: useInputStats,
    momentum,
    eps,
  });
  if (useInputStats) {
    noGrad(() => {
      mean?.copy_(means!.detach().reshape([batch, channels]).mean(0));
      variance?.copy_(variances!.detach().reshape([batch, channels]).mean(0));
    });
  }
  return y.reshape(sizesOf(input));
}

/** Options of `groupNorm`. */
export interface GroupNormOptions {
  /** [C]; null for none. */
  weight?: Tensor | null;
  /** [C]; null for none. */
  bias?: Tensor | null;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

const groupNormOptions = optionsTable<GroupNormOptions>('groupNorm', {
  weight: anyTensor.orNull.or(null),
  bias: anyTensor.orNull.or(null),
  eps: number.or(1e-5),
});

/**
 * (x − mean) / √(variance + eps) · weight + bias, mean and variance of each sample over groups of neighbouring channels and
 * all positions (torch.nn.functional.group_norm; Wu & He 2018).
 * @param input [N, C, ...]
 * @param numGroups a divisor of C
 * @throws TypeError for what is no tensor of floats or no option; RangeError for shapes that do not go together.
 * @example nn.functional.groupNorm(randn([8, 6, 10]), 3).shape // [8, 6, 10]
 */
export function groupNorm(input: Tensor, numGroups: number, options?: GroupNormOptions): Tensor {
  if (arguments.length > 3) surplus('groupNorm', arguments, 3, 'options');
  const { weight, bias, eps } = groupNormOptions.read(options);
  anyTensor.check('groupNorm', 'input', input);
  checkFloat('groupNorm', input);
  positiveInteger.check('groupNorm', 'numGroups', numGroups);
  if (input.ndim < 2) {
    throw new RangeError(
      `groupNorm: input must be [N, C, ...], got shape ${showShape(sizesOf(input))}`,
    );
  }
  const [batch, channels, ...positions] = sizesOf(input) as [number, number, ...number[]];
  if (channels % numGroups !== 0) {
    throw new RangeError(
      `groupNorm: numGroups must divide the channels, got ${numGroups} groups for input ${showShape(sizesOf(input))}`,
    );
  }
  checkPerChannel('groupNorm', 'weight', weight, input, channels);
  checkPerChannel('groupNorm', 'bias', bias, input, channels);
  const size = (channels / numGroups) * numelOf(positions);
  const rows = input.reshape([batch, numGroups, size]);
  let y = layerNorm(rows, [size], { eps }).reshape(sizesOf(input));
  const perChannel = [channels, ...positions.map(() => 1)];
  if (weight !== null) y = y.mul(weight.reshape(perChannel));
  return bias === null ? y : y.add(bias.reshape(perChannel));
}

/** Options of `rmsNorm`. */
export interface RmsNormOptions {
  /** Of shape `normalizedShape`; null for none. */
  weight?: Tensor | null;
  /** Added to the mean of the squares; null for the spacing of 1 in the input's element type. Default: null. */
  eps?: number | null;
}

const rmsNormOptions = optionsTable<RmsNormOptions>('rmsNorm', {
  weight: anyTensor.orNull.or(null),
  eps: number.orNull.or(null),
});

const spacing = { float32: 2 ** -23, float64: 2 ** -52 };

/**
 * x / √(mean(x²) + eps) · weight over the last dimensions (torch.nn.functional.rms_norm; Zhang & Sennrich 2019).
 * @param normalizedShape the sizes of those dimensions
 * @throws TypeError for what is no tensor of floats or no option; RangeError when the input's last sizes are others.
 * @example nn.functional.rmsNorm(randn([8, 16]), [16]).shape // [8, 16]
 */
export function rmsNorm(input: Tensor, normalizedShape: Shape, options?: RmsNormOptions): Tensor {
  if (arguments.length > 3) surplus('rmsNorm', arguments, 3, 'options');
  const { weight, eps } = rmsNormOptions.read(options);
  anyTensor.check('rmsNorm', 'input', input);
  checkFloat('rmsNorm', input);
  const shape = readNumbers('rmsNorm', 'normalizedShape', 'an array of sizes', normalizedShape);
  for (const size of shape) count.check('rmsNorm', 'normalizedShape', size);
  if (shape.length === 0 || !sameShape(sizesOf(input).slice(-shape.length), shape)) {
    throw new RangeError(
      `rmsNorm: the last sizes of the input must be ${showShape(shape)}, at least one, got input ${showShape(sizesOf(input))}`,
    );
  }
  if (weight !== null) {
    if (!sameShape(sizesOf(weight), shape)) {
      throw new RangeError(
        `rmsNorm: weight must have shape ${showShape(shape)}, got ${showShape(sizesOf(weight))}`,
      );
    }
    if (weight.dtype !== input.dtype) {
      throw new TypeError(`rmsNorm: input is ${input.dtype}, weight is ${weight.dtype}`);
    }
  }
  const dims = shape.map((_, i) => i - shape.length);
  const n = numelOf(shape);
  return composed([input, weight], () => {
    const squares = mul(sum(mul(input, input), dims, { keepdim: true }), 1 / Math.max(n, 1));
    const y = mul(input, squares.add(eps ?? spacing[input.dtype as 'float32']).rsqrt());
    return weight === null ? y : mul(y, weight);
  });
}
