/**
 * mm: C = A·B. dA = g·Bᵀ, dB = Aᵀ·g. Saves A and B. Transposed views are read where they lie: nothing is copied.
 */
import { record, save } from '../autograd/node';
import { args, family } from '../native/kernels';
import { isFloat } from '../tensor/dtype';
import { showShape } from '../tensor/shape';
import { empty, type Tensor } from '../tensor/tensor';
import { checkTensor, pick } from './elementwise';
import { contiguous } from './clone';
import { t } from './view/permute';

const kernels = family('gemm');

/** How a matrix lies in memory: row-major with a leading dimension, possibly transposed. */
export interface Layout {
  matrix: Tensor;
  transposed: 0 | 1;
  leading: number;
}

/** A 2-dimensional tensor as the product's kernel takes it; copied only when neither dimension is dense. */
export function layoutOf(x: Tensor): Layout {
  const [rows, columns] = x.shape as [number, number];
  const [rowStep, columnStep] = x.strides as [number, number];
  if ((columnStep === 1 || columns <= 1) && (rowStep >= columns || rows <= 1)) {
    return { matrix: x, transposed: 0, leading: Math.max(rowStep, columns, 1) };
  }
  if ((rowStep === 1 || rows <= 1) && (columnStep >= rows || columns <= 1)) {
    return { matrix: x, transposed: 1, leading: Math.max(columnStep, rows, 1) };
  }
  return { matrix: contiguous(x), transposed: 0, leading: Math.max(columns, 1) };
}

/** out = A·B (+ bias to each row), into a fresh contiguous tensor. Shapes have been checked. Not recorded. */
export function product(operation: string, a: Tensor, b: Tensor, bias: Tensor | null): Tensor {
  const run = pick(operation, kernels, a.dtype);
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1];
  const left = layoutOf(a);
  const right = layoutOf(b);
  const out = empty([m, n], a.dtype);
  args[0] = m;
  args[1] = n;
  args[2] = k;
  args[3] = left.matrix.address;
  args[4] = left.leading;
  args[5] = left.transposed;
  args[6] = right.matrix.address;
  args[7] = right.leading;
  args[8] = right.transposed;
  args[9] = out.address;
  args[10] = Math.max(n, 1);
  args[11] = bias === null ? 0 : bias.address;
  args[12] = 0; // accumulate
  run();
  return out;
}

/**
 * The product of two matrices (torch.mm).
 * @throws RangeError unless a is [M, K] and b [K, N]; TypeError when the element types differ.
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkTensor('mm', 'a', a);
  checkTensor('mm', 'b', b);
  if (a.ndim !== 2 || b.ndim !== 2) {
    throw new RangeError(
      `mm: takes two matrices, got shapes ${showShape(a.shape)} and ${showShape(b.shape)}; matmul takes other ranks`,
    );
  }
  checkInner('mm', a, b);
  const out = product('mm', a, b, null);
  const savedA = b.requiresGrad ? save('mm', a) : null;
  const savedB = a.requiresGrad ? save('mm', b) : null;
  return record('MmBackward0', [a, b], out, (g) => [
    savedB && mm(g, t(savedB.get())),
    savedA && mm(t(savedA.get()), g),
  ]);
}

/** @throws RangeError unless a's last size is b's last but one; TypeError when the element types differ. */
export function checkInner(operation: string, a: Tensor, b: Tensor): void {
  const inner = a.shape[a.ndim - 1];
  const other = b.shape[Math.max(b.ndim - 2, 0)];
  if (inner !== other) {
    throw new RangeError(
      `${operation}: inner sizes differ: a is ${showShape(a.shape)}, b is ${showShape(b.shape)}; a's last size (${inner}) must equal b's ${b.ndim > 2 ? 'last but one' : 'first'} (${other})`,
    );
  }
  if (a.dtype !== b.dtype) {
    throw new TypeError(
      `${operation}: a is ${a.dtype}, b is ${b.dtype}; convert one with to('${isFloat(a.dtype) ? a.dtype : b.dtype}')`,
    );
  }
}
