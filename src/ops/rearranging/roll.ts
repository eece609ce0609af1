/** roll: a cyclic shift of elements along dimensions. dx = g rolled back. */
import { arrayOf, either, integer, isPlain, optionsTable, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { checkDims, contiguousStrides, readNumbers } from '../../tensor/shape';
import { sizesOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { checkTensor } from '../arguments/check';
import { gradient } from '../declare/gradient';
import { reshape } from '../view/reshape';

/** The dimensions as an option: `x.roll(1, { dims: 0 })` is `x.roll(1, 0)`. */
export interface RollOptions {
  /** Along which dimensions. Default: the elements are flattened. */
  dims?: number | readonly number[];
}
const rollOptions = optionsTable<RollOptions, 'dims'>('roll', {
  dims: either<number | readonly number[]>(integer, arrayOf(integer)).optional,
});

interface Shift {
  readonly by: readonly number[];
  /** Undefined: along the flattened tensor. */
  readonly dims: readonly number[] | undefined;
}
const recorded = gradient<[Tensor], [], Shift>('roll', {
  rule: (g, _, { by, dims }) => {
    const back = by.map((n) => -n);
    return [g.roll(back, dims)];
  },
});

const listOf = (shifts: unknown): number[] =>
  typeof shifts === 'number'
    ? [shifts]
    : readNumbers('roll', 'shifts', 'an integer or an array of integers', shifts);

// One dimension, not recorded.
function rolled(x: Tensor, by: number, d: number): Tensor {
  const size = sizesOf(x)[d];
  const out = empty(sizesOf(x), x.dtype);
  if (x.numel === 0) return out;
  const shift = ((by % size) + size) % size;
  const strides = contiguousStrides(sizesOf(x));
  const move = (from: number, to: number, count: number): void => {
    if (count === 0) return;
    const shape = sizesOf(x).with(d, count);
    copyInto(
      new Tensor(
        x.storage,
        x.dtype,
        shape,
        elementStridesOf(x),
        x.offset + from * elementStridesOf(x)[d],
      ),
      new Tensor(out.storage, out.dtype, shape, strides, out.offset + to * strides[d]),
    );
  };
  move(0, shift, size - shift);
  move(size - shift, 0, shift);
  return out;
}

/**
 * `x` with its elements shifted cyclically by `shifts` along `dims` (torch.roll); without `dims`, along the flattened
 * tensor.
 * @throws RangeError unless there is an integer shift for each dimension, and `x` has the dimensions.
 * @example roll(tensor([1, 2, 3]), 1) // [3, 1, 2]
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[] | RollOptions,
): Tensor {
  if (arguments.length > 3) surplus('roll', arguments, 3, 'dims');
  if (isPlain(dims)) return roll(x, shifts, rollOptions.read(dims).dims);
  checkTensor('roll', 'x', x);
  if (dims === undefined) {
    const [by, ...more] = listOf(shifts);
    if (more.length > 0) throw new RangeError('roll: several shifts need dims');
    const out = noGrad(() => reshape(roll(reshape(x, [-1]), by, 0), sizesOf(x)));
    return recorded(out, { by: [by], dims }, x);
  }
  const [by, order] = [listOf(shifts), checkDims('roll', dims, x.ndim, 'dims')];
  if (by.length !== order.length || !by.every(Number.isSafeInteger)) {
    throw new RangeError(
      `roll: takes an integer shift for each dimension, got shifts [${by.join(', ')}] for dims [${order.join(', ')}]`,
    );
  }
  if (order.length === 0 || x.ndim === 0) {
    throw new RangeError(
      x.ndim === 0
        ? 'roll: a tensor of 0 dimensions has none to roll along; leave dims out'
        : 'roll: takes at least one shift and dimension',
    );
  }
  let out = x;
  for (const [i, d] of order.entries()) out = rolled(out, by[i], d);
  return recorded(out, { by, dims: order }, x);
}
