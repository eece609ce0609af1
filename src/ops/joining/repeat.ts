/**
 * repeat, tile, repeatInterleave: a tensor several times over. dx = g summed over the repeats. Saves nothing but
 * the sizes.
 */
import { count, integer, isPlain, optionsTable, surplus } from '../../check';
import { withGradMode } from '../../autograd/mode';
import { checkDim, checkShape, showShape } from '../../tensor/shape';
import { sizesOf, elementsOf, empty, type Tensor } from '../../tensor/tensor';
import { clone } from '../copying/clone';
import { rowMajorCopy } from '../copying/row-major';
import { checkTensor } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { indexSelect } from '../indexing/along';
import { expand } from '../view/expand';
import { reshape } from '../view/reshape';
import { copyOf, dense } from '../kernels/copy';

const recorded = gradient<[Tensor], [], readonly number[]>('repeat', {
  // g as [times, size, …], summed over the times that are not 1: one alone is a dimension of g, which needs no transposed copy.
  rule: (g, _, stretched, { next }) => {
    const times = stretched.flatMap((size, i) => (i % 2 === 0 && size !== 1 ? [i] : []));
    const parts = g.reshape(stretched);
    return [(times.length === 0 ? parts : parts.sum(times)).reshape(next[0]!.shape)];
  },
});

function repeated(x: Tensor, times: readonly number[]): Tensor {
  const lead = times.length - x.ndim;
  // [a, b] twice and three times is [2, a, 3, b] with the first and third size stretched from 1.
  const split = times.flatMap((_, d) => [1, d < lead ? 1 : sizesOf(x)[d - lead]]);
  const stretched = split.map((size, i) => (i % 2 === 0 ? times[i / 2] : size));
  const shape = times.map((n, d) => n * (d < lead ? 1 : sizesOf(x)[d - lead]));
  // Always a copy, even of one repeat.
  const out = withGradMode(false, () =>
    reshape(copyOf(expand(reshape(x, split), stretched)), shape),
  );
  return recorded(out, stretched, x);
}

/**
 * `x` repeated times[d] times along each dimension; more numbers than dimensions add dimensions in front
 * (torch.Tensor.repeat). The result is a copy.
 * @throws RangeError for fewer numbers than dimensions, or one that is no integer of at least 0.
 * @example tensor([1, 2]).repeat([2, 2]) // [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function repeat(x: Tensor, times: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('repeat', arguments, 2, 'times');
  checkTensor('repeat', 'x', x);
  const counts = checkShape('repeat', times);
  if (counts.length < x.ndim) {
    throw new RangeError(
      `repeat: takes a number for each of the ${x.ndim} dimensions, got ${showShape(counts)}`,
    );
  }
  return repeated(x, counts);
}

/**
 * As `repeat`; fewer numbers than dimensions count for the last ones (torch.tile).
 * @example tile(zeros([2, 3]), [2]) // [2, 6]
 * @throws TypeError unless `times` is an array of numbers; RangeError for one that is no integer of at least 0.
 */
export function tile(x: Tensor, times: readonly number[]): Tensor {
  if (arguments.length > 2) surplus('tile', arguments, 2, 'times');
  checkTensor('tile', 'x', x);
  const counts = checkShape('tile', times);
  const missing = new Array<number>(Math.max(x.ndim - counts.length, 0)).fill(1);
  return repeated(x, [...missing, ...counts]);
}

/** Options of `repeatInterleave`, which may be in the place of `dim`: `x.repeatInterleave(2, { dim: 1 })` is `x.repeatInterleave(2, 1)`. */
export interface RepeatInterleaveOptions {
  /** The size that dimension `dim` of the result must have. Default: not checked. */
  outputSize?: number | null;
}
/** The dimension among them. */
export interface RepeatInterleaveDimOptions extends RepeatInterleaveOptions {
  /** Along which dimension. Default: the elements are flattened. */
  dim?: number;
}
const interleaveOptions = optionsTable<RepeatInterleaveOptions>('repeatInterleave', {
  outputSize: count.orNull.or(null),
});
const interleaveDimOptions = optionsTable<RepeatInterleaveDimOptions, 'dim'>('repeatInterleave', {
  ...interleaveOptions.fields,
  dim: integer.optional,
});

/**
 * Each sub-tensor along `dim` repeated in place: `repeats` times, or as often as an int32 vector says for each.
 * Without `dim`, the flattened elements (torch.repeat_interleave).
 * @throws RangeError for counts that are negative or do not fit, and where the result has not `outputSize`.
 * @example repeatInterleave(tensor([1, 2]), 2) // [1, 1, 2, 2]
 */
export function repeatInterleave(
  x: Tensor,
  repeats: number | Tensor,
  dim?: number | RepeatInterleaveDimOptions,
  options?: RepeatInterleaveOptions,
): Tensor {
  if (arguments.length > 4) surplus('repeatInterleave', arguments, 4, 'options');
  if (options === undefined && isPlain(dim)) {
    const { dim: along, outputSize: size } = interleaveDimOptions.read(dim);
    return repeatInterleave(x, repeats, along, { outputSize: size });
  }
  const { outputSize } = interleaveOptions.read(options);
  const along = dim as number | undefined;
  const out = interleaved(x, repeats, along);
  const size =
    sizesOf(out)[along === undefined ? 0 : checkDim('repeatInterleave', along, out.ndim)];
  if (outputSize === null || size === outputSize) return out;
  throw new RangeError(
    `repeatInterleave: outputSize is ${outputSize}, but the repeats add up to ${size}; leave it out`,
  );
}

function interleaved(x: Tensor, repeats: number | Tensor, dim?: number): Tensor {
  checkTensor('repeatInterleave', 'x', x);
  const source = dim === undefined ? reshape(x, [-1]) : x;
  const d = dim === undefined ? 0 : checkDim('repeatInterleave', dim, x.ndim);
  const size = sizesOf(source)[d] ?? 1;
  if (typeof repeats !== 'number') return indexSelect(source, d, pattern(repeats, size, d));
  checkShape('repeatInterleave', [repeats]);
  if (repeats === 1) return clone(source);
  const before = sizesOf(source).slice(0, d);
  const after = sizesOf(source).slice(d + 1);
  const stretched = expand(reshape(source, [...before, size, 1, ...after]), [
    ...before,
    size,
    repeats,
    ...after,
  ]);
  return reshape(rowMajorCopy(stretched), [...before, size * repeats, ...after]);
}

// Index i as many times as counts[i] says.
function pattern(counts: Tensor, size: number, dim: number): Tensor {
  checkTensor('repeatInterleave', 'repeats', counts);
  if (counts.dtype !== 'int32') {
    throw new TypeError(`repeatInterleave: repeats must be int32, got ${counts.dtype}`);
  }
  if (counts.ndim > 1 || (counts.numel !== 1 && counts.numel !== size)) {
    throw new RangeError(
      `repeatInterleave: repeats must have one number, or one for each of the ${size} indices of dimension ${dim}, got shape ${showShape(sizesOf(counts))}`,
    );
  }
  const values = elementsOf(dense(counts), counts.numel, 'repeatInterleave with a tensor');
  const times = (i: number): number => values[values.length === 1 ? 0 : i];
  let total = 0;
  for (let i = 0; i < size; i++) {
    if (times(i) < 0) {
      throw new RangeError(`repeatInterleave: repeats may not be negative, got ${times(i)}`);
    }
    total += times(i);
  }
  const out = empty([total], 'int32');
  const memory = elementsOf(out, total);
  let at = 0;
  for (let i = 0; i < size; i++) {
    memory.fill(i, at, at + times(i));
    at += times(i);
  }
  return out;
}
