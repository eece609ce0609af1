/** Connectionist temporal classification as a layer. */
import { optionsTable, surplus } from '../../check';
import type { Lengths } from '../../ops/arguments/lengths';
import { ctcFields, type CtcLossOptions } from '../../ops/loss/ctc';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { Module } from '../module';
import type { Reduction } from './loss';

/** Options of `CTCLoss`. */
export type CTCLossOptions = CtcLossOptions;

const ctcOptions = optionsTable<CTCLossOptions>('CTCLoss', ctcFields);

/**
 * Connectionist temporal classification (torch.nn.CTCLoss; Graves et al. 2006): −log of the probability that a path of one
 * class a step spells the labels, once repetitions and then blanks are left out.
 *
 * Shapes: logProbs [T, N, C], or [T, C] of one sequence; targets int32 [N, S] or [Σ targetLengths]; N lengths each.
 * @throws TypeError, RangeError for an option that is none.
 * @example
 * const loss = new nn.CTCLoss({ zeroInfinity: true });
 * const labels = tensor([[3, 7, 7], [5, 1, 0]], { dtype: 'int32' });
 * loss.forward(randn([50, 2, 20]).logSoftmax(2), labels, [50, 40], [3, 2]).shape; // []
 */
export class CTCLoss extends Module {
  /** The class that stands for no label. */
  readonly blank: number;
  /** How the losses of the sequences are reduced; the mean divides each by the number of its labels first. */
  readonly reduction: Reduction;
  /** Whether infinite losses and their gradients are 0. */
  readonly zeroInfinity: boolean;

  constructor(options?: CTCLossOptions) {
    if (arguments.length > 1) surplus('CTCLoss', arguments, 1, 'options');
    super();
    const { blank, reduction, zeroInfinity } = ctcOptions.read(options);
    this.blank = blank;
    this.reduction = reduction;
    this.zeroInfinity = zeroInfinity;
  }

  /**
   * The loss of `logProbs` against the labels, reduced as `reduction` says.
   * @throws RangeError for shapes that do not match, and for lengths and labels out of range.
   */
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
  ): Tensor {
    if (arguments.length > 4) surplus('CTCLoss.forward', arguments, 4, 'targetLengths');
    const { blank, reduction, zeroInfinity } = this;
    const options = { blank, reduction, zeroInfinity };
    return F.ctcLoss(logProbs, targets, inputLengths, targetLengths, options);
  }
}
