/** Launching kernels: the one for an element type, and elementwise ones over operands that are ready for it. */
import { family as kernelsOf, type KernelFamily } from '../../native/families';
import { runBinary, runUnary } from '../../native/calls';
import type { Kernel } from '../../native/kernels';
import type { DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';
import { emptyAs } from './result';

/** The kernel of `family` for an element type. @throws TypeError when the operation has none. */
export function pick<Signature extends string>(
  operation: string,
  family: KernelFamily<Signature>,
  dtype: DType,
): Kernel<Signature> {
  const found = find(family, dtype);
  if (found === undefined) refuseType(operation, dtype);
  return found;
}

const find = <Signature extends string>(
  family: KernelFamily<Signature>,
  dtype: DType,
): Kernel<Signature> | undefined =>
  dtype === 'float32'
    ? family.f32
    : dtype === 'float64'
      ? family.f64
      : dtype === 'int32'
        ? family.i32
        : family.u8;

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
  const run = find(family, x.dtype);
  if (run === undefined) return unaryOfBytes(operation, family, x, out);
  runUnary(run, x, out);
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
  const run = find(family, a.dtype);
  if (run === undefined) return binaryOfBytes(operation, family, a, b, out);
  runBinary(run, a, b, out);
  return out;
}

// What has no kernel for uint8 is computed in int32, whose last bytes are the result: f(x) modulo 256. Functions of their
// own, so that the two above stay short enough for V8 to inline.
const widen = kernelsOf('cast_to_i32').u8!;
const narrow = kernelsOf('cast_to_u8').i32!;

function widened(x: Tensor): Tensor {
  const out = emptyAs(x, 'int32');
  runUnary(widen, x, out);
  return out;
}

function narrowed(x: Tensor, out: Tensor): Tensor {
  runUnary(narrow, x, out);
  return out;
}

// The kernel for int32. @throws TypeError where there is none, and for other types than uint8.
function kernelOfBytes<Signature extends string>(
  operation: string,
  family: KernelFamily<Signature>,
  dtype: DType,
): Kernel<Signature> {
  return dtype === 'uint8' && family.i32 !== undefined ? family.i32 : refuseType(operation, dtype);
}

function unaryOfBytes(
  operation: string,
  family: KernelFamily<'Unary'>,
  x: Tensor,
  out: Tensor,
): Tensor {
  const run = kernelOfBytes(operation, family, x.dtype);
  const wide = emptyAs(out, 'int32');
  runUnary(run, widened(x), wide);
  return narrowed(wide, out);
}

function binaryOfBytes(
  operation: string,
  family: KernelFamily<'Binary'>,
  a: Tensor,
  b: Tensor,
  out: Tensor,
): Tensor {
  const run = kernelOfBytes(operation, family, a.dtype);
  const wide = emptyAs(out, 'int32');
  runBinary(run, widened(a), widened(b), wide);
  return narrowed(wide, out);
}
