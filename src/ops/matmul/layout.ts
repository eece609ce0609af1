/**
 * How matrices reach the gemm kernels: any matrix with one dense dimension is read in place, transposed or
 * not, and a batch is walked by its strides (0 where it repeats). The products here are not recorded; what
 * they mean as operations is in the files beside this one.
 */
import { family } from '../../native/families';
import { runGemm, runGemmBatched, runGemmPack, runGemmPacked } from '../../native/calls';
import { memoryAt, type Memory } from '../../native/memory';
import { isFloat, itemSize } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { contiguousStrides, showShape, viewStrides, type Shape } from '../../tensor/shape';
import { acquire, release, type Storage } from '../../tensor/storage';
import { sizesOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { copyInto, copyOf } from '../kernels/copy';
import { checkTypes } from '../arguments/check';
import { applyBinary, pick } from '../kernels/launch';
import {
  mayKeep,
  packedLength,
  packedWeight,
  preferredForm,
  type PackedWeight,
  type WeightForm,
} from './packed-weight';

const gemm = family('gemm');
const gemmBatched = family('gemm_batched');
const gemmPack = family('gemm_pack');
const gemmPacked = family('gemm_packed');
const sums = family('add');

/** What a kernel reads in place: the last two dimensions of `x` are row-major with a leading dimension, or transposed. */
interface Readable {
  readonly x: Tensor;
  readonly transposed: boolean;
  readonly leading: number;
}

/** Null when neither dimension is dense, or rows overlap. */
function inPlace(x: Tensor): Readable | null {
  const r = x.ndim - 2;
  const rows = sizesOf(x)[r];
  const columns = sizesOf(x)[r + 1];
  const rowStep = elementStridesOf(x)[r];
  const columnStep = elementStridesOf(x)[r + 1];
  if ((columnStep === 1 || columns <= 1) && (rowStep >= columns || rows <= 1)) {
    return { x, transposed: false, leading: Math.max(rowStep, columns, 1) };
  }
  if ((rowStep === 1 || rows <= 1) && (columnStep >= rows || columns <= 1)) {
    return { x, transposed: true, leading: Math.max(columnStep, rows, 1) };
  }
  return null;
}

/** @internal Whether a kernel can read the matrices of `x` in place. */
export const isReadable = (x: Tensor): boolean => inPlace(x) !== null;

const readable = (x: Tensor): Readable => inPlace(x) ?? inPlace(copyOf(x))!;

/** @internal Whether `x` can be seen as a matrix of the given sizes. */
export const isMatrix = (x: Tensor, rows: number, columns: number): boolean =>
  x.contiguousLayout || viewStrides(sizesOf(x), elementStridesOf(x), [rows, columns]) !== null;

/** @internal `x` seen as a matrix of the given sizes, copied only where its layout demands it. Not recorded. */
export function asMatrix(x: Tensor, rows: number, columns: number): Tensor {
  if (x.ndim === 2) return x;
  const shape = [rows, columns];
  const strides = viewStrides(sizesOf(x), elementStridesOf(x), shape);
  if (strides !== null) return new Tensor(x.storage, x.dtype, shape, strides, x.offset);
  const copy = copyOf(x);
  return new Tensor(copy.storage, x.dtype, shape, contiguousStrides(shape), copy.offset, true);
}

/** @internal The transposed matrix over the same memory. Not recorded. */
export function transposedMatrix(x: Tensor): Tensor {
  const [rows, columns] = sizesOf(x);
  const [rowStep, columnStep] = elementStridesOf(x);
  return new Tensor(x.storage, x.dtype, [columns, rows], [columnStep, rowStep], x.offset);
}

/**
 * a·b of two matrices into a fresh contiguous tensor of M·N elements and the given shape.
 * @param bias [N], added to each row: the value that every sum starts from
 */
export function product(
  operation: string,
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  shape: Shape,
): Tensor {
  const out = empty(shape, a.dtype);
  productInto(operation, a, b, bias, out, false);
  return out;
}

// A chain of multiply-adds rounds every term to the spacing of the sum so far, and loses what is below half of it. Over
// the 10,000 words of a vocabulary that cost a gradient three digits in float32. So sums of more terms than `longChain`
// are cut into chains of `chain` terms, each from 0 (the first from what the sum starts from), added in order: which
// chain a term is in depends on its place alone.
const chain = 1024;
/** @internal A sum of more terms than these is made of several chains. */
export const longChain = 2 * chain;

/** Columns [from, from + count) of a matrix. Not recorded. */
function columnsOf(x: Tensor, from: number, count: number): Tensor {
  const offset = x.offset + from * elementStridesOf(x)[1];
  return new Tensor(x.storage, x.dtype, [sizesOf(x)[0], count], elementStridesOf(x), offset);
}

/** out = a·b (+ bias), or out += a·b with `accumulate`; `out` is contiguous. Raises no version. */
export function productInto(
  operation: string,
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  out: Tensor,
  accumulate: boolean,
): void {
  if (a.dtype === 'uint8') {
    const wide = cast(out, 'int32');
    productInto(operation, cast(a, 'int32'), cast(b, 'int32'), bias && cast(bias, 'int32'), wide, accumulate); // prettier-ignore
    copyInto(cast(wide, 'uint8'), out);
    return;
  }
  const left = readable(a);
  const right = readable(b);
  const K = sizesOf(a)[1];
  if (K <= longChain || a.dtype !== 'float32') {
    gemmInto(operation, left, right, bias, out, accumulate);
    return;
  }
  const part = acquire(out.numel * itemSize(out.dtype));
  const shape = [sizesOf(a)[0], sizesOf(b)[1]];
  const whole = asMatrix(out, shape[0], shape[1]);
  const partial = new Tensor(part, out.dtype, shape, contiguousStrides(shape), 0, true);
  const rows = transposedMatrix(right.x);
  for (let from = 0; from < K; from += chain) {
    const count = Math.min(chain, K - from);
    const x = readable(columnsOf(left.x, from, count));
    const y = readable(transposedMatrix(columnsOf(rows, from, count)));
    if (from === 0) gemmInto(operation, x, y, bias, out, accumulate);
    else {
      gemmInto(operation, x, y, null, partial, false);
      applyBinary(operation, sums, whole, partial, whole);
    }
  }
  release(part);
}

function gemmInto(
  operation: string,
  left: Readable,
  right: Readable,
  bias: Tensor | null,
  out: Tensor,
  accumulate: boolean,
): void {
  const { x } = left;
  const run = pick(operation, gemm, x.dtype);
  const M = sizesOf(x)[0];
  const K = sizesOf(x)[1];
  const N = sizesOf(right.x)[1];
  const ldc = N > 1 ? N : 1;
  let y: Memory = right.x;
  let { leading, transposed } = right;
  if (transposed) {
    const isPlain = !left.transposed && !accumulate;
    const kept = keptForm(operation, right.x, M, isPlain);
    if (kept !== null) {
      if (kept.form === 'panels') {
        const packedRun = pick(operation, gemmPacked, x.dtype);
        runGemmPacked(packedRun, {
          M,
          N,
          K,
          a: x,
          lda: left.leading,
          packed: kept.packed,
          bias,
          c: out,
          ldc,
        });
        return;
      }
      y = kept.packed;
      leading = N;
      transposed = false;
    }
  }
  runGemm(run, {
    M,
    N,
    K,
    a: x,
    lda: left.leading,
    transposeA: left.transposed,
    b: y,
    ldb: leading,
    transposeB: transposed,
    bias,
    c: out,
    ldc,
    accumulate,
  });
}

// `w` [K, N], in memory [N, K], as products of so many rows read it fastest; null: as it is. `x·Wᵀ` of a few rows is
// bounded by reading W, and transposing it in registers halves the bandwidth.
function keptForm(
  operation: string,
  w: Tensor,
  rows: number,
  isPlain: boolean,
): { form: 'rowMajor' | 'panels'; packed: Storage } | null {
  const { dtype } = w;
  // A program keeps its own (compile/kept-weights.ts).
  if (!isFloat(dtype) || executor.isTrace) return null;
  const bytes = itemSize(dtype);
  if (!mayKeep(rows, w.numel * bytes)) return null;
  const K = sizesOf(w)[0];
  const N = sizesOf(w)[1];
  const type = dtype === 'float32' ? 'f32' : 'f64';
  const form = preferredForm(rows, N, K, true, type);
  if (form === 'inPlace' || (form === 'panels' && !isPlain)) return null;
  const kept = packedWeight('matmul', [w], form);
  if (!kept.paysNow()) return null;
  return { form, packed: kept.packed ?? packMatrix(operation, kept, w) };
}

/** Packs `w` [K, N], whose rows or columns are dense, in the form of `kept`. */
export function packMatrix(operation: string, kept: PackedWeight, w: Tensor): Storage {
  const { dtype } = w;
  const [K, N] = sizesOf(w);
  const type = dtype === 'float32' ? 'f32' : 'f64';
  const form = kept.form as WeightForm;
  const memory = kept.allocate(packedLength(form, N, K, type) * itemSize(dtype));
  if (form === 'panels') {
    const { leading, transposed } = inPlace(w)!;
    runGemmPack(pick(operation, gemmPack, dtype), N, K, w, leading, transposed, memory);
  } else {
    copyInto(w, new Tensor(memory, dtype, sizesOf(w), contiguousStrides(sizesOf(w)), 0, true));
  }
  return memory;
}

/** Neighbouring batch dimensions that both operands step through evenly, merged into one. */
interface Batch {
  size: number;
  a: number;
  b: number;
}

function batchOf(a: Tensor, b: Tensor): Batch[] {
  const merged: Batch[] = [];
  for (let d = 0; d < a.ndim - 2; d++) {
    const size = sizesOf(a)[d];
    if (size === 1) continue;
    const stepA = elementStridesOf(a)[d];
    const stepB = elementStridesOf(b)[d];
    const last = merged[merged.length - 1];
    if (last !== undefined && last.a === stepA * size && last.b === stepB * size) {
      last.size *= size;
      last.a = stepA;
      last.b = stepB;
    } else merged.push({ size, a: stepA, b: stepB });
  }
  return merged;
}

const one: Readonly<Batch> = { size: 1, a: 0, b: 0 };

/**
 * a·b for every pair of matrices of two tensors [..., M, K] and [..., K, N] with equal batch dimensions, into a
 * fresh contiguous tensor. Batch strides may be anything, so an expanded operand is not copied.
 */
export function batchedProduct(operation: string, a: Tensor, b: Tensor): Tensor {
  if (a.dtype === 'uint8') {
    return cast(batchedProduct(operation, cast(a, 'int32'), cast(b, 'int32')), 'uint8');
  }
  const run = pick(operation, gemmBatched, a.dtype);
  const left = readable(a);
  const right = readable(b);
  const { x } = left;
  const { x: y } = right;
  const [M, K] = [sizesOf(x)[x.ndim - 2], sizesOf(x)[x.ndim - 1]];
  const N = sizesOf(y)[y.ndim - 1];
  const shape = sizesOf(x).slice();
  shape[shape.length - 1] = N;
  const out = empty(shape, a.dtype);
  if (out.numel === 0) return out;
  const batch = batchOf(x, y);
  const inner = batch.pop() ?? one;
  const outer = batch.pop() ?? one;
  const bytes = itemSize(a.dtype);
  const step = M * N;
  let done = 0;
  const walk = (depth: number, atA: number, atB: number): void => {
    if (depth < batch.length) {
      const { size, a: stepA, b: stepB } = batch[depth];
      for (let i = 0; i < size; i++) walk(depth + 1, atA + i * stepA, atB + i * stepB);
      return;
    }
    runGemmBatched(run, {
      outer: outer.size,
      inner: inner.size,
      M,
      N,
      K,
      a: memoryAt(x, atA * bytes),
      lda: left.leading,
      transposeA: left.transposed,
      outerA: outer.a,
      innerA: inner.a,
      b: memoryAt(y, atB * bytes),
      ldb: right.leading,
      transposeB: right.transposed,
      outerB: outer.b,
      innerB: inner.b,
      c: memoryAt(out, done * bytes),
      ldc: N,
      strideC: step,
      accumulate: false,
    });
    done += outer.size * inner.size * step;
  };
  walk(0, 0, 0);
  return out;
}

/**
 * Checks that a [..., K] and b [..., K, N] (or [K]) can be multiplied.
 * @throws RangeError when the inner sizes differ; TypeError when the element types differ.
 */
export function checkInner(operation: string, a: Tensor, b: Tensor, names = ['a', 'b']): void {
  const [x, y] = names;
  const inner = sizesOf(a)[a.ndim - 1];
  const other = sizesOf(b)[Math.max(b.ndim - 2, 0)];
  if (inner !== other) {
    throw new RangeError(
      `${operation}: inner sizes differ: ${x} is ${showShape(sizesOf(a))}, ${y} is ${showShape(sizesOf(b))}; ${x}'s last size (${inner}) must equal ${y}'s ${b.ndim > 2 ? 'last but one' : 'first'} (${other})`,
    );
  }
  checkTypes(operation, a, b, names);
}
