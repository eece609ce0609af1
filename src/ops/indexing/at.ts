/** at and setAt: PyTorch's x[…] and x[…] = v. */
import { isArray, isInstance, refuse, surplus } from '../../check';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { checkTensor, type GivenOperand } from '../arguments/check';
import { operand, operandOf } from '../kernels/operands';
import { inPlace, overwrite } from '../inplace/inplace';
import { gradient, type ContextOf } from '../declare/gradient';
import { intoZeros } from '../view/part';
import { reshape } from '../view/reshape';
import { viewOf } from '../view/view';
import { indexPut, indexWith } from './advanced';
import { planOf, wrapIndex, type Index, type IndexPlan } from './indices';
import { rowPicker } from './rows';
import { select } from '../view/select';
import { Slice } from '../arguments/slice';

const isSlice = (index: Index): boolean =>
  isInstance(index, Slice) || (typeof index === 'string' && index !== '...');

interface Indexed {
  readonly plan: IndexPlan;
  readonly name: string;
}
const recorded = gradient<[Tensor], [], Indexed>('at', {
  node: (_, { name }) => name,
  rule: (g, _, { plan, name }, { next }) => {
    const { shape } = next[0]!;
    return [plan.whole ? g.reshape(shape) : intoZeros(name, g, shape, plan.part)];
  },
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type AtContext = ContextOf<typeof recorded>;

const pickElements = rowPicker('at', 'IndexBackward0');
const takeElements = rowPicker('take');

function viewBy(x: Tensor, plan: IndexPlan, name: string): Tensor {
  const { shape, strides, offset } = plan.part;
  return recorded(viewOf(x, shape, strides, x.offset + offset), { plan, name }, x);
}

/**
 * The part of `x` that `indices` name, one index for each dimension from the left, as Python's x[…]
 * (torch.Tensor.__getitem__). Numbers, slices, '...' and null give a view of the same memory; lists,
 * int32 tensors and bool masks give a copy of what they pick.
 *
 * | PyTorch | here |
 * |---|---|
 * | `x[2]`, `x[-1]` | `x.at(2)`, `x.at(-1)` |
 * | `x[:, 1:3]`, `x[::2]`, `x[-1:]` | `x.at(':', '1:3')`, `x.at('::2')`, `x.at('-1:')` |
 * | `x[t:t+1]` | `x.at(slice(t, t + 1))` |
 * | `x[..., 0]`, `x[None]` | `x.at('...', 0)`, `x.at(null)` |
 * | `x[[1, 3]]`, `x[idx]`, `x[x > 0]` | `x.at([1, 3])`, `x.at(idx)`, `x.at(x.gt(0))` |
 *
 * @throws TypeError for an index of no known kind; RangeError for too many indices, one out of range, or a mask
 * whose shape does not fit.
 * @example randn([4, 10, 8]).at(':', -1, ':') // [4, 8]: the last step of each sequence
 */
export function at(x: Tensor, ...indices: readonly Index[]): Tensor {
  checkTensor('at', 'x', x);
  if (indices.length === 1 && typeof indices[0] === 'number' && x.ndim > 0) {
    return select(x, 0, wrapIndex('at', indices[0], sizesOf(x)[0], 0, sizesOf(x)));
  }
  const plan = planOf('at', x, indices);
  if (plan.tensors.length === 0) {
    return viewBy(
      x,
      plan,
      plan.name ||
        (indices.length === 1 && isSlice(indices[0]) ? 'SliceBackward0' : 'AliasBackward0'),
    );
  }
  const source = plan.name === '' ? x : viewBy(x, plan, plan.name);
  return indexWith('at', pickElements, source, plan.tensors);
}

// Without leading dimensions of size 1 beyond `ndim`.
function trimmed(x: Tensor, ndim: number): Tensor {
  const extra = x.ndim - ndim;
  const trims =
    extra > 0 &&
    sizesOf(x)
      .slice(0, extra)
      .every((size) => size === 1);
  return trims ? reshape(x, sizesOf(x).slice(extra)) : x;
}

/**
 * Writes `value` (a number, a boolean, or a tensor that broadcasts to the indexed part) into the part of `x` that `indices`
 * name, and returns `x` (torch.Tensor.__setitem__). Recorded where gradients are on: later uses of `x` reach the
 * gradient of `value`, and of the old `x` outside the part.
 * @throws as `at`; Error when `x` is a leaf that requires gradients; RangeError when `value` does not fit.
 * @example
 * const totals = zeros([5]);
 * totals.setAt([0], 5); // totals[0] = 5
 */
export function setAt(x: Tensor, indices: readonly Index[], value: GivenOperand): Tensor {
  if (arguments.length > 3) surplus('setAt', arguments, 3, 'value');
  checkTensor('setAt', 'x', x);
  const written = operandOf('setAt', 'value', value, x);
  if (!isArray(indices)) {
    refuse('setAt', 'indices', "an array such as [0] or [':', 1]", indices);
  }
  const plan = planOf('setAt', x, indices);
  const source = operand('setAt', written, typeof written === 'number' ? x.dtype : written.dtype);
  const target = plan.name === '' ? x : viewBy(x, plan, plan.name);
  if (plan.tensors.length === 0) overwrite('setAt', target, trimmed(source, target.ndim));
  else {
    inPlace('setAt', target, [source], (before) => indexPut('setAt', before, plan.tensors, source));
  }
  return x;
}

/**
 * Elements of `x` by their position in row-major order, in the shape of `index`; negative ones count from the end
 * (torch.take).
 * @throws TypeError unless `index` is int32; RangeError when a position is out of range.
 * @example take(tensor([[1, 2], [3, 4]]), tensor([0, 3], { dtype: 'int32' })) // [1, 4]
 */
export function take(x: Tensor, index: Tensor): Tensor {
  if (arguments.length > 2) surplus('take', arguments, 2, 'index');
  checkTensor('take', 'x', x);
  checkTensor('take', 'index', index);
  if (index.dtype !== 'int32') {
    throw new TypeError(
      `take: index must be int32, got ${index.dtype}; convert it with to('int32')`,
    );
  }
  return indexWith('take', takeElements, reshape(x, [-1]), [index]);
}
