/** Which tensors lost in place (`detach_`) the history that those who saved them count on. */
import type { Tensor } from '../tensor/tensor';

let cuts = 0;
// The number of the last time for each.
const cutAt = new WeakMap<Tensor, number>();

/** Notes that `x` was cut off from what made it. */
export function noteCut(x: Tensor): void {
  cutAt.set(x, ++cuts);
}

/** How often any tensor was cut off so far. */
export const cutsSoFar = (): number => cuts;

/** Whether `x` was cut off after the first `before` times. */
export const wasCutSince = (x: Tensor, before: number): boolean =>
  cuts !== before && (cutAt.get(x) ?? 0) > before;
