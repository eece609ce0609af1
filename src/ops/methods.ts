/**
 * Operations as methods of Tensor: x.add(y) is add(x, y). One line a method, in the interface and in the table;
 * a line missing in either does not compile.
 */
import { backward, registerHook, retainGrad, type BackwardOptions } from '../autograd/engine';
import type { Hook } from '../autograd/node';
import { Tensor } from '../tensor/tensor';
import { add } from './add';
import { clone, contiguous, detach } from './clone';
import { at, setAt } from './indexing/at';
import type { Index } from './indexing/indices';
import { nonzero } from './indexing/mask';
import { copy_, fill_, zero_ } from './inplace/copy';
import { addmm, baddbmm } from './matmul/addmm';
import { bmm } from './matmul/bmm';
import { matmul, outer } from './matmul/matmul';
import { dot, mm, mv } from './matmul/mm';
import { indexAdd, indexAdd_, indexCopy, indexCopy_, indexSelect } from './indexing/along';
import { gather, scatter, scatter_, scatterAdd, scatterAdd_ } from './indexing/gather';
import { maskedFill, maskedFill_, maskedSelect } from './indexing/masked';
import { repeat, repeatInterleave, tile } from './joining/repeat';
import { roll } from './joining/roll';
import { chunk, split, unbind } from './joining/split';
import { tril, triu } from './joining/triangle';
import {
  broadcastTo,
  diagonal,
  expandAs,
  movedim,
  reshapeAs,
  swapaxes,
  unflatten,
  viewAs,
} from './view/rearrange';
import { mul } from './mul';
import { neg } from './neg';
import { sub } from './sub';
import { sum } from './sum';
import { tanh } from './tanh';
import { expand } from './view/expand';
import { permute, t, transpose } from './view/permute';
import { flatten, reshape, view } from './view/reshape';
import { narrow, select, slice, squeeze, unsqueeze } from './view/select';

/** The same for functions that take a tensor or a number first. */
type OperandMethod<F> = F extends (a: infer _A, ...rest: infer P) => infer R
  ? (...rest: P) => R
  : never;

const methods = {
  add,
  addmm,
  baddbmm,
  bmm,
  broadcastTo,
  chunk,
  clone,
  contiguous,
  copy_,
  detach,
  diagonal,
  dot,
  expand,
  expandAs,
  fill_,
  flatten,
  gather,
  indexAdd,
  indexAdd_,
  indexCopy,
  indexCopy_,
  indexSelect,
  maskedFill,
  maskedFill_,
  maskedSelect,
  matmul,
  mm,
  movedim,
  mul,
  mv,
  narrow,
  neg,
  nonzero,
  outer,
  permute,
  repeat,
  repeatInterleave,
  reshape,
  reshapeAs,
  roll,
  scatter,
  scatter_,
  scatterAdd,
  scatterAdd_,
  select,
  setAt,
  slice,
  split,
  squeeze,
  sub,
  sum,
  swapaxes,
  t,
  tanh,
  tile,
  transpose,
  tril,
  triu,
  unbind,
  unflatten,
  unsqueeze,
  view,
  viewAs,
  zero_,
  backward: (x: Tensor, options?: BackwardOptions): void => backward(x, options),
  registerHook: (x: Tensor, hook: Hook): (() => void) => registerHook(x, hook),
  retainGrad: (x: Tensor): void => retainGrad(x),
} as const;

type Methods = { [K in keyof typeof methods]: OperandMethod<(typeof methods)[K]> };

declare module '../tensor/tensor' {
  interface Tensor extends Methods {
    at(...indices: readonly Index[]): Tensor;
  }
}

type Operation = (x: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown;

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

for (const [name, operation] of Object.entries(methods)) define(name, operation as Operation);

Tensor.prototype.at = function (this: Tensor, ...indices: readonly Index[]): Tensor {
  return at(this, ...indices);
};
