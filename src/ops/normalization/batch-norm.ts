/**
 * batchNorm: h = (x − mean)·rstd over all dimensions but the channels, y = h·weight + bias.
 * dbias = Σ g, dweight = Σ g·h, dx = rstd·weight·(g − dbias/n − h·dweight/n) with the batch's own mean and variance, else
 * dx = rstd·weight·g. Saves x, weight and each channel's mean and rstd.
 */
import { boolean, number, optionsTable, surplus } from '../../check';
import { family } from '../../native/families';
import { runBatchNorm, runBatchNormBackward } from '../../native/calls';
import { numelOf, showShape } from '../../tensor/shape';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { withGradMode } from '../../autograd/mode';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { gradient, type ContextOf } from '../declare/gradient';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';

/** Options of `nn.functional.batchNorm`. */
export interface BatchNormOptions {
  /** [C]; null for none. */
  weight?: Tensor | null;
  /** [C]; null for none. */
  bias?: Tensor | null;
  /** Whether the batch's own mean and variance are used, and the running ones updated. Default: false. */
  training?: boolean;
  /** Part of the batch's statistics in the running ones. Default: 0.1. */
  momentum?: number;
  /** Added to the variance. Default: 1e-5. */
  eps?: number;
}

const options = optionsTable<BatchNormOptions>('batchNorm', {
  weight: anyTensor.orNull.or(null),
  bias: anyTensor.orNull.or(null),
  training: boolean.or(false),
  momentum: number.or(0.1),
  eps: number.or(1e-5),
});

const kernels = { forward: family('batch_norm'), backward: family('batch_norm_backward') };

/** @throws TypeError, RangeError unless `x`, if there is one, is [channels] and of the input's element type. */
export function checkPerChannel(
  operation: string,
  name: string,
  x: Tensor | null,
  input: Tensor,
  channels: number,
): void {
  if (x === null) return;
  checkTensor(operation, name, x);
  if (x.ndim !== 1 || x.numel !== channels) {
    throw new RangeError(
      `${operation}: ${name} must have shape [${channels}], a number for each channel, got ${showShape(sizesOf(x))}`,
    );
  }
  if (x.dtype !== input.dtype) {
    throw new TypeError(`${operation}: input is ${input.dtype}, ${name} is ${x.dtype}`);
  }
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel, mean and biased variance over the batch and the
 * positions (torch.nn.functional.batch_norm; Ioffe & Szegedy 2015). With `training` they are the input's own, and
 * running ← (1 − momentum)·running + momentum·own for both, the variance unbiased; else they are the running ones.
 * @param input [N, C] or [N, C, ...]; [0], too
 * @param runningMean [C]; null (the default) for none, in training only
 * @param runningVar [C]; null (the default) for none, in training only
 * @throws TypeError for what is no tensor of floats or no option; RangeError for shapes that do not go together, no running
 * statistics in evaluation, a channel of one value in training, and an eps below 0 (in training: of 0).
 * @example
 * const y = nn.functional.batchNorm(randn([8, 4, 10]), zeros([4]), ones([4]), { training: true });
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null = null,
  runningVar: Tensor | null = null,
  given?: BatchNormOptions,
): Tensor {
  if (arguments.length > 4) surplus('batchNorm', arguments, 4, 'options');
  const { weight, bias, training, momentum, eps } = options.read(given);
  checkTensor('batchNorm', 'input', input);
  checkFloat('batchNorm', input);
  const mean = anyTensor.orNull.check('batchNorm', 'runningMean', runningMean);
  const variance = anyTensor.orNull.check('batchNorm', 'runningVar', runningVar);
  if (eps < 0 || (training && eps === 0)) {
    throw new RangeError(
      `batchNorm: eps must be ${training ? 'above 0 in training' : 'at least 0'}, got ${eps}`,
    );
  }
  if (input.ndim === 1 && input.numel === 0) {
    return batchNorm(input.reshape([0, 0]), mean, variance, given).reshape([0]);
  }
  if (input.ndim < 2) {
    throw new RangeError(
      `batchNorm: input must be [N, C] or [N, C, ...], got shape ${showShape(sizesOf(input))}`,
    );
  }
  const [batch, channels] = sizesOf(input);
  const length = numelOf(sizesOf(input).slice(2));
  for (const [name, x] of Object.entries({
    runningMean: mean,
    runningVar: variance,
    weight,
    bias,
  })) {
    checkPerChannel('batchNorm', name, x, input, channels);
  }
  if ((mean === null) !== (variance === null) || (mean === null && !training)) {
    throw new RangeError(
      `batchNorm: runningMean and runningVar must be tensors ${training ? 'or null, both' : 'unless training'}`,
    );
  }
  if (training && batch * length === 1) {
    throw new RangeError(
      `batchNorm: training needs more than one value a channel, got input ${showShape(sizesOf(input))}`,
    );
  }
  return normalized(input, { weight, bias, mean, variance, training, momentum, eps });
}

/** What `normalized` takes; shapes and types have been checked. */
export interface BatchNormCall {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly mean: Tensor | null;
  readonly variance: Tensor | null;
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
}

/** @internal Batch normalization of checked tensors. */
export function normalized(input: Tensor, call: BatchNormCall): Tensor {
  const { weight, bias, mean, variance, training, momentum, eps } = call;
  const [batch, channels] = sizesOf(input);
  const length = numelOf(sizesOf(input).slice(2));
  const { dtype } = input;
  const out = empty(sizesOf(input), dtype);
  const own = { mean: empty([channels], 'float64'), rstd: empty([channels], 'float64') };
  const batchMean = training ? empty([channels], dtype) : null;
  const batchVariance = training ? empty([channels], dtype) : null;
  runBatchNorm(pick('batchNorm', kernels.forward, dtype), {
    x: dense(input),
    weight: weight && dense(weight),
    bias: bias && dense(bias),
    runningMean: training ? null : dense(mean!),
    runningVariance: training ? null : dense(variance!),
    out,
    ...own,
    batchMean,
    batchVariance,
    eps,
    batch,
    channels,
    length,
  });
  if (training && batch * length > 0) {
    withGradMode(false, () => {
      mean?.mul_(1 - momentum).add_(batchMean!, { alpha: momentum });
      variance?.mul_(1 - momentum).add_(batchVariance!, { alpha: momentum });
    });
  }
  const running = training ? null : { mean, variance };
  return recorded(out, { ...own, training, eps, running }, input, weight, bias);
}

interface Normalization {
  readonly mean: Tensor;
  readonly rstd: Tensor;
  readonly training: boolean;
  readonly eps: number;
  /** The statistics that were used, where they were not the input's own. */
  readonly running: { readonly mean: Tensor | null; readonly variance: Tensor | null } | null;
}
type Inputs = readonly [input: Tensor, weight: Tensor | null, bias: Tensor | null];

const recorded = gradient<Inputs, [Tensor, Tensor | null], Normalization>('batchNorm', {
  node: 'NativeBatchNormBackward0',
  saves: ([input, weight]) => [input, weight],
  rule: (g, [input, weight], call, node) => differentiable(g, input, weight, call, node.needs(0)),
  fused: (g, [input, weight], { mean, rstd, training }, node) => {
    const { dtype } = input;
    const [batch, channels] = sizesOf(input);
    const dx = node.needs(0) ? empty(sizesOf(input), dtype) : null;
    const dweight = node.needs(1) ? empty([channels], dtype) : null;
    const dbias = node.needs(2) ? empty([channels], dtype) : null;
    runBatchNormBackward(pick('batchNorm', kernels.backward, dtype), {
      g: dense(g),
      x: dense(input),
      weight: weight && dense(weight),
      mean,
      rstd,
      dx,
      dweight,
      dbias,
      training,
      batch,
      channels,
      length: numelOf(sizesOf(input).slice(2)),
    });
    return [dx, dweight, dbias];
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type BatchNormContext = ContextOf<typeof recorded>;

// The same gradients out of primitive operations, for when they are differentiated again.
function differentiable(
  g: Tensor,
  x: Tensor,
  weight: Tensor | null,
  { mean, rstd, training, eps }: Normalization,
  needsInput: boolean,
): (Tensor | null)[] {
  const [batch, channels] = sizesOf(x);
  const length = numelOf(sizesOf(x).slice(2));
  const shape = [batch, channels, length];
  const [input, grad] = [x.reshape(shape), g.reshape(shape)];
  const n = batch * length;
  const average = (v: Tensor): Tensor => v.sum([0, 2], { keepdim: true }).mul(1 / Math.max(n, 1));
  const given = (v: Tensor): Tensor => v.to(x.dtype).reshape([1, channels, 1]);
  const centred = input.sub(training ? average(input) : given(mean));
  const scale = training ? average(centred.mul(centred)).add(eps).rsqrt() : given(rstd);
  const h = centred.mul(scale);
  const factor = weight === null ? scale : scale.mul(weight.reshape([1, channels, 1]));
  const inner = training ? grad.sub(average(grad)).sub(h.mul(average(grad.mul(h)))) : grad;
  return [
    needsInput ? inner.mul(factor).reshape(sizesOf(x)) : null,
    weight === null ? null : grad.mul(h).sum([0, 2]),
    grad.sum([0, 2]),
  ];
}
