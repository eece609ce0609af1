/** Optimizers that update one parameter after the other, by operations on tensors. Each one's equations are its own file. */
import { itemSize } from '../tensor/dtype';
import { acquire, release } from '../tensor/storage';
import { sizesOf, Tensor } from '../tensor/tensor';
import {
  Optimizer,
  type CommonOptions,
  type ParamGroup,
  type ParamState,
  type Update,
} from './optimizer';

/** Nothing is recorded in `updateOne`, and `grad` is not to be changed. */
export abstract class LoopOptimizer<
  O extends CommonOptions,
  S extends ParamState,
> extends Optimizer<O, S> {
  protected abstract override checkState(param: Tensor, state: S): void;

  /** Updates a parameter by the gradient of what is minimized. */
  protected abstract updateOne(
    param: Tensor,
    grad: Tensor,
    state: S,
    options: ParamGroup<O> & { maximize: boolean },
  ): void;

  protected override update(updates: readonly Update<S>[], options: ParamGroup<O>): void {
    const group = options as ParamGroup<O> & { maximize: boolean };
    for (const { param, grad, state } of updates) {
      this.updateOne(param, group.maximize ? grad.neg() : grad, state, group);
    }
  }
}

/** Calls `body` with a tensor like another, in memory that is used again: its elements are whatever was there. */
export function withScratch(like: Tensor, body: (scratch: Tensor) => void): void {
  const { numel, dtype } = like;
  const sizes = sizesOf(like);
  const storage = acquire(numel * itemSize(dtype));
  try {
    body(new Tensor(storage, dtype, sizes));
  } finally {
    release(storage);
  }
}

/** g + weightDecay·p, or g itself without decay. */
export const decayed = (g: Tensor, p: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? g : p.mul(weightDecay).add_(g);

/** m = β·m + (1 − β)·x. */
export const average = (m: Tensor, x: Tensor, beta: number): void => {
  m.mul_(beta).add_(x.mul(1 - beta));
};

/** v = β·v + (1 − β)·x². */
export const averageSquare = (v: Tensor, x: Tensor, beta: number): void => {
  v.mul_(beta).add_(x.square().mul_(1 - beta));
};
