/** Losses with a margin as layers, of rankings, embeddings and scores of classes. Each is the function in nn.functional. */
import { optionsTable, surplus } from '../../check';
import { multiMarginFields } from '../../ops/loss/multi-margin';
import { cosineOptions, hingeOptions, rankingOptions } from '../../ops/loss/options';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Loss, lossFields, lossOptions, reductionOf, WeightedLoss, type LossOptions } from './loss';

/** Options of losses with a margin. */
export type MarginLossOptions = F.MarginOptions;

/** A loss with a margin. */
abstract class MarginLoss extends Loss {
  /** How far apart what differs has to be. */
  readonly margin: number;
  /** @internal */
  constructor(options: Required<MarginLossOptions>) {
    super(options);
    this.margin = options.margin;
  }
}

/**
 * Ranking loss (torch.nn.MarginRankingLoss): max(0, −target·(input1 − input2) + margin), with targets 1 where input1 should
 * rank higher and −1 where input2 should.
 *
 * Shapes: all the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const loss = new nn.MarginRankingLoss({ margin: 0.5 });
 * loss.forward(tensor([1]), tensor([2]), tensor([1])).item(); // 1.5
 */
export class MarginRankingLoss extends MarginLoss {
  constructor(options?: MarginLossOptions) {
    if (arguments.length > 1) surplus('MarginRankingLoss', arguments, 1, 'options');
    super(rankingOptions.read(options, 'MarginRankingLoss'));
  }

  /**
   * The loss of the order of `input1` and `input2` against `target`, reduced as `reduction` says.
   * @throws RangeError for shapes that do not fit.
   */
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    if (arguments.length > 3) surplus('MarginRankingLoss.forward', arguments, 3, 'target');
    const { margin, reduction } = this;
    return F.marginRankingLoss(input1, input2, target, { margin, reduction });
  }
}

/**
 * Loss of distances (torch.nn.HingeEmbeddingLoss): the input where the target is 1, max(0, margin − input) where it is −1.
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.HingeEmbeddingLoss().forward(tensor([0.5, 0.75]), tensor([1, -1])).item() // 0.375
 */
export class HingeEmbeddingLoss extends MarginLoss {
  constructor(options?: MarginLossOptions) {
    if (arguments.length > 1) surplus('HingeEmbeddingLoss', arguments, 1, 'options');
    super(hingeOptions.read(options, 'HingeEmbeddingLoss'));
  }

  /**
   * The loss of the distances `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('HingeEmbeddingLoss.forward', arguments, 2, 'target');
    const { margin, reduction } = this;
    return F.hingeEmbeddingLoss(input, target, { margin, reduction });
  }
}

/**
 * Logistic loss of targets 1 and −1 (torch.nn.SoftMarginLoss): ln(1 + e^(−target·input)).
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.SoftMarginLoss().forward(tensor([0, 2]), tensor([1, -1])).item() // 1.41
 */
export class SoftMarginLoss extends Loss {
  constructor(options?: LossOptions) {
    if (arguments.length > 1) surplus('SoftMarginLoss', arguments, 1, 'options');
    super(lossOptions.read(options, 'SoftMarginLoss'));
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('SoftMarginLoss.forward', arguments, 2, 'target');
    return F.softMarginLoss(input, target, reductionOf(this));
  }
}

/**
 * Loss of angles (torch.nn.CosineEmbeddingLoss): 1 − cos(input1, input2) where the target is 1,
 * max(0, cos(input1, input2) − margin) where it is −1.
 *
 * Shapes: inputs [N, D] with target [N], or [D] with [].
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const [a, b] = [tensor([[1, 0]]), tensor([[0, 1]])];
 * new nn.CosineEmbeddingLoss().forward(a, b, tensor([1])).item(); // 1
 */
export class CosineEmbeddingLoss extends MarginLoss {
  constructor(options?: MarginLossOptions) {
    if (arguments.length > 1) surplus('CosineEmbeddingLoss', arguments, 1, 'options');
    super(cosineOptions.read(options, 'CosineEmbeddingLoss'));
  }

  /**
   * The loss of the rows of `input1` and `input2` against `target`, reduced as `reduction` says.
   * @throws RangeError for shapes that do not fit.
   */
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    if (arguments.length > 3) surplus('CosineEmbeddingLoss.forward', arguments, 3, 'target');
    const { margin, reduction } = this;
    return F.cosineEmbeddingLoss(input1, input2, target, { margin, reduction });
  }
}

/** Options of `MultiMarginLoss`. */
export interface MultiMarginLossOptions extends LossOptions {
  /** Exponent of each margin that is missed: 1 or 2. Default: 1. */
  p?: 1 | 2;
  /** By how much the right class should lead. Default: 1. */
  margin?: number;
  /** Factor of each class's losses, [C]. Default: null, all 1. */
  weight?: Tensor | null;
}

const multiMarginOptions = optionsTable<MultiMarginLossOptions>(
  'MultiMarginLoss',
  multiMarginFields,
);

/**
 * Hinge loss over classes (torch.nn.MultiMarginLoss): Σ_{c ≠ y} weight[y]·max(0, margin − x[y] + x[c])ᵖ / C.
 *
 * Shapes: input [N, C] or [C]; target int32 [N] or [].
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const target = tensor([1], { dtype: 'int32' });
 * new nn.MultiMarginLoss().forward(tensor([[0.5, 1]]), target).item(); // 0.25
 */
export class MultiMarginLoss extends WeightedLoss {
  /** Exponent of each margin that is missed. */
  readonly p: 1 | 2;
  /** By how much the right class should lead. */
  readonly margin: number;

  constructor(options?: MultiMarginLossOptions) {
    if (arguments.length > 1) surplus('MultiMarginLoss', arguments, 1, 'options');
    const read = multiMarginOptions.read(options);
    super(read);
    this.p = read.p;
    this.margin = read.margin;
  }

  /**
   * The loss of the scores `input` against the classes `target`, reduced as `reduction` says.
   * @throws RangeError for a class outside 0 … C − 1, and shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('MultiMarginLoss.forward', arguments, 2, 'target');
    const { p, margin, weight, reduction } = this;
    return F.multiMarginLoss(input, target, { p, margin, weight, reduction });
  }
}

/**
 * Hinge loss where several classes are right (torch.nn.MultiLabelMarginLoss): Σ max(0, 1 − x[y] + x[c]) / C over each right
 * class y and each class c that is none.
 *
 * Shapes: input [N, C] or [C]; target int32 of the same shape, each row listing its classes up to the first −1.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const target = tensor([[1, -1, 0]], { dtype: 'int32' });
 * new nn.MultiLabelMarginLoss().forward(tensor([[0.5, 1, 0.25]]), target).item(); // 0.25
 */
export class MultiLabelMarginLoss extends Loss {
  constructor(options?: LossOptions) {
    if (arguments.length > 1) surplus('MultiLabelMarginLoss', arguments, 1, 'options');
    super(lossOptions.read(options, 'MultiLabelMarginLoss'));
  }

  /**
   * The loss of the scores `input` against the lists of classes `target`, reduced as `reduction` says.
   * @throws RangeError for a class outside −1 … C − 1, and shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('MultiLabelMarginLoss.forward', arguments, 2, 'target');
    return F.multilabelMarginLoss(input, target, reductionOf(this));
  }
}

/** Options of `MultiLabelSoftMarginLoss`. */
export interface MultiLabelSoftMarginLossOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to the input. Default: null, all 1. */
  weight?: Tensor | null;
}

const softOptions = optionsTable<MultiLabelSoftMarginLossOptions>('MultiLabelSoftMarginLoss', {
  ...lossFields,
  weight: anyTensor.orNull.or(null),
});

/**
 * Binary cross-entropy of scores, averaged over the classes (torch.nn.MultiLabelSoftMarginLoss):
 * −(t·ln σ(x) + (1 − t)·ln σ(−x)).
 *
 * Shapes: both [N, C].
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.MultiLabelSoftMarginLoss().forward(tensor([[0, 2]]), tensor([[0, 1]])).item() // 0.41
 */
export class MultiLabelSoftMarginLoss extends WeightedLoss {
  constructor(options?: MultiLabelSoftMarginLossOptions) {
    if (arguments.length > 1) surplus('MultiLabelSoftMarginLoss', arguments, 1, 'options');
    super(softOptions.read(options));
  }

  /**
   * The loss of the scores `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('MultiLabelSoftMarginLoss.forward', arguments, 2, 'target');
    const { weight, reduction } = this;
    return F.multilabelSoftMarginLoss(input, target, { weight, reduction });
  }
}
