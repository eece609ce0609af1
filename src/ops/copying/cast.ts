/** Element type conversion: truncation to int32, the same modulo 256 to uint8, `x != 0` to bool. */
import { family, type KernelFamily } from '../../native/families';
import { isFloat, type DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { gradient } from '../declare/gradient';
import { noted } from '../declare/watch';
import { applyBinary, applyUnary } from '../kernels/launch';
import { scalarSlot } from '../kernels/operands';
import { emptyAs } from '../kernels/result';

// cast_<from> kernels are named by their target: cast_to_f32_<from> and so on.
const kernels: Record<Exclude<DType, 'bool'>, KernelFamily<'Unary'>> = {
  float32: family('cast_to_f32'),
  float64: family('cast_to_f64'),
  int32: family('cast_to_i32'),
  uint8: family('cast_to_u8'),
};
const differs = family('ne');

const recorded = gradient<[Tensor]>('to', {
  node: 'ToCopyBackward0',
  rule: (g, _, _of, { next }) => [g.to(next[0]!.dtype)],
});

/** `x` in another element type; the gradient is converted back. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = emptyAs(x, dtype);
  if (dtype === 'bool') applyBinary('to', differs, x, scalarSlot('to', 1, 0, x.dtype), out);
  else applyUnary('to', kernels[dtype], x, out);
  return isFloat(dtype) ? recorded(out, undefined, x) : noted('to', undefined, out, x);
}
