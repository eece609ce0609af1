/** Softmax and its kin: probabilities along a dimension. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import * as F from '../functional';
import { DimensionActivation } from './activation';

/**
 * eˣ over the sum of eˣ along `dim`: positive numbers that sum to 1 (torch.nn.Softmax).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.Softmax(-1).forward(tensor([[0, 0], [1, 0]])) // [[0.5, 0.5], [0.7311, 0.2689]]
 */
export class Softmax extends DimensionActivation {
  /** @param dim the dimension that sums to 1; −1 is the last */
  constructor(dim: number) {
    if (arguments.length > 1) surplus('Softmax', arguments, 1, 'dim');
    super('Softmax', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softmax(input, this.dim);
  }
}

/**
 * log(softmax(x)) along `dim`, computed without overflow (torch.nn.LogSoftmax): x − log Σ eˣ.
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.LogSoftmax(-1).forward(tensor([[0, 0]])) // [[-0.6931, -0.6931]]
 */
export class LogSoftmax extends DimensionActivation {
  /** @param dim the dimension whose exponentials sum to 1; −1 is the last */
  constructor(dim: number) {
    if (arguments.length > 1) surplus('LogSoftmax', arguments, 1, 'dim');
    super('LogSoftmax', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.logSoftmax(input, this.dim);
  }
}

/**
 * softmax of −x along `dim` (torch.nn.Softmin).
 * @throws TypeError, RangeError unless `dim` is an integer.
 * @example new nn.Softmin(-1).forward(tensor([[0, 1]])) // [[0.7311, 0.2689]]
 */
export class Softmin extends DimensionActivation {
  /** @param dim the dimension that sums to 1; −1 is the last */
  constructor(dim: number) {
    if (arguments.length > 1) surplus('Softmin', arguments, 1, 'dim');
    super('Softmin', dim);
  }

  /** @internal */
  protected override compute(input: Tensor): Tensor {
    return F.softmin(input, this.dim);
  }
}
