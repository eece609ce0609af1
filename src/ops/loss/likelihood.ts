/** Negative log-likelihoods of a target under a distribution whose parameters are predicted. */
import { surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { fullLike } from '../creation/factories';
import { verify } from '../kernels/bounds';
import {
  gaussianNllOptions,
  poissonNllOptions,
  type GaussianNllOptions,
  type PoissonNllOptions,
} from './options';
import { checkBroadcast, checkLossInputs, floating, reduced } from './reduction';
import { composed } from '../declare/composed';

const halfLogOfTwoPi = 0.9189385332046727;

export type { GaussianNllOptions, PoissonNllOptions } from './options';

/**
 * Negative log-likelihood of `target` under a normal distribution of mean `input` and variance `variance`
 * (torch.nn.functional.gaussian_nll_loss): ½·(ln v + (input − target)²/v) with v = max(variance, eps). The gradient in
 * `variance` is that at v, as if nothing was replaced.
 * @param variance a number, of the shape of `input`, or with 1 in place of one of its sizes; without its last dimension, one
 * variance stands for the whole row
 * @throws RangeError for a negative variance, and shapes that do not fit; TypeError where no floats are given.
 * @example
 * const [mean, variance] = [tensor([1, 2]), tensor([1, 4])];
 * nn.functional.gaussianNllLoss(mean, tensor([1, 4]), variance) // 0.5966
 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor | number,
  options?: GaussianNllOptions,
): Tensor {
  if (arguments.length > 4) surplus('gaussianNllLoss', arguments, 4, 'options');
  const { reduction, full, eps } = gaussianNllOptions.read(options);
  checkLossInputs('gaussianNllLoss', { input, target });
  checkBroadcast('gaussianNllLoss', [input, target]);
  const raw = typeof variance === 'number' ? fullLike(input, variance) : variance;
  checkTensor('gaussianNllLoss', 'variance', raw);
  checkVariance(raw);
  const given = alignedVariance(input, raw);
  return composed([input, target, given], () => {
    const v = given.add(noGrad(() => given.rsub(eps).relu()));
    const losses = v.log().add(input.sub(target).square().div(v)).mul(0.5);
    return reduced(full ? losses.add(halfLogOfTwoPi) : losses, reduction);
  });
}

function checkVariance(variance: Tensor): void {
  const rule = 'gaussianNllLoss: every element of variance must be at least 0';
  verify(
    () => {
      if (noGrad(() => variance.lt(0).any().item()) === 0) return;
      const values = variance.toTypedArray();
      const at = values.findIndex((v) => v < 0);
      throw new RangeError(`${rule}, got ${values[at]} at position ${at}`);
    },
    () => [variance.lt(0).logicalNot(), rule],
  );
}

function alignedVariance(input: Tensor, variance: Tensor): Tensor {
  const [shape, own] = [sizesOf(input), sizesOf(variance)];
  if (sameShape(shape, own)) return variance;
  if (sameShape(shape.slice(0, -1), own)) return variance.unsqueeze(-1);
  const differing = own.filter((size, d) => size !== shape[d]);
  if (own.length === shape.length && differing.length === 1 && differing[0] === 1) return variance;
  throw new RangeError(
    `gaussianNllLoss: input is ${showShape(shape)}, so variance must be ${showShape(shape)}, ${showShape(shape.slice(0, -1))}, or have 1 in place of one size, got ${showShape(own)}`,
  );
}

/**
 * Negative log-likelihood of counts t under a Poisson distribution (torch.nn.functional.poisson_nll_loss): eˣ − t·x, or
 * x − t·ln(x + eps) without `logInput`; with `full` t·ln t − t + ½·ln(2πt) more where t > 1. Shapes broadcast.
 * @throws TypeError for truth values without floats; RangeError when the shapes do not broadcast.
 * @example nn.functional.poissonNllLoss(tensor([0, 1]), tensor([1, 2])) // 0.8591
 */
export function poissonNllLoss(input: Tensor, target: Tensor, options?: PoissonNllOptions): Tensor {
  if (arguments.length > 3) surplus('poissonNllLoss', arguments, 3, 'options');
  const { reduction, logInput, full, eps } = poissonNllOptions.read(options);
  checkLossInputs('poissonNllLoss', { input, target }, true);
  checkBroadcast('poissonNllLoss', [input, target]);
  return composed([input, target], () => {
    const losses = logInput
      ? input.exp().sub(target.mul(input))
      : input.sub(target.mul(floating(input).add(eps).log()));
    return reduced(full ? losses.add(stirling(target)) : losses, reduction);
  });
}

// t·ln t − t + ½·ln(2πt), 0 where t ≤ 1
function stirling(t: Tensor): Tensor {
  const root = t
    .mul(2 * Math.PI)
    .log()
    .mul(0.5);
  return t.mul(t.log()).sub(t).add(root).maskedFill(t.le(1), 0);
}
