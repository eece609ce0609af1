/** Layers that compute nothing: Identity, Flatten, Unflatten. */
import { arrayOf, integer, surplus } from '../../check';
import { flatten } from '../../ops/view/reshape';
import { unflatten } from '../../ops/view/rearrange';
import type { Tensor } from '../../tensor/tensor';
import { Module } from '../module';
import { showTuple } from '../print';

/**
 * Returns its input; takes and ignores any arguments, so that it can replace any layer (torch.nn.Identity).
 * @example new nn.Identity().forward(tensor([1, 2])) // [1, 2]
 */
export class Identity extends Module {
  /** @param ignored arguments of the layer that it takes the place of */
  constructor(...ignored: unknown[]) {
    void ignored;
    super();
  }

  /** Returns `input` itself. */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Identity.forward', arguments, 1, 'input');
    return input;
  }
}

/**
 * Merges dimensions startDim … endDim (torch.nn.Flatten). Shapes: [N, *] to [N, product of *] by default.
 * @throws TypeError, RangeError unless the dimensions are integers.
 * @example new nn.Flatten().forward(zeros([32, 5, 5])).shape // [32, 25]
 */
export class Flatten extends Module {
  /**
   * @param startDim the first dimension that is merged; default 1
   * @param endDim the last one; default −1, the last of the input
   */
  constructor(
    /** The first dimension that is merged. */
    readonly startDim: number = 1,
    /** The last dimension that is merged. */
    readonly endDim: number = -1,
  ) {
    if (arguments.length > 2) surplus('Flatten', arguments, 2, 'endDim');
    super();
    integer.check('Flatten', 'startDim', startDim);
    integer.check('Flatten', 'endDim', endDim);
  }

  /**
   * `input` with the dimensions merged.
   * @throws RangeError when `input` does not have the dimensions.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Flatten.forward', arguments, 1, 'input');
    return flatten(input, this.startDim, this.endDim);
  }

  /** @internal */
  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

const sizes = arrayOf(integer, 'an array of integers');

/**
 * Makes dimension `dim` several, of the given sizes; one may be −1 (torch.nn.Unflatten). Shapes: [*, S, *] to [*, ...unflattenedSize, *].
 * @throws TypeError, RangeError unless `dim` is an integer and the sizes are integers.
 * @example new nn.Unflatten(1, [2, -1]).forward(zeros([32, 50])).shape // [32, 2, 25]
 */
export class Unflatten extends Module {
  /** The sizes in place of `dim`'s. */
  readonly unflattenedSize: readonly number[];

  /**
   * @param dim the dimension that becomes several
   * @param unflattenedSize their sizes; one may be −1 for what is left
   */
  constructor(
    /** The dimension that becomes several. */
    readonly dim: number,
    unflattenedSize: readonly number[],
  ) {
    if (arguments.length > 2) surplus('Unflatten', arguments, 2, 'unflattenedSize');
    super();
    integer.check('Unflatten', 'dim', dim);
    this.unflattenedSize = sizes.check('Unflatten', 'unflattenedSize', unflattenedSize);
  }

  /**
   * `input` with the dimension as several.
   * @throws RangeError when `input` lacks the dimension, or the sizes do not multiply to its size.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Unflatten.forward', arguments, 1, 'input');
    return unflatten(input, this.dim, this.unflattenedSize);
  }

  /** @internal */
  override extraRepr(): string {
    return `dim=${this.dim}, unflattenedSize=${showTuple(this.unflattenedSize)}`;
  }
}
