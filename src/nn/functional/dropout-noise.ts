/** What dropout multiplies by, drawn before what it multiplies is known: for kernels that do both. */
import { div_ } from '../../ops/elementwise/arithmetic';
import { bernoulli_ } from '../../random/bernoulli';
import type { DType } from '../../tensor/dtype';
import type { Shape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';

/** The factors of contiguous elements: 0 with probability `p`, else 1 / (1 − p). The draws are those of `dropout`. */
export const dropoutNoise =
  (p: number) =>
  (shape: Shape, dtype: DType): Tensor => {
    const noise = empty(shape, dtype);
    return p === 1 ? noise.zero_() : div_(bernoulli_(noise, 1 - p), 1 - p);
  };
