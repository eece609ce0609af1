/** jacobian and hessian: one backward pass for each element of the result. */
import { surplus } from '../../check';
import { isTensor } from '../../tensor/rules';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { arithmetic } from '../arithmetic';
import { withGradMode } from '../mode';
import {
  checked,
  constantGradient,
  constantHessian,
  constantJacobian,
  evaluate,
  filled,
  finished,
  grad,
  independent,
  likeGiven,
  prepared,
  requireGraphs,
  scalarOf,
  type Func,
  type FunctionalOptions,
  type Hessian,
  type Jacobian,
  type Lack,
  type Read,
  type Tensors,
} from './shared';

/** The Jacobian by output and input. */
function jacobians(
  operation: string,
  f: Func,
  given: readonly Tensor[],
  read: Read,
  constant = constantGradient,
): { rows: Tensor[][]; isSingle: boolean } {
  const { createGraph, strict } = read;
  return withGradMode(true, () => {
    const ins = prepared(given, createGraph, true);
    const { outs, isSingle } = evaluate(operation, f, ins, strict);
    const rows = outs.map((out, o) => {
      const flat = out.reshape([-1]);
      const columns: Tensor[][] = ins.map(() => []);
      for (let j = 0; j < out.numel; j++) {
        const grads = grad([flat.select(0, j)], ins, null, { createGraph, retainGraph: true });
        const missing: Lack = (i) => [`output ${o} of f does not depend on input ${i}`];
        filled(operation, grads, ins, read, missing, constant).forEach((g, i) =>
          columns[i].push(g),
        );
      }
      return columns.map((list, i) => {
        const sizes = [...sizesOf(out), ...sizesOf(ins[i])];
        if (list.length === 0) return arithmetic.zeros(sizes, ins[i].dtype);
        return arithmetic.stack(list).view(sizes);
      });
    });
    return { rows: rows.map((row) => finished(row, createGraph)), isSingle };
  });
}

/**
 * The Jacobian of `f` at `inputs` (torch.autograd.functional.jacobian): the derivative of each element of the result along each element of
 * an input, of the result's shape followed by the input's, by one backward pass for each element.
 * @returns for one tensor to one tensor a tensor; `[j]` is along input j of an array of inputs, `[i]` of output i of an array of outputs,
 * `[i][j]` with arrays of both
 * @throws TypeError for what is no function, no float tensors or no option; with `strict`, Error where an output does not depend on an
 * input.
 * @example
 * autograd.functional.jacobian((x) => x.square(), tensor([1, 2])); // [[2, 0], [0, 4]]
 */
export function jacobian<I extends Tensors, O extends Tensors>(
  f: (...inputs: Tensor[]) => O,
  inputs: I,
  options?: FunctionalOptions,
): Jacobian<O, I> {
  if (arguments.length > 3) surplus('jacobian', arguments, 3, 'options');
  const { f: func, ins, read } = checked('jacobian', f, inputs, options);
  const { rows, isSingle } = jacobians('jacobian', func, ins, read);
  const parts = rows.map((row) => likeGiven<I>(row, isTensor(inputs)));
  return (isSingle ? parts[0] : parts) as Jacobian<O, I>;
}

/**
 * The Hessian of `f`, whose result has one element, at `inputs` (torch.autograd.functional.hessian): the second derivative along each two
 * elements, of the shapes of both inputs, one after the other.
 * @returns a tensor for a tensor; `[i][j]` is along inputs i and j of an array
 * @throws TypeError for what is no function, no float tensors or no option; RangeError for another result; with `strict`, Error where the
 * result or its gradient does not depend on an input.
 * @example
 * autograd.functional.hessian((x) => x.pow(3).sum(), tensor([1, 2])); // [[6, 0], [0, 12]]
 */
export function hessian<I extends Tensors>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: I,
  options?: FunctionalOptions,
): Hessian<I> {
  if (arguments.length > 3) surplus('hessian', arguments, 3, 'options');
  const operation = 'hessian';
  const { f: func, ins, read } = checked(operation, f, inputs, options);
  const { strict } = read;
  const scalar = (...xs: Tensor[]): Tensor => scalarOf(operation, func, xs, strict).reshape([]);
  const gradient = (...xs: Tensor[]): Tensor[] => {
    const [row] = jacobians(operation, scalar, xs, { createGraph: true, strict: false }).rows;
    if (strict) requireGraphs(operation, row, constantJacobian, independent);
    return row;
  };
  const { rows } = jacobians(operation, gradient, ins, read, constantHessian);
  return (isTensor(inputs) ? rows[0][0] : rows) as Hessian<I>;
}
