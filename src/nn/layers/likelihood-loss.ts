/** Losses of predicted distributions as layers: divergence, likelihoods, quantiles. Each is the function in nn.functional. */
import { surplus } from '../../check';
import { gaussianNllOptions, klDivOptions, poissonNllOptions } from '../../ops/loss/options';
import { checkQuantiles } from '../../ops/loss/pinball';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';
import { Loss, lossOptions, type LossOptions } from './loss';

/** Options of `KLDivLoss`. */
export type KLDivLossOptions = F.KLDivOptions;

/**
 * Kullback-Leibler divergence of log-probabilities x from a target t (torch.nn.KLDivLoss): t·(ln t − x), or eᵗ·(t − x) with
 * `logTarget`.
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const loss = new nn.KLDivLoss({ reduction: 'batchmean' });
 * loss.forward(tensor([[0.5, 0.5]]).log(), tensor([[0.5, 0.5]])).item(); // 0
 */
export class KLDivLoss extends Module {
  /** How the losses of the elements are reduced. */
  readonly reduction: F.KLDivReduction;
  /** Whether targets are logarithms of probabilities. */
  readonly logTarget: boolean;

  constructor(options?: KLDivLossOptions) {
    if (arguments.length > 1) surplus('KLDivLoss', arguments, 1, 'options');
    super();
    const { reduction, logTarget } = klDivOptions.read(options, 'KLDivLoss');
    this.reduction = reduction;
    this.logTarget = logTarget;
  }

  /**
   * The divergence of `input` from `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('KLDivLoss.forward', arguments, 2, 'target');
    const { reduction, logTarget } = this;
    return F.klDiv(input, target, { reduction, logTarget });
  }
}

/** Options of `GaussianNLLLoss`. */
export type GaussianNLLLossOptions = F.GaussianNllOptions;

/**
 * Negative log-likelihood of a normal distribution of which mean and variance are predicted (torch.nn.GaussianNLLLoss; Nix and
 * Weigend 1994): ½·(ln v + (input − target)²/v) with v = max(variance, eps).
 *
 * Shapes: input and target the same; variance too, or with 1 in place of one size, or without the last.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const [mean, variance] = [tensor([1, 2]), tensor([1, 4])];
 * new nn.GaussianNLLLoss().forward(mean, tensor([1, 4]), variance).item(); // 0.5966
 */
export class GaussianNLLLoss extends Loss {
  /** Whether the constant ½·ln 2π is added. */
  readonly full: boolean;
  /** What smaller variances are replaced by. */
  readonly eps: number;

  constructor(options?: GaussianNLLLossOptions) {
    if (arguments.length > 1) surplus('GaussianNLLLoss', arguments, 1, 'options');
    const read = gaussianNllOptions.read(options, 'GaussianNLLLoss');
    super(read);
    this.full = read.full;
    this.eps = read.eps;
  }

  /**
   * The loss of a normal distribution of mean `input` and variance `variance` against `target`.
   * @throws RangeError for a negative variance, and shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    if (arguments.length > 3) surplus('GaussianNLLLoss.forward', arguments, 3, 'variance');
    const { reduction, full, eps } = this;
    return F.gaussianNllLoss(input, target, variance, { reduction, full, eps });
  }
}

/** Options of `PoissonNLLLoss`. */
export type PoissonNLLLossOptions = F.PoissonNllOptions;

/**
 * Negative log-likelihood of counts t under a Poisson distribution (torch.nn.PoissonNLLLoss): eˣ − t·x, or x − t·ln(x + eps)
 * without `logInput`.
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.PoissonNLLLoss().forward(tensor([0, 1]), tensor([1, 2])).item() // 0.8591
 */
export class PoissonNLLLoss extends Loss {
  /** Whether inputs are logarithms of rates. */
  readonly logInput: boolean;
  /** Whether Stirling's approximation of ln target! is added. */
  readonly full: boolean;
  /** Added to the rate before its logarithm is taken. */
  readonly eps: number;

  constructor(options?: PoissonNLLLossOptions) {
    if (arguments.length > 1) surplus('PoissonNLLLoss', arguments, 1, 'options');
    const read = poissonNllOptions.read(options, 'PoissonNLLLoss');
    super(read);
    this.logInput = read.logInput;
    this.full = read.full;
    this.eps = read.eps;
  }

  /**
   * The loss of `input` against the counts `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('PoissonNLLLoss.forward', arguments, 2, 'target');
    const { reduction, logInput, full, eps } = this;
    return F.poissonNllLoss(input, target, { reduction, logInput, full, eps });
  }
}

/**
 * Pinball loss of predicted quantiles q (Koenker and Bassett 1978): q·(target − input) where the target is above the
 * prediction, (1 − q)·(input − target) where it is below.
 *
 * Shapes: target any; input the same for one quantile, with another dimension of size Q at its end for an array of Q.
 * @param quantiles a number, or an array of numbers, between 0 and 1
 * @throws TypeError, RangeError for an option that is none, and for a quantile outside of (0, 1).
 * @example
 * const loss = new nn.PinballLoss([0.1, 0.5, 0.9]);
 * loss.forward(randn([8, 3]), randn([8])).shape; // []
 */
export class PinballLoss extends Loss {
  /** The quantiles that are predicted. */
  readonly quantiles: number | readonly number[];

  constructor(quantiles: number | readonly number[], options?: LossOptions) {
    if (arguments.length > 2) surplus('PinballLoss', arguments, 2, 'options');
    const checked = checkQuantiles('PinballLoss', quantiles);
    super(lossOptions.read(options, 'PinballLoss'));
    this.quantiles = checked;
  }

  /**
   * The loss of the quantiles `input` against `target`, reduced as `reduction` says.
   * @throws RangeError for shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('PinballLoss.forward', arguments, 2, 'target');
    return F.pinballLoss(input, target, this.quantiles, { reduction: this.reduction });
  }
}
