/**
 * gather, scatter, scatterAdd: single elements picked or written along one dimension by an index of the same rank.
 *
 *   gather      out[i][j] = x[index[i][j]][j]
 *   scatter     out[index[i][j]][j] = src[i][j]     elsewhere x
 *   scatterAdd  out[index[i][j]][j] += src[i][j]    (written for dim 0 of two)
 *
 * Their gradients are each other's forms. The index is saved.
 */
import { calledAs, boolean, oneOf, optionsTable, refuseSparse, surplus } from '../../check';
import { family, type KernelFamily } from '../../native/families';
import { runIndexCopy, runIndexSelect } from '../../native/calls';
import {
  broadcastShapes,
  checkDim,
  numelOf,
  sameShape,
  showShape,
  type Shape,
} from '../../tensor/shape';
import { sizesOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { copyInto, copyOf, dense } from '../kernels/copy';
import { checkTensor, checkTypes, type GivenOperand } from '../arguments/check';
import { operand, operandOf } from '../kernels/operands';
import { pick } from '../kernels/launch';
import { constant } from '../creation/factories';
import { inPlace } from '../inplace/inplace';
import { expand } from '../view/expand';
import { narrow } from '../view/select';
import { gradient } from '../declare/gradient';
import { multiplying, summing } from './combine';
import { checkIndex } from './rows';

const gatherKernels = family('gather');
const scatterKernels = family('scatter');

interface Along {
  readonly dim: number;
  readonly index: Tensor;
}
const saves = (_inputs: unknown, _y: Tensor, { index }: Along): [Tensor] => [index];
const recordedGather = gradient<[Tensor], [Tensor], Along>('gather', {
  saves,
  rule: (g, [index], { dim }, { next }) => [
    constant(next[0]!.shape, 0, g.dtype).scatterAdd(dim, index, g),
  ],
});
interface Written extends Along {
  readonly reduce: ScatterOptions['reduce'];
  readonly node: string;
}
const recordedScatter = gradient<[x: Tensor, src: Tensor], [Tensor], Written>('scatter', {
  node: (_, { node }) => node,
  saves,
  rule: (g, [index], { dim, reduce }, node) => {
    if (reduce !== null) refuseReduced();
    return [
      node.needs(0) ? g.scatter(dim, index, 0) : null,
      node.needs(1) ? g.gather(dim, index) : null,
    ];
  },
});
const recordedScatterAdd = gradient<[x: Tensor, src: Tensor], [Tensor], Along>('scatterAdd', {
  saves,
  rule: (g, [index], { dim }, node) => [g, node.needs(1) ? g.gather(dim, index) : null],
});

/** Options of `gather`. */
export interface GatherOptions {
  /** Only false: gradients are dense here. Default: false. */
  sparseGrad?: boolean;
}
const gatherOptions = optionsTable<GatherOptions>('gather', { sparseGrad: boolean.or(false) });

/** Options of `scatter`. */
export interface ScatterOptions {
  /** What happens to the element that was there: `'add'` adds `src` to it, `'multiply'` multiplies them. Default: it is replaced. */
  reduce?: 'add' | 'multiply' | null;
}
const scatterOptions = optionsTable<ScatterOptions>('scatter', {
  reduce: oneOf('add', 'multiply').orNull.or(null),
});

// A number counts as a vector of one element.
const atLeast1d = (x: Tensor): Shape => (x.ndim === 0 ? [1] : sizesOf(x));

/** Checks ranks, sizes other than dim's, and values. Returns the index, contiguous. */
export function checkAlong(operation: string, x: Tensor, d: number, index: Tensor): Tensor {
  checkTensor(operation, 'index', index);
  if (index.ndim !== x.ndim && !(x.ndim <= 1 && index.ndim <= 1)) {
    throw new RangeError(
      `${operation}: index must have as many dimensions as x: index is ${showShape(sizesOf(index))}, x is ${showShape(sizesOf(x))}`,
    );
  }
  const [own, sizes] = [atLeast1d(index), atLeast1d(x)];
  for (let k = 0; k < sizes.length; k++) {
    if (k !== d && own[k] > sizes[k] && index.numel > 0) {
      throw new RangeError(
        `${operation}: index may not be larger than x outside dimension ${d}: index is ${showShape(sizesOf(index))}, x is ${showShape(sizesOf(x))}`,
      );
    }
  }
  return checkIndex(operation, 'index', index, sizes[d], `dimension ${d}`);
}

/** The products of sizes before, along and after dimension d. */
function around(index: Tensor, d: number): { outer: number; n: number; inner: number } {
  const shape = atLeast1d(index);
  return { outer: numelOf(shape.slice(0, d)), n: shape[d], inner: numelOf(shape.slice(d + 1)) };
}

// The part of x that an index of this shape can reach: all of dimension d, of the others as much as the index has.
function reachable(x: Tensor, index: Tensor, d: number): Tensor {
  const shape = sizesOf(x).map((size, k) => (k === d ? size : sizesOf(index)[k]));
  return sameShape(shape, sizesOf(x))
    ? x
    : new Tensor(x.storage, x.dtype, shape, elementStridesOf(x), x.offset);
}

/**
 * Elements of `x` along `dim`, picked by `index`, whose shape the result has (torch.gather).
 * @throws TypeError unless `index` is int32; RangeError when its shape does not fit or a value is out of range, and for
 * `sparseGrad`, because there are no sparse tensors here.
 * @example gather(tensor([[1, 2], [3, 4]]), 1, tensor([[1], [0]], { dtype: 'int32' })) // [[2], [3]]
 */
export function gather(x: Tensor, dim: number, index: Tensor, options?: GatherOptions): Tensor {
  if (arguments.length > 4) surplus('gather', arguments, 4, 'options');
  checkTensor('gather', 'x', x);
  if (options !== undefined && gatherOptions.read(options).sparseGrad)
    refuseSparse('gather', 'sparseGrad');
  const d = checkDim('gather', dim, x.ndim);
  const plain = checkAlong('gather', x, d, index);
  const out = empty(sizesOf(index), x.dtype);
  if (index.numel > 0) {
    const source = dense(x.ndim === 0 ? x : reachable(x, plain, d));
    const { outer, n, inner } = around(plain, d);
    const run = pick('gather', gatherKernels, x.dtype);
    runIndexSelect(run, { x: source, index: plain, out, outer, size: atLeast1d(x)[d], n, inner });
  }
  return recordedGather(out, { dim: d, index: plain }, x);
}

/**
 * Elements of `x` along `dim`, picked by `index`; both broadcast over the other dimensions (torch.take_along_dim).
 * What argsort and argmax (with keepdim) give goes in here. Negative indices count from the end.
 * @param dim without it, `index` picks from the flattened x and is flattened too
 * @throws as `gather`.
 * @example
 * const x = randn([2, 3]);
 * takeAlongDim(x, argsort(x, 1), 1); // x sorted along dim 1
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim?: number): Tensor {
  if (arguments.length > 3) surplus('takeAlongDim', arguments, 3, 'dim');
  checkTensor('takeAlongDim', 'x', x);
  checkTensor('takeAlongDim', 'index', index);
  if (dim === undefined) return takeAlongDim(x.reshape([-1]), index.reshape([-1]), 0);
  const d = checkDim('takeAlongDim', dim, x.ndim);
  if (index.ndim !== x.ndim) {
    throw new RangeError(
      `takeAlongDim: index must have as many dimensions as x: index is ${showShape(sizesOf(index))}, x is ${showShape(sizesOf(x))}`,
    );
  }
  if (x.ndim === 0) return calledAs('takeAlongDim', () => gather(x, 0, index));
  // Only sizes outside `dim` take part.
  const others = (shape: Shape): Shape => shape.with(d, 1);
  const broadcast = broadcastShapes('takeAlongDim', others(sizesOf(x)), others(sizesOf(index)));
  const fromStart =
    index.dtype === 'int32' ? index.where(index.ge(0), index.add(sizesOf(x)[d])) : index;
  const wide = expand(fromStart, broadcast.with(d, sizesOf(index)[d]));
  const source = expand(x, broadcast.with(d, sizesOf(x)[d]));
  return calledAs('takeAlongDim', () => gather(source, d, wide));
}

// A copy of x with the elements that index names written by the kernel.
export function written(
  operation: string,
  kernels: KernelFamily<'IndexCopy'>,
  x: Tensor,
  d: number,
  index: Tensor,
  source: Tensor,
): Tensor {
  const out = copyOf(x);
  if (index.numel === 0) return out;
  const part = x.ndim === 0 ? out : reachable(out, index, d);
  const block = part === out ? out : copyOf(part);
  const { outer, n, inner } = around(index, d);
  const run = pick(operation, kernels, source.dtype);
  runIndexCopy(run, {
    source: dense(source),
    index,
    out: block,
    outer,
    size: atLeast1d(x)[d],
    n,
    inner,
  });
  if (block !== out) copyInto(block, part);
  return out;
}

// src cut to the index's shape, which it may exceed.
export function fit(operation: string, index: Tensor, src: Tensor): Tensor {
  const larger =
    src.ndim === index.ndim && sizesOf(src).every((size, k) => size >= sizesOf(index)[k]);
  if (!larger && !(src.numel === 1 && index.numel === 1)) {
    throw new RangeError(
      `${operation}: src must be at least as large as index: src is ${showShape(sizesOf(src))}, index is ${showShape(sizesOf(index))}`,
    );
  }
  if (!larger) return src;
  return sizesOf(index).reduce(
    (part, size, k) => (sizesOf(part)[k] === size ? part : narrow(part, k, 0, size)),
    src,
  );
}

const writers = { add: summing, multiply: multiplying };

/**
 * `x` with the elements of `src` (a tensor, or one number or boolean) written along `dim` at `index` (torch.scatter); of
 * several for one place the last one stays. With `reduce` they are added to or multiplied with what is there, one after
 * the other; that has no gradient, as in PyTorch (`scatterAdd` has).
 * @throws TypeError unless `index` is int32; RangeError when shapes do not fit or a value is out of range; Error in
 * backward through a scatter with `reduce`.
 * @example scatter(zeros([1, 3]), 1, tensor([[2]], { dtype: 'int32' }), tensor([[5]])) // [[0, 0, 5]]
 */
export function scatter(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: GivenOperand,
  options?: ScatterOptions,
): Tensor {
  if (arguments.length > 5) surplus('scatter', arguments, 5, 'options');
  checkTensor('scatter', 'x', x);
  const given = operandOf('scatter', 'src', src, x);
  const { reduce } = scatterOptions.read(options);
  const d = checkDim('scatter', dim, x.ndim);
  const plain = checkAlong('scatter', x, d, index);
  const isTensorGiven = typeof src === 'object';
  if (isTensorGiven) checkTypes('scatter', x, src, ['x', 'src']);
  const source = isTensorGiven
    ? fit('scatter', index, src)
    : expand(operand('scatter', given, x.dtype), sizesOf(index));
  const kernels = reduce === null ? scatterKernels : writers[reduce](x.dtype);
  const out = written('scatter', kernels, x, d, plain, source);
  const node = isTensorGiven ? 'ScatterBackward0' : 'ScatterBackward1';
  return recordedScatter(out, { dim: d, index: plain, reduce, node }, x, source);
}

function refuseReduced(): never {
  throw new Error(
    'scatter: with reduce it has no gradient; use scatterAdd(), or compute it inside noGrad(() => …)',
  );
}

/**
 * `x` with the elements of `src` added along `dim` at `index` (torch.scatter_add); several for one place add up.
 * @throws TypeError unless `index` is int32; RangeError when shapes do not fit or a value is out of range.
 * @example scatterAdd(zeros([3]), 0, tensor([1, 1], { dtype: 'int32' }), tensor([5, 6])) // [0, 11, 0]
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  if (arguments.length > 4) surplus('scatterAdd', arguments, 4, 'src');
  checkTensor('scatterAdd', 'x', x);
  checkTensor('scatterAdd', 'src', src);
  const d = checkDim('scatterAdd', dim, x.ndim);
  const plain = checkAlong('scatterAdd', x, d, index);
  checkTypes('scatterAdd', x, src, ['x', 'src']);
  const source = fit('scatterAdd', index, src);
  const out = written('scatterAdd', summing(x.dtype), x, d, plain, source);
  return recordedScatterAdd(out, { dim: d, index: plain }, x, source);
}

/**
 * x[index[i][j]][j] = src[i][j] for dim 0 of two, and so for others; returns x (torch.Tensor.scatter_). `reduce` is as in `scatter`.
 * @throws as `scatter`; Error on a leaf that requires gradients.
 * @example zeros([3]).scatter_(0, tensor([2, 0], { dtype: 'int32' }), tensor([5, 6])) // [6, 0, 5]
 */
export function scatter_(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: GivenOperand,
  options?: ScatterOptions,
): Tensor {
  if (arguments.length > 5) surplus('scatter_', arguments, 5, 'options');
  return inPlace(
    'scatter_',
    x,
    typeof src === 'object' ? [src] : [],
    (before) => scatter(before, dim, index, src, options),
    { saves: false },
  );
}

/**
 * x[index[i][j]][j] += src[i][j] for dim 0 of two, and so for others; returns x (torch.Tensor.scatter_add_).
 * @throws as `scatterAdd`; Error on a leaf that requires gradients.
 * @example ones([3]).scatterAdd_(0, tensor([1, 1], { dtype: 'int32' }), tensor([5, 6])) // [1, 12, 1]
 */
export function scatterAdd_(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  if (arguments.length > 4) surplus('scatterAdd_', arguments, 4, 'src');
  return inPlace('scatterAdd_', x, [src], (before) => scatterAdd(before, dim, index, src), {
    saves: false,
  });
}
