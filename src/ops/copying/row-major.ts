/** Copies in row-major order whatever the order of x, which `clone` keeps. d copy = g. */
import type { Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { copyOf } from '../kernels/copy';

/** Records a copy of x. */
export const recordedCopy = gradient<[Tensor]>('clone', { rule: (g) => [g] });

/** A copy of `x` in row-major order. */
export const rowMajorCopy = (x: Tensor): Tensor => recordedCopy(copyOf(x), undefined, x);
