/**
 * Operations as methods of Tensor: x.add(y) is add(x, y). One line a method, in the interface and in the table;
 * a line missing in either does not compile.
 */
import { backward, registerHook, retainGrad, type BackwardOptions } from '../autograd/engine';
import type { Hook } from '../autograd/node';
import { Tensor } from '../tensor/tensor';
import { add } from './add';
import { div } from './binary/div';
import { maximum, minimum } from './binary/extremum';
import { pow } from './binary/pow';
import { floorDivide, remainder } from './binary/remainder';
import { clone, contiguous, detach, detach_ } from './clone';
import { allclose, equal, isclose } from './compare/close';
import { eq, ge, gt, isfinite, isinf, isnan, le, lt, ne } from './compare/compare';
import { logicalAnd, logicalNot, logicalOr, logicalXor } from './compare/logical';
import { where } from './compare/where';
import { bool, double, float, int, to, typeAs } from './convert';
import type { Operand } from './elementwise';
import { flip } from './flip';
import { indexAdd, indexAdd_, indexCopy, indexCopy_, indexSelect } from './indexing/along';
import { at, setAt, take } from './indexing/at';
import {
  gather,
  scatter,
  scatter_,
  scatterAdd,
  scatterAdd_,
  takeAlongDim,
} from './indexing/gather';
import type { Index } from './indexing/indices';
import { nonzero } from './indexing/mask';
import { maskedFill, maskedFill_, maskedSelect } from './indexing/masked';
import {
  abs_,
  add_,
  ceil_,
  clamp_,
  cos_,
  div_,
  exp_,
  floor_,
  floorDivide_,
  log_,
  mul_,
  neg_,
  pow_,
  reciprocal_,
  relu_,
  remainder_,
  round_,
  rsqrt_,
  sigmoid_,
  sin_,
  sqrt_,
  square_,
  sub_,
  tanh_,
  trunc_,
} from './inplace/pointwise';
import { copy_, fill_, zero_ } from './inplace/copy';
import { repeat, repeatInterleave, tile } from './joining/repeat';
import { roll } from './joining/roll';
import { chunk, split, unbind } from './joining/split';
import { tril, triu } from './joining/triangle';
import { addmm, baddbmm } from './matmul/addmm';
import { bmm } from './matmul/bmm';
import { matmul, outer } from './matmul/matmul';
import { dot, mm, mv } from './matmul/mm';
import { mul } from './mul';
import { cumsum } from './reduction/cumsum';
import { amax, amin, argmax, argmin, max, min } from './reduction/extrema';
import { logsumexp } from './reduction/logsumexp';
import { mean } from './reduction/mean';
import { norm } from './reduction/norm';
import { prod } from './reduction/prod';
import { all, any, type KeepdimOptions } from './reduction/truth';
import { std, variance } from './reduction/variance';
import { logSoftmax, softmax } from './softmax';
import { argsort, sort, topk } from './sorting/sort';
import { bincount } from './sorting/unique';
import { rsub, sub } from './sub';
import { sum } from './sum';
import { clamp } from './unary/clamp';
import {
  abs,
  ceil,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log10,
  log1p,
  log2,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
  trunc,
} from './unary/rules';
import { expand } from './view/expand';
import { permute, t, transpose } from './view/permute';
import {
  broadcastTo,
  diag,
  diagonal,
  expandAs,
  movedim,
  reshapeAs,
  swapaxes,
  unflatten,
  viewAs,
} from './view/rearrange';
import { flatten, reshape, view } from './view/reshape';
import { narrow, select, slice, squeeze, unsqueeze } from './view/select';

/** The same for functions that take a tensor or a number first. */
type OperandMethod<F> = F extends (a: infer _A, ...rest: infer P) => infer R
  ? (...rest: P) => R
  : never;

const methods = {
  abs,
  abs_,
  add,
  add_,
  addmm,
  all,
  allclose,
  amax,
  amin,
  any,
  argmax,
  argmin,
  argsort,
  baddbmm,
  bincount,
  bmm,
  bool,
  broadcastTo,
  ceil,
  ceil_,
  chunk,
  clamp,
  clamp_,
  clone,
  contiguous,
  copy_,
  cos,
  cos_,
  cumsum,
  detach,
  detach_,
  diag,
  diagonal,
  div,
  div_,
  dot,
  double,
  eq,
  equal,
  erf,
  exp,
  exp_,
  expand,
  expandAs,
  expm1,
  fill_,
  flatten,
  flip,
  float,
  floor,
  floor_,
  floorDivide,
  floorDivide_,
  gather,
  ge,
  gt,
  indexAdd,
  indexAdd_,
  indexCopy,
  indexCopy_,
  indexSelect,
  int,
  isclose,
  isfinite,
  isinf,
  isnan,
  le,
  log,
  log10,
  log1p,
  log2,
  log_,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  logSoftmax,
  logsumexp,
  lt,
  maskedFill,
  maskedFill_,
  maskedSelect,
  matmul,
  maximum,
  mean,
  minimum,
  mm,
  movedim,
  mul,
  mul_,
  mv,
  narrow,
  ne,
  neg,
  neg_,
  nonzero,
  norm,
  outer,
  permute,
  pow,
  pow_,
  prod,
  reciprocal,
  reciprocal_,
  relu,
  relu_,
  remainder,
  remainder_,
  repeat,
  repeatInterleave,
  reshape,
  reshapeAs,
  roll,
  round,
  round_,
  rsqrt,
  rsqrt_,
  rsub,
  scatter,
  scatter_,
  scatterAdd,
  scatterAdd_,
  select,
  setAt,
  sigmoid,
  sigmoid_,
  sign,
  sin,
  sin_,
  slice,
  softmax,
  sort,
  split,
  sqrt,
  sqrt_,
  square,
  square_,
  squeeze,
  std,
  sub,
  sub_,
  sum,
  swapaxes,
  t,
  take,
  takeAlongDim,
  tanh,
  tanh_,
  tile,
  to,
  topk,
  transpose,
  tril,
  triu,
  trunc,
  trunc_,
  typeAs,
  unbind,
  unflatten,
  unsqueeze,
  view,
  viewAs,
  zero_,
  var: variance,
  where: (x: Tensor, condition: Tensor, other: Operand): Tensor => where(condition, x, other),
  backward: (x: Tensor, options?: BackwardOptions): void => backward(x, options),
  registerHook: (x: Tensor, hook: Hook): (() => void) => registerHook(x, hook),
  retainGrad: (x: Tensor): void => retainGrad(x),
} as const;

type Methods = { [K in keyof typeof methods]: OperandMethod<(typeof methods)[K]> };

declare module '../tensor/tensor' {
  interface Tensor extends Methods {
    at(...indices: readonly Index[]): Tensor;
    max(): Tensor;
    max(other: Tensor): Tensor;
    max(dim: number, options?: KeepdimOptions): [Tensor, Tensor];
    min(): Tensor;
    min(other: Tensor): Tensor;
    min(dim: number, options?: KeepdimOptions): [Tensor, Tensor];
  }
}

// Exported because tsc drops the import of Tensor from the declarations when only the augmentation above
// seems to use it.
export type Operation = (x: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

// A fixed number of parameters, because collecting and spreading them costs more than a small kernel.
function define(name: string, operation: Operation): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown {
      return operation(this, a, b, c, d);
    },
    writable: true,
    configurable: true,
  });
}

for (const [name, operation] of Object.entries({ ...methods, max, min })) {
  define(name, operation as Operation);
}

// What cells and losses are made of, each with a call site of its own: the compiler inlines the operation there,
// and a call through the shared one above costs about as much as a small kernel.
const inlined: Partial<Methods> & ThisType<Tensor> = {
  add(b, options) {
    return add(this, b, options);
  },
  sub(b, options) {
    return sub(this, b, options);
  },
  mul(b) {
    return mul(this, b);
  },
  div(b, options) {
    return div(this, b, options);
  },
  matmul(b) {
    return matmul(this, b);
  },
  mm(b) {
    return mm(this, b);
  },
  tanh() {
    return tanh(this);
  },
  sigmoid() {
    return sigmoid(this);
  },
  relu() {
    return relu(this);
  },
  exp() {
    return exp(this);
  },
  square() {
    return square(this);
  },
  neg() {
    return neg(this);
  },
  softmax(dim) {
    return softmax(this, dim);
  },
  sum(dim, options) {
    return sum(this, dim, options);
  },
  mean(dim, options) {
    return mean(this, dim, options);
  },
  select(dim, index) {
    return select(this, dim, index);
  },
  narrow(dim, start, length) {
    return narrow(this, dim, start, length);
  },
  chunk(chunks, dim) {
    return chunk(this, chunks, dim);
  },
  unsqueeze(dim) {
    return unsqueeze(this, dim);
  },
  squeeze(dim) {
    return squeeze(this, dim);
  },
  view(shape) {
    return view(this, shape);
  },
  reshape(shape) {
    return reshape(this, shape);
  },
  t() {
    return t(this);
  },
  setAt(indices, value) {
    return setAt(this, indices, value);
  },
  backward(options) {
    backward(this, options);
  },
};
for (const [name, value] of Object.entries(inlined)) {
  Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
}

Tensor.prototype.at = function (this: Tensor, ...indices: readonly Index[]): Tensor {
  return at(this, ...indices);
};
