/** Losses as layers. Each is the function in nn.functional; `reduction` says how those of the elements are reduced. */
import {
  integer,
  nonNegative,
  oneOf,
  optionsTable,
  positive,
  probability,
  surplus,
} from '../../check';
import { anyTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';

/** `mean` (default) and `sum` give one number, `none` a loss for each element. */
export type Reduction = 'none' | 'mean' | 'sum';

/** Options of every loss. */
export interface LossOptions {
  /** `'mean'` (default) and `'sum'` give one number, `'none'` a loss for each element. */
  reduction?: Reduction;
}

export const lossFields = { reduction: oneOf('none', 'mean', 'sum').or('mean') };
export const lossOptions = optionsTable<LossOptions>('Loss', lossFields);

export abstract class Loss extends Module {
  /** How the losses of the elements are reduced. */
  readonly reduction: Reduction;

  /** @internal */
  constructor({ reduction }: Readonly<Required<LossOptions>>) {
    super();
    this.reduction = reduction;
  }
}

/** What the function of a loss is called with: nothing where that says the same, so that no options are read. */
export const reductionOf = ({ reduction }: Loss): LossOptions | undefined =>
  reduction === 'mean' ? undefined : { reduction };

/**
 * Squared error (torch.nn.MSELoss): (input − target)².
 *
 * Shapes: both the same; others broadcast with a warning.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item() // 2
 */
export class MSELoss extends Loss {
  constructor(options?: LossOptions) {
    if (arguments.length > 1) surplus('MSELoss', arguments, 1, 'options');
    super(lossOptions.read(options, 'MSELoss'));
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('MSELoss.forward', arguments, 2, 'target');
    return F.mseLoss(input, target, reductionOf(this));
  }
}

/**
 * Absolute error (torch.nn.L1Loss): |input − target|.
 *
 * Shapes: both the same; others broadcast with a warning.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])).item() // 1
 */
export class L1Loss extends Loss {
  constructor(options?: LossOptions) {
    if (arguments.length > 1) surplus('L1Loss', arguments, 1, 'options');
    super(lossOptions.read(options, 'L1Loss'));
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('L1Loss.forward', arguments, 2, 'target');
    return F.l1Loss(input, target, reductionOf(this));
  }
}

/** Options of `SmoothL1Loss`. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Where the loss turns from squared to absolute. Default: 1. */
  beta?: number;
}

const smoothL1Options = optionsTable<SmoothL1LossOptions>('SmoothL1Loss', {
  ...lossFields,
  beta: nonNegative.or(1),
});

/**
 * With d = |input − target|: d²/(2·beta) below beta, d − beta/2 from there (torch.nn.SmoothL1Loss; Girshick 2015).
 *
 * Shapes: both the same; others broadcast with a warning.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.SmoothL1Loss({ beta: 0.5 }).forward(tensor([1, 2]), tensor([1, 4])).item() // 0.875
 */
export class SmoothL1Loss extends Loss {
  /** Where the loss turns from squared to absolute. */
  readonly beta: number;

  constructor(options?: SmoothL1LossOptions) {
    if (arguments.length > 1) surplus('SmoothL1Loss', arguments, 1, 'options');
    const read = smoothL1Options.read(options);
    super(read);
    this.beta = read.beta;
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('SmoothL1Loss.forward', arguments, 2, 'target');
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

/** Options of `HuberLoss`. */
export interface HuberLossOptions extends LossOptions {
  /** Where the loss turns from squared to absolute. Default: 1. */
  delta?: number;
}

const huberOptions = optionsTable<HuberLossOptions>('HuberLoss', {
  ...lossFields,
  delta: positive.or(1),
});

/**
 * With d = |input − target|: d²/2 up to delta, delta·(d − delta/2) above (torch.nn.HuberLoss; Huber 1964).
 *
 * Shapes: both the same; others broadcast with a warning.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.HuberLoss({ delta: 2 }).forward(tensor([1, 2]), tensor([1, 4])).item() // 1
 */
export class HuberLoss extends Loss {
  /** Where the loss turns from squared to absolute. */
  readonly delta: number;

  constructor(options?: HuberLossOptions) {
    if (arguments.length > 1) surplus('HuberLoss', arguments, 1, 'options');
    const read = huberOptions.read(options);
    super(read);
    this.delta = read.delta;
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes do not broadcast.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('HuberLoss.forward', arguments, 2, 'target');
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}

const weightField = { weight: anyTensor.orNull.or(null) };

export abstract class WeightedLoss extends Loss {
  /** The factors that the losses are weighted by; a buffer. */
  declare weight: Tensor | null;

  /** @internal */
  constructor(options: Readonly<Required<LossOptions>> & { readonly weight: Tensor | null }) {
    super(options);
    this.registerBuffer('weight', options.weight);
  }
}

/** Options of `NLLLoss`. */
export interface NLLLossOptions extends LossOptions {
  /** A factor for each class, [C]. Default: null, all 1. */
  weight?: Tensor | null;
  /** Targets of this class are ignored. Default: −100. */
  ignoreIndex?: number;
}

const nllFields = { ...lossFields, ...weightField, ignoreIndex: integer.or(-100) };
const nllOptions = optionsTable<NLLLossOptions>('NLLLoss', nllFields);

/**
 * Negative log-likelihood (torch.nn.NLLLoss): −weight[target]·input[target], input being log-probabilities. The mean
 * divides by the sum of the weights of the targets that are not ignored.
 *
 * Shapes: input [N, C, *] or [C]; target int32 [N, *] or [].
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const classes = tensor([1, 0], { dtype: 'int32' });
 * new nn.NLLLoss().forward(randn([2, 5]).logSoftmax(1), classes).shape; // []
 */
export class NLLLoss extends WeightedLoss {
  /** Targets of this class are ignored. */
  readonly ignoreIndex: number;

  constructor(options?: NLLLossOptions) {
    if (arguments.length > 1) surplus('NLLLoss', arguments, 1, 'options');
    const read = nllOptions.read(options);
    super(read);
    this.ignoreIndex = read.ignoreIndex;
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError for a class outside 0 … C − 1, and shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('NLLLoss.forward', arguments, 2, 'target');
    const { weight, reduction, ignoreIndex } = this;
    return F.nllLoss(input, target, { weight, reduction, ignoreIndex });
  }
}

/** Options of `CrossEntropyLoss`. */
export interface CrossEntropyLossOptions extends NLLLossOptions {
  /** Label smoothing: fraction of each target's probability that is spread evenly over all classes. Default: 0. */
  labelSmoothing?: number;
}

const crossEntropyOptions = optionsTable<CrossEntropyLossOptions>('CrossEntropyLoss', {
  ...nllFields,
  labelSmoothing: probability.or(0),
});

/**
 * Cross-entropy of scores (torch.nn.CrossEntropyLoss): −weight[target]·log softmax(input)[target], the softmax over the
 * classes; with targets that are probabilities, −Σ_c weight[c]·target[c]·log softmax(input)[c].
 *
 * Shapes: input [N, C, *] or [C]; target int32 [N, *] or [], or floats of the input's shape.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const loss = new nn.CrossEntropyLoss({ ignoreIndex: 0 });
 * loss.forward(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' })).shape; // []
 */
export class CrossEntropyLoss extends WeightedLoss {
  /** Targets of this class are ignored. */
  readonly ignoreIndex: number;
  /** Label smoothing: fraction of each target's probability that is spread evenly over all classes. */
  readonly labelSmoothing: number;

  constructor(options?: CrossEntropyLossOptions) {
    if (arguments.length > 1) surplus('CrossEntropyLoss', arguments, 1, 'options');
    const read = crossEntropyOptions.read(options);
    super(read);
    this.ignoreIndex = read.ignoreIndex;
    this.labelSmoothing = read.labelSmoothing;
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError for a class outside 0 … C − 1, and shapes that do not fit.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('CrossEntropyLoss.forward', arguments, 2, 'target');
    const { weight, reduction, ignoreIndex, labelSmoothing } = this;
    const isPlain = weight === null && ignoreIndex === -100 && labelSmoothing === 0;
    if (isPlain) return F.crossEntropy(input, target, reductionOf(this));
    return F.crossEntropy(input, target, { weight, reduction, ignoreIndex, labelSmoothing });
  }
}

/** Options of `BCELoss`. */
export interface BCELossOptions extends LossOptions {
  /** A factor for each element; broadcasts to the input. Default: null, all 1. */
  weight?: Tensor | null;
}

const bceOptions = optionsTable<BCELossOptions>('BCELoss', { ...lossFields, ...weightField });

/**
 * Binary cross-entropy of probabilities (torch.nn.BCELoss):
 * −weight·(target·log input + (1 − target)·log(1 − input)). Logarithms are cut at −100.
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.BCELoss().forward(tensor([0.5, 0.5]), tensor([0, 1])).item() // 0.6931
 */
export class BCELoss extends WeightedLoss {
  constructor(options?: BCELossOptions) {
    if (arguments.length > 1) surplus('BCELoss', arguments, 1, 'options');
    super(bceOptions.read(options));
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes differ or `input` is outside 0 … 1.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('BCELoss.forward', arguments, 2, 'target');
    const { weight, reduction } = this;
    return F.binaryCrossEntropy(input, target, { weight, reduction });
  }
}

/** Options of `BCEWithLogitsLoss`. */
export interface BCEWithLogitsLossOptions extends BCELossOptions {
  /** A factor of the positive part; broadcasts to the input. Default: null, all 1. */
  posWeight?: Tensor | null;
}

const bceWithLogitsOptions = optionsTable<BCEWithLogitsLossOptions>('BCEWithLogitsLoss', {
  ...lossFields,
  ...weightField,
  posWeight: anyTensor.orNull.or(null),
});

/**
 * Binary cross-entropy of sigmoid(input), computed so that nothing overflows (torch.nn.BCEWithLogitsLoss):
 * −weight·(posWeight·target·log σ(input) + (1 − target)·log(1 − σ(input))).
 *
 * Shapes: both the same.
 * @throws TypeError, RangeError for an option that is none.
 * @example new nn.BCEWithLogitsLoss().forward(tensor([0, 0]), tensor([0, 1])).item() // 0.6931
 */
export class BCEWithLogitsLoss extends WeightedLoss {
  /** The factors of the positive part; a buffer. */
  declare posWeight: Tensor | null;

  constructor(options?: BCEWithLogitsLossOptions) {
    if (arguments.length > 1) surplus('BCEWithLogitsLoss', arguments, 1, 'options');
    const read = bceWithLogitsOptions.read(options);
    super(read);
    this.registerBuffer('posWeight', read.posWeight);
  }

  /**
   * The loss of `input` against `target`, reduced as `reduction` says.
   * @throws RangeError when the shapes differ.
   */
  forward(input: Tensor, target: Tensor): Tensor {
    if (arguments.length > 2) surplus('BCEWithLogitsLoss.forward', arguments, 2, 'target');
    const { weight, posWeight, reduction } = this;
    return F.binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}
