/** Locked dropout: one mask for all steps of a sequence. y = x·mask / (1 − p), dx = g·mask / (1 − p). */
import { expand, mul, unsqueeze } from '../../ops';
import { constant } from '../../ops/creation/factories';
import { packRows } from '../../ops/joining/packed';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { dropout } from './dropout';

/** How the steps of a batch of sequences are arranged. */
export interface StepLayout {
  /** [N, T, F] instead of [T, N, F]. */
  readonly batchFirst: boolean;
  /** Of packed sequences, [R, F]: how many have each step (int32); else null. */
  readonly batchSizes: Tensor | null;
  /** N. */
  readonly batch: number;
}

/** `x` times one mask [N, F], the same at each step. */
export function lockedDropout(x: Tensor, p: number, layout: StepLayout): Tensor {
  if (p === 0 || x.numel === 0) return x;
  const { batchFirst, batchSizes, batch } = layout;
  const features = sizesOf(x)[x.ndim - 1];
  const mask = dropout(constant([batch, features], 1, x.dtype), p);
  if (batchSizes === null) return mul(x, unsqueeze(mask, batchFirst ? 1 : 0));
  const steps = batchSizes.numel;
  const packing = { sizes: batchSizes, order: null, rows: sizesOf(x)[0], batch };
  const ofSteps = expand(unsqueeze(mask, 0), [steps, batch, features]);
  return mul(x, packRows(ofSteps, packing, { steps, batchFirst: false }));
}
