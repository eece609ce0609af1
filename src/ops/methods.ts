/**
 * Operations as methods of Tensor: x.add(y) is add(x, y). One line a method, in the interface and in the table;
 * a line missing in either does not compile.
 */
import { backward, registerHook, retainGrad, type BackwardOptions } from '../autograd/engine';
import type { Hook } from '../autograd/node';
import { Tensor } from '../tensor/tensor';
import { add } from './add';
import { clone, contiguous, detach } from './clone';
import { copy_ } from './inplace';
import { addmm, baddbmm } from './matmul/addmm';
import { bmm } from './matmul/bmm';
import { matmul, outer } from './matmul/matmul';
import { dot, mm, mv } from './matmul/mm';
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
  clone,
  contiguous,
  copy_,
  detach,
  dot,
  expand,
  flatten,
  matmul,
  mm,
  mul,
  mv,
  narrow,
  neg,
  outer,
  permute,
  reshape,
  select,
  slice,
  squeeze,
  sub,
  sum,
  t,
  tanh,
  transpose,
  unsqueeze,
  view,
  backward: (x: Tensor, options?: BackwardOptions): void => backward(x, options),
  registerHook: (x: Tensor, hook: Hook): (() => void) => registerHook(x, hook),
  retainGrad: (x: Tensor): void => retainGrad(x),
} as const;

type Methods = { [K in keyof typeof methods]: OperandMethod<(typeof methods)[K]> };

declare module '../tensor/tensor' {
  interface Tensor extends Methods {}
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
