/** Layers that compute nothing: Identity, Flatten. */
import { flatten } from '../../ops/view/reshape';
import type { Tensor } from '../../tensor/tensor';
import { Module } from '../module';

/**
 * Returns its input; takes and ignores any arguments, so that it can stand for any layer (torch.nn.Identity).
 * @example new nn.Identity().forward(x) // x
 */
export class Identity extends Module {
  constructor(...ignored: unknown[]) {
    void ignored;
    super();
  }
  forward(input: Tensor): Tensor {
    return input;
  }
}

/**
 * Merges dimensions startDim … endDim (torch.nn.Flatten). Shapes: [N, *] to [N, product of *] by default.
 * @example new nn.Flatten().forward(zeros([32, 5, 5])).shape // [32, 25]
 */
export class Flatten extends Module {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
  }
  forward(input: Tensor): Tensor {
    return flatten(input, this.startDim, this.endDim);
  }
  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}
