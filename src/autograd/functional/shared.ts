/** What the functions of autograd.functional share: arguments, evaluation, what `strict` refuses. */
import { arrayOf, boolean, functionOf, optionsTable } from '../../check';
import { isFloat } from '../../tensor/dtype';
import { anyTensor, isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, setHistory, type Tensor } from '../../tensor/tensor';
import { arithmetic } from '../arithmetic';
import { gradients } from '../gradients';

/** A tensor, or several in an array. */
export type Tensors = Tensor | readonly Tensor[];
/** A tensor for a tensor, an array for an array. */
export type Like<T extends Tensors> = T extends Tensor ? Tensor : Tensor[];
/** By output and input; a level that is a single tensor's is left out. */
export type Jacobian<O extends Tensors, I extends Tensors> = O extends Tensor ? Like<I> : Like<I>[];
/** By input and input; a single tensor of a single tensor. */
export type Hessian<I extends Tensors> = I extends Tensor ? Tensor : Tensor[][];

/** Options of the functions of `autograd.functional`. */
export interface FunctionalOptions {
  /** Whether the results can be differentiated. Default: false. */
  createGraph?: boolean;
  /** Whether a result that does not depend on an input is an error, instead of a derivative of 0. Default: false. */
  strict?: boolean;
}

export type Read = Required<Readonly<FunctionalOptions>>;
const functionalOptions = optionsTable<FunctionalOptions>('jacobian', {
  createGraph: boolean.or(false),
  strict: boolean.or(false),
});

export type Func<O extends Tensors = Tensors> = (...inputs: Tensor[]) => O;
const anyFunction = functionOf<Func>();
const anyTensors = arrayOf(anyTensor, 'a tensor or an array of tensors');
const listOf = (operation: string, name: string, given: unknown): readonly Tensor[] =>
  isTensor(given) ? [given] : anyTensors.check(operation, name, given);

/** What a call was given, checked. */
export function checked(
  operation: string,
  f: unknown,
  inputs: unknown,
  options: FunctionalOptions | undefined,
): { f: Func; ins: readonly Tensor[]; read: Read } {
  const read = functionalOptions.read(options, operation);
  const ins = listOf(operation, 'inputs', inputs);
  if (ins.length === 0) throw new RangeError(`${operation}: inputs must have at least one tensor`);
  for (const [i, { dtype }] of ins.entries()) {
    if (isFloat(dtype)) continue;
    throw new TypeError(`${operation}: input ${i} must be float32 or float64, got ${dtype}`);
  }
  return { f: anyFunction.check(operation, 'f', f), ins, read };
}

/** Tensors of their own, which are told from those that `f` uses besides its arguments. */
export const prepared = (
  list: readonly Tensor[],
  createGraph: boolean,
  needsGraph: boolean,
): Tensor[] =>
  list.map((x) => {
    if (createGraph && x.requiresGrad) return x.viewAs(x);
    const leaf = x.detach();
    // Not through the setter, which a trace takes for a change of what x is.
    setHistory(leaf, null, needsGraph);
    return leaf;
  });

interface Result {
  readonly outs: readonly Tensor[];
  readonly isSingle: boolean;
}

export function evaluate(
  operation: string,
  f: Func,
  ins: readonly Tensor[],
  strict: boolean,
): Result {
  // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own function
  const given: unknown = f(...ins);
  const outs = listOf(operation, 'the result of f', given);
  if (strict) requireGraphs(operation, outs, constantOutput);
  return { outs, isSingle: isTensor(given) };
}

/** What `strict` refuses, and what to do instead. */
export type Lack = (i: number) => readonly [what: string, advice?: string];

const constantOutput: Lack = (i) => [
  `output ${i} of f requires no gradients`,
  'compute it from the inputs in differentiable operations, without detach() and outside noGrad',
];
export const independent: Lack = (i) => [`the output of f does not depend on input ${i}`];
export const constantGradient: Lack = (i) => [
  `the gradient of f with respect to input ${i} does not depend on the inputs`,
  'with { createGraph: true }, f must be twice differentiable, and its gradient depend on the inputs (that of a linear function does not)',
];
export const constantProduct: Lack = (i) => [
  `the product for output ${i} of f does not depend on the inputs`,
  'with { createGraph: true }, f must be twice differentiable, and its Jacobian depend on the inputs (that of a linear function does not)',
];
export const constantJacobian: Lack = (i) => [
  `the Jacobian of f with respect to input ${i} does not depend on the inputs`,
  'f must be twice differentiable, and its gradient depend on the inputs (that of a linear function does not)',
];
export const independentJacobian: Lack = (i) => [`the Jacobian of f does not depend on input ${i}`];
export const constantHessian: Lack = (i) => [
  `the Hessian of f with respect to input ${i} does not depend on the inputs`,
  'with { createGraph: true }, f must be three times differentiable, and its Hessian depend on the inputs (that of a quadratic function does not)',
];
export const constantSeed: Lack = (i) => [
  `the gradient of f does not depend on the weight of output ${i}, from which the product is taken`,
];

function refuseStrict(operation: string, [what, advice]: ReturnType<Lack>): never {
  const instead = advice === undefined ? '' : `; ${advice}`;
  throw new Error(`${operation}: ${what}, which { strict: true } refuses${instead}`);
}

/** @throws Error for one that has no graph; for one that is null, `missing` says why. */
export function requireGraphs(
  operation: string,
  list: readonly (Tensor | null)[],
  constant: Lack,
  missing = constant,
): void {
  const at = list.findIndex((x) => x === null || !x.requiresGrad);
  if (at >= 0) refuseStrict(operation, (list[at] === null ? missing : constant)(at));
}

/** As `autograd.grad`, with null for what has no gradient and outputs without one left out. */
export function grad(
  outs: readonly (Tensor | null)[],
  ins: readonly Tensor[],
  weights: readonly Tensor[] | null,
  options: { createGraph: boolean; retainGraph?: boolean },
): (Tensor | null)[] {
  const wanted = outs.flatMap((out, i) => (out?.requiresGrad === true ? [i] : []));
  if (wanted.length === 0) return ins.map(() => null);
  return gradients(
    wanted.map((i) => outs[i]!),
    ins,
    { gradOutputs: weights && wanted.map((i) => weights[i]), allowUnused: true, ...options },
  );
}

export const zerosLike = (x: Tensor): Tensor => arithmetic.zeros(sizesOf(x), x.dtype);

/** Zeros where a gradient is null, unless that is refused, as one is without a graph where it shall have one. */
export function filled(
  operation: string,
  grads: readonly (Tensor | null)[],
  like: readonly Tensor[],
  { createGraph, strict }: Read,
  missing: Lack,
  constant: Lack,
): Tensor[] {
  if (strict && createGraph) requireGraphs(operation, grads, constant, missing);
  return grads.map((g, i) => {
    if (strict && g === null) refuseStrict(operation, missing(i));
    return g ?? zerosLike(like[i]);
  });
}

export const finished = (list: readonly Tensor[], createGraph: boolean): Tensor[] =>
  list.map((x) => (createGraph ? x : x.detach()));

/** One for one. */
export const likeGiven = <T extends Tensors>(list: Tensor[], isSingle: boolean): Like<T> =>
  (isSingle ? list[0] : list) as Like<T>;

/** The vector of a product, one tensor for each of `like`; null for one of one element. */
export function vectorOf(
  operation: string,
  v: unknown,
  like: readonly Tensor[],
  whose: string,
  createGraph: boolean,
): Tensor[] | null {
  if (v === undefined || v === null) {
    if (like.length === 1 && like[0].numel === 1) return null;
    throw new RangeError(
      `${operation}: v must be given, since the ${whose} is not one tensor of one element`,
    );
  }
  const list = listOf(operation, 'v', v);
  if (list.length !== like.length) {
    throw new RangeError(
      `${operation}: v must have a tensor for each ${whose}, which are ${like.length}, got ${list.length}`,
    );
  }
  for (const [i, one] of list.entries()) {
    const { dtype } = one;
    const sizes = sizesOf(one);
    if (!sameShape(sizes, sizesOf(like[i]))) {
      throw new RangeError(
        `${operation}: v[${i}] must have the shape of the ${whose}, ${showShape(sizesOf(like[i]))}, got ${showShape(sizes)}`,
      );
    }
    if (dtype !== like[i].dtype) {
      throw new TypeError(
        `${operation}: v[${i}] must be ${like[i].dtype} as the ${whose} is, got ${dtype}`,
      );
    }
  }
  return prepared(list, createGraph, false);
}

/** The result of a function of one element. */
export function scalarOf(
  operation: string,
  f: Func,
  ins: readonly Tensor[],
  strict: boolean,
): Tensor {
  const { outs, isSingle } = evaluate(operation, f, ins, strict);
  if (!isSingle || outs[0].numel !== 1) {
    const given = isSingle ? `shape ${showShape(sizesOf(outs[0]))}` : `an array of ${outs.length}`;
    throw new RangeError(
      `${operation}: the result of f must be a single tensor of one element, got ${given}`,
    );
  }
  return outs[0];
}
