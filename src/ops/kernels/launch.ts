/** Launching kernels: the one for an element type, and elementwise ones over operands that are ready for it. */
import type { KernelFamily } from '../../native/families';
import { runBinary, runUnary } from '../../native/calls';
import type { Kernel } from '../../native/kernels';
import type { DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';

/** The kernel of `family` for an element type. @throws TypeError when the operation has none. */
export function pick<Signature extends string>(
  operation: string,
  family: KernelFamily<Signature>,
  dtype: DType,
): Kernel<Signature> {
  const found =
    dtype === 'float32'
      ? family.f32
      : dtype === 'float64'
        ? family.f64
        : dtype === 'int32'
          ? family.i32
          : family.u8;
  if (found === undefined) refuseType(operation, dtype);
  return found;
}

function refuseType(operation: string, dtype: DType): never {
  throw new TypeError(`${operation}: is not defined for ${dtype} tensors`);
}

/** out = f(x), x broadcasting to out's shape; `out` may be x itself. */
export function applyUnary(
  operation: string,
  family: KernelFamily<'Unary'>,
  x: Tensor,
  out: Tensor,
): Tensor {
  runUnary(pick(operation, family, x.dtype), x, out);
  return out;
}

/** out = f(a, b), a and b of one element type and broadcasting to out's shape; `out` may be a or b. */
export function applyBinary(
  operation: string,
  family: KernelFamily<'Binary'>,
  a: Tensor,
  b: Tensor,
  out: Tensor,
): Tensor {
  runBinary(pick(operation, family, a.dtype), a, b, out);
  return out;
}
