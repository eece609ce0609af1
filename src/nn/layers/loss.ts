/** Losses as layers. Each is the function in nn.functional; `reduction` says what becomes of the elements. */
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional/loss';
import { Module } from '../module';

/** `mean` (default) and `sum` give one number, `none` a loss for each element. */
export type Reduction = 'none' | 'mean' | 'sum';

export interface LossOptions {
  reduction?: Reduction;
}

abstract class Loss extends Module {
  readonly reduction: Reduction;
  constructor({ reduction = 'mean' }: LossOptions = {}) {
    super();
    if (!['none', 'mean', 'sum'].includes(reduction)) {
      throw new RangeError(
        `${this.constructor.name}: reduction must be 'none', 'mean' or 'sum', got '${String(reduction)}'`,
      );
    }
    this.reduction = reduction;
  }
}

/**
 * (input − target)² (torch.nn.MSELoss). Shapes: both the same; others broadcast with a warning.
 * @example new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item() // 2
 */
export class MSELoss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}

/** |input − target| (torch.nn.L1Loss). @example new nn.L1Loss().forward(x, y) */
export class L1Loss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}

/**
 * With d = |input − target|: d²/(2·beta) below beta, d − beta/2 from there (torch.nn.SmoothL1Loss).
 * @example new nn.SmoothL1Loss({ beta: 0.5 }).forward(x, y)
 */
export class SmoothL1Loss extends Loss {
  readonly beta: number;
  constructor(options: LossOptions & { beta?: number } = {}) {
    super(options);
    this.beta = options.beta ?? 1;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

/**
 * With d = |input − target|: d²/2 up to delta, delta·(d − delta/2) above (torch.nn.HuberLoss).
 * @example new nn.HuberLoss({ delta: 2 }).forward(x, y)
 */
export class HuberLoss extends Loss {
  readonly delta: number;
  constructor(options: LossOptions & { delta?: number } = {}) {
    super(options);
    this.delta = options.delta ?? 1;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}

abstract class WeightedLoss extends Loss {
  declare weight: Tensor | null;
  constructor(options: LossOptions & { weight?: Tensor | null }) {
    super(options);
    this.registerBuffer('weight', options.weight ?? null);
  }
}

export interface NLLLossOptions extends LossOptions {
  /** A factor for each class, [C]. */
  weight?: Tensor | null;
  /** Targets of this class do not count. Default: −100. */
  ignoreIndex?: number;
}

/**
 * −weight[target]·input[target], input log-probabilities (torch.nn.NLLLoss). The mean is over the weights.
 *
 * Shapes: input [N, C, *] or [C]; target int32 [N, *] or [].
 * @throws RangeError for a class outside 0 … C − 1.
 * @example new nn.NLLLoss().forward(scores.logSoftmax(1), classes)
 */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  constructor(options: NLLLossOptions = {}) {
    super(options);
    this.ignoreIndex = options.ignoreIndex ?? -100;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, ignoreIndex } = this;
    return F.nllLoss(input, target, { weight, reduction, ignoreIndex });
  }
}

export interface CrossEntropyLossOptions extends NLLLossOptions {
  /** Share of the target that is spread over all classes. Default: 0. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy between scores and classes, or probabilities of classes (torch.nn.CrossEntropyLoss):
 * −log softmax(input)[target].
 *
 * Shapes: input [N, C, *] or [C]; target int32 [N, *] or [], or floats of the input's shape.
 * @throws RangeError for a class outside 0 … C − 1.
 * @example
 * const loss = new nn.CrossEntropyLoss({ ignoreIndex: 0 });
 * loss.forward(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' }));
 */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  constructor(options: CrossEntropyLossOptions = {}) {
    super(options);
    this.ignoreIndex = options.ignoreIndex ?? -100;
    this.labelSmoothing = options.labelSmoothing ?? 0;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction, ignoreIndex, labelSmoothing } = this;
    return F.crossEntropy(input, target, { weight, reduction, ignoreIndex, labelSmoothing });
  }
}

/**
 * −weight·(target·log input + (1 − target)·log(1 − input)), input probabilities (torch.nn.BCELoss). Logarithms
 * are cut at −100. Shapes: both the same.
 * @example new nn.BCELoss().forward(scores.sigmoid(), labels)
 */
export class BCELoss extends WeightedLoss {
  constructor(options: LossOptions & { weight?: Tensor | null } = {}) {
    super(options);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return F.binaryCrossEntropy(input, target, { weight, reduction });
  }
}

/**
 * BCELoss of sigmoid(input), computed so that nothing overflows (torch.nn.BCEWithLogitsLoss). `posWeight` is a factor
 * of the positive part. Shapes: both the same.
 * @example new nn.BCEWithLogitsLoss().forward(scores, labels)
 */
export class BCEWithLogitsLoss extends WeightedLoss {
  declare posWeight: Tensor | null;
  constructor(options: LossOptions & { weight?: Tensor | null; posWeight?: Tensor | null } = {}) {
    super(options);
    this.registerBuffer('posWeight', options.posWeight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}
