/**
 * vjp, jvp, vhp, hvp: products of Jacobians and Hessians with vectors. Products from the right are gradients of gradients: g ↦ gᵀJ is
 * linear in g, so that its own gradient is J v.
 */
import { surplus } from '../../check';
import { isFloat } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { withGradMode } from '../mode';
import {
  checked,
  constantGradient,
  constantHessian,
  constantJacobian,
  constantProduct,
  constantSeed,
  evaluate,
  filled,
  finished,
  grad,
  independent,
  independentJacobian,
  likeGiven,
  prepared,
  requireGraphs,
  scalarOf,
  vectorOf,
  zerosLike,
  type FunctionalOptions,
  type Like,
  type Read,
  type Tensors,
} from './shared';

/**
 * The result of `f` at `inputs`, and vᵀJ with its Jacobian J, by one backward pass (torch.autograd.functional.vjp).
 * @param v of the shape of the result, or one for each result; may be left out where that is one element, for 1
 * @returns the result, and the product in the shape of the inputs
 * @throws TypeError for what is no function, no float tensors or no option; RangeError for a `v` of another shape; with `strict`, Error
 * where the result does not depend on an input.
 * @example
 * const [y, product] = autograd.functional.vjp((x) => x.square(), tensor([1, 2]), tensor([1, 10]));
 * product; // [2, 40]
 */
export function vjp<I extends Tensors, O extends Tensors>(
  f: (...inputs: Tensor[]) => O,
  inputs: I,
  v?: Tensors | null,
  options?: FunctionalOptions,
): [output: Like<O>, product: Like<I>] {
  if (arguments.length > 4) surplus('vjp', arguments, 4, 'options');
  const { f: func, ins: given, read } = checked('vjp', f, inputs, options);
  const { createGraph, strict } = read;
  return withGradMode(true, () => {
    const ins = prepared(given, createGraph, true);
    const { outs, isSingle } = evaluate('vjp', func, ins, strict);
    const weights = vectorOf('vjp', v, outs, 'output', createGraph);
    const grads = grad(outs, ins, weights, { createGraph });
    const product = filled('vjp', grads, ins, read, independent, constantGradient);
    return [
      likeGiven<O>(finished(outs, createGraph), isSingle),
      likeGiven<I>(finished(product, createGraph), isTensor(inputs)),
    ];
  });
}

/**
 * The result of `f` at `inputs`, and J v with its Jacobian J (torch.autograd.functional.jvp), by a backward pass of a backward pass.
 * @param v of the shape of the input, or one for each input; may be left out where that is one element, for 1
 * @returns the result, and the product in its shape
 * @throws TypeError for what is no function, no float tensors or no option; RangeError for a `v` of another shape; with `strict`, Error
 * where the result does not depend on an input.
 * @example
 * const [y, product] = autograd.functional.jvp((x) => x.square(), tensor([1, 2]), tensor([1, 10]));
 * product; // [2, 40]
 */
export function jvp<I extends Tensors, O extends Tensors>(
  f: (...inputs: Tensor[]) => O,
  inputs: I,
  v?: Tensors | null,
  options?: FunctionalOptions,
): [output: Like<O>, product: Like<O>] {
  if (arguments.length > 4) surplus('jvp', arguments, 4, 'options');
  const { f: func, ins: given, read } = checked('jvp', f, inputs, options);
  const { createGraph, strict } = read;
  return withGradMode(true, () => {
    const ins = prepared(given, createGraph, true);
    const weights = vectorOf('jvp', v, ins, 'input', createGraph);
    const { outs, isSingle } = evaluate('jvp', func, ins, strict);
    // The first pass is linear in them, so that their values do not matter.
    const seeds = outs.map((out) => zerosLike(out).requiresGrad_(isFloat(out.dtype)));
    const first = grad(outs, ins, seeds, { createGraph: true });
    if (strict) requireGraphs('jvp', first, constantGradient, independent);
    const ofSeeds = grad(first, seeds, weights, { createGraph });
    const product = filled('jvp', ofSeeds, outs, read, constantSeed, constantProduct);
    return [
      likeGiven<O>(finished(outs, createGraph), isSingle),
      likeGiven<O>(finished(product, createGraph), isSingle),
    ];
  });
}

/**
 * The result of `f`, which has one element, at `inputs`, and vᵀH with its Hessian H (torch.autograd.functional.vhp), by two backward passes.
 * @param v of the shape of the input, or one for each input; may be left out where that is one element, for 1
 * @returns the result, and the product in the shape of the inputs
 * @throws TypeError for what is no function, no float tensors or no option; RangeError for another result and a `v` of another shape; with
 * `strict`, Error where the result or its gradient does not depend on an input.
 * @example
 * const [y, product] = autograd.functional.vhp((x) => x.pow(3).sum(), tensor([1, 2]), tensor([1, 10]));
 * product; // [6, 120]
 */
export function vhp<I extends Tensors>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: I,
  v?: Tensors | null,
  options?: FunctionalOptions,
): [output: Tensor, product: Like<I>] {
  if (arguments.length > 4) surplus('vhp', arguments, 4, 'options');
  return hessianProduct('vhp', f, inputs, v, options, (first, ins, weights, read) => {
    const grads = grad(first, ins, weights, { createGraph: read.createGraph });
    return filled('vhp', grads, ins, read, independentJacobian, constantHessian);
  });
}

/**
 * The result of `f`, which has one element, at `inputs`, and H v with its Hessian H (torch.autograd.functional.hvp), by three backward
 * passes. H is symmetric where `f` is twice continuously differentiable: `vhp` gives the same sooner.
 * @param v of the shape of the input, or one for each input; may be left out where that is one element, for 1
 * @returns the result, and the product in the shape of the inputs
 * @throws TypeError for what is no function, no float tensors or no option; RangeError for another result and a `v` of another shape; with
 * `strict`, Error where the result or its gradient does not depend on an input.
 * @example
 * const [y, product] = autograd.functional.hvp((x) => x.pow(3).sum(), tensor([1, 2]), tensor([1, 10]));
 * product; // [6, 120]
 */
export function hvp<I extends Tensors>(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: I,
  v?: Tensors | null,
  options?: FunctionalOptions,
): [output: Tensor, product: Like<I>] {
  if (arguments.length > 4) surplus('hvp', arguments, 4, 'options');
  return hessianProduct('hvp', f, inputs, v, options, (first, ins, weights, read) => {
    const seeds = ins.map((x) => zerosLike(x).requiresGrad_());
    const second = grad(first, ins, seeds, { createGraph: true });
    const ofSeeds = grad(second, seeds, weights, { createGraph: read.createGraph });
    return filled('hvp', ofSeeds, ins, read, constantJacobian, constantHessian);
  });
}

function hessianProduct<I extends Tensors>(
  operation: string,
  f: unknown,
  inputs: I,
  v: unknown,
  options: FunctionalOptions | undefined,
  product: (
    first: readonly (Tensor | null)[],
    ins: readonly Tensor[],
    weights: readonly Tensor[] | null,
    read: Read,
  ) => Tensor[],
): [output: Tensor, product: Like<I>] {
  const { f: func, ins: given, read } = checked(operation, f, inputs, options);
  const { createGraph, strict } = read;
  return withGradMode(true, () => {
    const ins = prepared(given, createGraph, true);
    const weights = vectorOf(operation, v, ins, 'input', createGraph);
    const out = scalarOf(operation, func, ins, strict);
    const first = grad([out], ins, null, { createGraph: true });
    if (strict) requireGraphs(operation, first, constantJacobian, independent);
    return [
      finished([out], createGraph)[0],
      likeGiven<I>(finished(product(first, ins, weights, read), createGraph), isTensor(inputs)),
    ];
  });
}
