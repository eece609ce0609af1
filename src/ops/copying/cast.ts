/** Element type conversion: C-like truncation to int32, `x != 0` to bool. */
import { family, type KernelFamily } from '../../native/families';
import { record } from '../../autograd/node';
import { isFloat, type DType } from '../../tensor/dtype';
import { empty, type Tensor } from '../../tensor/tensor';
import { applyUnary } from '../kernels/launch';

// cast_<from> kernels are named by their target: cast_to_f32_<from> and so on.
const kernels: Record<DType, KernelFamily<'Unary'>> = {
  float32: family('cast_to_f32'),
  float64: family('cast_to_f64'),
  int32: family('cast_to_i32'),
  bool: family('cast_to_u8'),
};

/** `x` in another element type; the gradient is converted back. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = empty(x.sizes, dtype);
  applyUnary('to', kernels[dtype], x, out);
  if (!isFloat(dtype) || !isFloat(x.dtype)) return out;
  const from = x.dtype;
  return record('ToCopyBackward0', [x], out, (g) => [cast(g, from)]);
}
