/** tensordot, inner, kron: products of tensors of any rank, summed over dimensions that are named by number. */
import { calledAs, describe, isArray, surplus } from '../../check';
import { checkDims, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor } from '../arguments/check';
import { mul } from '../elementwise/arithmetic';
import { contracted, contractionOf, type Labelled } from './contraction';

/** How many dimensions are contracted (a's last with b's first), or which of a with which of b. */
export type TensordotDims =
  number | readonly [dimsOfA: readonly number[], dimsOfB: readonly number[]];

function pairsOf(dims: TensordotDims, a: Tensor, b: Tensor): readonly [number[], number[]] {
  if (typeof dims === 'number') {
    if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.ndim, b.ndim)) {
      throw new RangeError(
        `tensordot: dims must be an integer from 0 to ${Math.min(a.ndim, b.ndim)} for shapes ${showShape(sizesOf(a))} and ${showShape(sizesOf(b))}, got ${describe(dims)}`,
      );
    }
    const count = Array.from({ length: dims }, (_, i) => i);
    return [count.map((i) => a.ndim - dims + i), count];
  }
  if (!isArray(dims) || dims.length !== 2) {
    throw new TypeError(
      `tensordot: dims must be a number or two arrays [dimsOfA, dimsOfB], got ${describe(dims)}`,
    );
  }
  const pairs = [
    checkDims('tensordot', dims[0], a.ndim, 'dims[0]'),
    checkDims('tensordot', dims[1], b.ndim, 'dims[1]'),
  ] as const;
  const [left, right] = pairs;
  if (
    left.length !== right.length ||
    new Set(left).size !== left.length ||
    new Set(right).size !== right.length
  ) {
    throw new RangeError(
      `tensordot: dims must name as many distinct dimensions of both, got ${showShape(left)} and ${showShape(right)}`,
    );
  }
  return pairs;
}

/**
 * Σ a·b over pairs of dimensions, which have equal sizes or one of 1 that broadcasts (torch.tensordot). The result has the
 * other dimensions of `a`, then those of `b`.
 * @param dims how many of a's last dimensions are paired with b's first, or two arrays: which of a, with which of b
 * @throws TypeError for element types that differ; RangeError for dimensions that do not exist or sizes that differ.
 * @example tensordot(ones([2, 3, 4]), ones([4, 3, 5]), [[1, 2], [1, 0]]).shape // [2, 5]
 */
export function tensordot(a: Tensor, b: Tensor, dims: TensordotDims = 2): Tensor {
  if (arguments.length > 3) surplus('tensordot', arguments, 3, 'dims');
  checkTensor('tensordot', 'a', a);
  checkTensor('tensordot', 'b', b);
  const [left, right] = pairsOf(dims, a, b);
  let [x, y] = [a, b];
  for (const [i, d] of left.entries()) {
    const [own, other] = [sizesOf(x)[d] ?? 1, sizesOf(y)[right[i]] ?? 1];
    // As PyTorch: a dimension of size 1 meets the sum over the other.
    if (own === other) continue;
    if (own === 1) y = y.sum(right[i], { keepdim: true });
    else if (other === 1) x = x.sum(d, { keepdim: true });
    else {
      throw new RangeError(
        `tensordot: paired sizes differ: dimension ${d} of a has ${own}, dimension ${right[i]} of b has ${other}`,
      );
    }
  }
  const named = (z: Tensor, prefix: string, paired: readonly number[]): Labelled => ({
    sizes: sizesOf(z),
    labels: sizesOf(z).map((_, d) =>
      paired.includes(d) ? `${paired.indexOf(d)}` : `${prefix}${d}`,
    ),
  });
  const isKept = (label: string): boolean => /^[ab]/.test(label);
  const contraction = contractionOf(named(x, 'a', left), named(y, 'b', right), isKept);
  return contracted('tensordot', contraction, x, y);
}

/**
 * Σ a·b over the last dimension of both: a's other dimensions, then b's; a 0-dimensional tensor scales (torch.inner).
 * @throws TypeError for element types that differ; RangeError for last sizes that differ.
 * @example inner(tensor([1, 2, 3]), tensor([0, 2, 1])) // 7
 */
export function inner(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('inner', arguments, 2, 'b');
  checkTensor('inner', 'a', a);
  checkTensor('inner', 'b', b);
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  const [own, other] = [sizesOf(a)[a.ndim - 1], sizesOf(b)[b.ndim - 1]];
  if (own !== other) {
    throw new RangeError(
      `inner: the last sizes differ: a is ${showShape(sizesOf(a))}, b is ${showShape(sizesOf(b))}`,
    );
  }
  return calledAs('inner', () => tensordot(a, b, [[-1], [-1]]));
}

/**
 * The Kronecker product: every product of an element of `a` and one of `b`, in blocks of b's shape (torch.kron). Of different
 * ranks the smaller one gets dimensions of size 1 in front.
 * @throws TypeError unless both are tensors.
 * @example kron(tensor([[1, 2]]), tensor([[1], [1]])) // [[1, 2], [1, 2]]
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  if (arguments.length > 2) surplus('kron', arguments, 2, 'b');
  checkTensor('kron', 'a', a);
  checkTensor('kron', 'b', b);
  const ndim = Math.max(a.ndim, b.ndim);
  const full = (x: Tensor): number[] => [
    ...new Array<number>(ndim - x.ndim).fill(1),
    ...sizesOf(x),
  ];
  const [left, right] = [full(a), full(b)];
  return mul(
    a.reshape(left.flatMap((size) => [size, 1])),
    b.reshape(right.flatMap((size) => [1, size])),
  ).reshape(left.map((size, d) => size * right[d]));
}
