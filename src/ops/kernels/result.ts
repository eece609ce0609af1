/**
 * Memory for the results of elementwise operations, in the order that PyTorch gives them: that of the operands in
 * memory, without gaps. So a transposed tensor has a transposed result, which random draws then fill in its order.
 */
import { contiguousStrides, numelOf, type Shape } from '../../tensor/shape';
import { allocate } from '../../tensor/storage';
import { elementStridesOf, empty, sizesOf, Tensor } from '../../tensor/tensor';
import { itemSize, type DType } from '../../tensor/dtype';

/**
 * Dimensions of `shape` from the outermost in memory to the innermost. The strides of the first operand that has two
 * dimensions apart decide; for equal ones the longer dimension is the outer one. A stride of 0 says nothing, and what
 * no operand decides stays as it is.
 * @param operands for each the strides along the dimensions of `shape`
 */
export function memoryOrder(shape: Shape, operands: readonly (readonly number[])[]): number[] {
  const order = shape.map((_, i) => shape.length - 1 - i);
  // Whether dimension a belongs further out than b: 1 yes, -1 no, 0 undecided.
  const outer = (a: number, b: number): number => {
    for (const strides of operands) {
      if (strides[a] === 0 || strides[b] === 0) continue;
      if (strides[a] !== strides[b]) return strides[a] > strides[b] ? 1 : -1;
      if (shape[a] > shape[b]) return 1;
    }
    return 0;
  };
  // Insertion that steps over the undecided, which no ordinary sort does.
  for (let i = 1; i < order.length; i++) {
    let moving = i;
    for (let j = i - 1; j >= 0; j--) {
      const decision = outer(order[j], order[moving]);
      if (decision < 0) break;
      if (decision > 0) {
        [order[j], order[moving]] = [order[moving], order[j]];
        moving = j;
      }
    }
  }
  return order.reverse();
}

// Without gaps, the dimensions in memory from order[0], the outermost, to the last.
function stridesInOrder(shape: Shape, order: readonly number[]): number[] {
  const dense = contiguousStrides(order.map((d) => shape[d]));
  const strides = new Array<number>(shape.length);
  order.forEach((d, i) => (strides[d] = dense[i]));
  return strides;
}

/** The strides of a copy of `x` without gaps, in its order. */
export function stridesAs(x: Tensor): readonly number[] {
  const [shape, strides] = [sizesOf(x), elementStridesOf(x)];
  if (x.contiguousLayout || isPermuted(shape, strides)) return strides;
  return stridesInOrder(shape, memoryOrder(shape, [strides]));
}

/** An uninitialised tensor of x's shape and order in memory (torch.empty_like). */
export function emptyAs(x: Tensor, dtype: DType = x.dtype): Tensor {
  const shape = sizesOf(x);
  if (x.contiguousLayout) return empty(shape, dtype);
  return new Tensor(allocate(x.numel * itemSize(dtype)), dtype, shape, stridesAs(x));
}

/** Whether `x` is a contiguous tensor with its dimensions in another order. */
export const isDense = (x: Tensor): boolean => isPermuted(sizesOf(x), elementStridesOf(x));

// Whether these are the strides of one.
function isPermuted(shape: Shape, strides: readonly number[]): boolean {
  let larger = 0;
  for (const size of shape) if (size !== 1) larger++;
  let expected = 1;
  for (; larger > 0; larger--) {
    let d = shape.length - 1;
    while (d >= 0 && (shape[d] === 1 || strides[d] !== expected)) d--;
    if (d < 0) return false;
    expected *= shape[d];
  }
  return true;
}

/** An uninitialised tensor of shape [N, T, …] in the memory of [T, N, …]: step by step, as PyTorch's layers with the batch first give. */
export function emptyStepwise(shape: Shape, dtype: DType): Tensor {
  const [batch, steps, ...rest] = shape;
  const [ofStep, ofSequence, ...others] = contiguousStrides([steps, batch, ...rest]);
  const storage = allocate(numelOf(shape) * itemSize(dtype));
  return new Tensor(storage, dtype, shape, [ofSequence, ofStep, ...others]);
}

/** An uninitialised result of operands that broadcast to `shape`. */
export function emptyOver(shape: Shape, operands: readonly Tensor[], dtype: DType): Tensor {
  for (const x of operands)
    if (!x.contiguousLayout) return emptyInTheirOrder(shape, operands, dtype);
  return empty(shape, dtype);
}

function emptyInTheirOrder(shape: Shape, operands: readonly Tensor[], dtype: DType): Tensor {
  const along = operands.map((x) => broadcastStrides(x, shape));
  const strides = stridesInOrder(shape, memoryOrder(shape, along));
  return new Tensor(allocate(numelOf(shape) * itemSize(dtype)), dtype, shape, strides);
}

/** x's strides along the dimensions of a shape that it broadcasts to: 0 where it repeats. */
function broadcastStrides(x: Tensor, shape: Shape): number[] {
  const [sizes, strides] = [sizesOf(x), elementStridesOf(x)];
  const missing = shape.length - sizes.length;
  return shape.map((size, d) => {
    const own = d - missing;
    return own < 0 || (sizes[own] === 1 && size !== 1) ? 0 : strides[own];
  });
}
