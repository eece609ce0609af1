/** Element type conversion: C-like truncation to int32, `x != 0` to bool. */
import { family, type KernelFamily } from '../../native/families';
import { isFloat, type DType } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { applyUnary } from '../kernels/launch';

// cast_<from> kernels are named by their target: cast_to_f32_<from> and so on.
const kernels: Record<DType, KernelFamily<'Unary'>> = {
  float32: family('cast_to_f32'),
  float64: family('cast_to_f64'),
  int32: family('cast_to_i32'),
  bool: family('cast_to_u8'),
};

const recorded = gradient<[Tensor]>('to', {
  node: 'ToCopyBackward0',
  rule: (g, _, _of, { next }) => [g.to(next[0]!.dtype)],
});

/** `x` in another element type; the gradient is converted back. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = empty(x.sizes, dtype);
  applyUnary('to', kernels[dtype], x, out);
  return isFloat(dtype) ? recorded(out, undefined, x) : out;
}
