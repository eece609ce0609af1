/** x.backward, autograd.backward and autograd.grad: the ways to start a walk. */
import { arrayOf, boolean, either, optionsTable, surplus, withName } from '../check';
import { anyTensor, isTensor } from '../tensor/rules';
import { executor } from '../tensor/executor';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { arithmetic } from './arithmetic';
import { walk, type Root, type WalkOptions } from './backward';
import { rootGradient } from './checks';
import { retainGrad } from './hooks';
import { nodeOf } from './node';
import type { Targets } from './order';

interface WalkedBackward {
  /** Keep what the graph saved, so that it can be walked again. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the walk itself, so that gradients can be differentiated again. Default: false. */
  createGraph?: boolean;
  /**
   * The tensors whose `grad` is added to, all others being left alone; one that an operation made keeps its gradient
   * (`retainGrad`), and one that nothing depends on stays as it is. Default: every leaf.
   */
  inputs?: Tensor | null | readonly Tensor[];
}

/** Options of `x.backward`. */
export interface BackwardOptions extends WalkedBackward {
  /**
   * Gradient of whatever follows with respect to this tensor, of its shape and dtype; required unless it has one
   * element, where 1 is the default.
   */
  gradient?: Tensor | null;
}

/** Options of `autograd.backward`. */
export interface AutogradBackwardOptions extends WalkedBackward {
  /**
   * The gradients of whatever follows with respect to the tensors, in order (of one tensor: the gradient alone will do);
   * null, or nothing at all, for tensors of one element, where 1 is the default.
   */
  gradTensors?: Tensor | null | readonly (Tensor | null)[];
}

const maybeTensor = anyTensor.orNull;
const anyWeights = either<Tensor | null | readonly (Tensor | null)[]>(
  maybeTensor,
  arrayOf(maybeTensor, 'an array of tensors'),
);
const anyTensors = arrayOf(anyTensor, 'a tensor or an array of tensors');
const anyInputs = either<Tensor | null | readonly Tensor[]>(
  maybeTensor,
  arrayOf(anyTensor, 'an array of tensors'),
);

const walkFields = {
  retainGraph: boolean.optional,
  createGraph: boolean.or(false),
  inputs: anyInputs.or(null),
};
const methodOptions = optionsTable<BackwardOptions, 'retainGraph'>('backward', {
  gradient: maybeTensor.or(null),
  ...walkFields,
});
const functionOptions = optionsTable<AutogradBackwardOptions, 'retainGraph' | 'gradTensors'>(
  'autograd.backward',
  { gradTensors: anyWeights.optional, ...walkFields },
);

const listOf = (
  operation: string,
  name: string,
  x: Tensor | readonly Tensor[],
): readonly Tensor[] => (isTensor(x) ? [x] : anyTensors.check(operation, name, x));

/** Where a walk begins: each tensor with its gradient, `weights[i]` or 1. */
function rootsOf(
  operation: string,
  what: readonly [tensors: string, weights: string],
  tensors: readonly Tensor[],
  given: Tensor | null | readonly (Tensor | null)[] | undefined,
): Root[] {
  const weights = given === null || given === undefined || isTensor(given) ? [given] : given;
  const none = given === null || given === undefined;
  if (!none && weights.length !== tensors.length) {
    throw new RangeError(
      `${operation}: there are ${tensors.length} ${what[0]} but ${weights.length} ${what[1]}; give one for each`,
    );
  }
  return tensors.map((tensor, i) => ({
    tensor,
    grad: rootGradient(
      operation,
      what[1],
      tensor,
      none ? null : weights[i],
      tensors.length === 1 ? 'the tensor' : `${what[0].slice(0, -1)} ${i}`,
    ),
  }));
}

/** @throws RangeError for no inputs, Error for one that requires no gradients. */
function checkInputs(operation: string, inputs: readonly Tensor[]): void {
  if (inputs.length === 0) {
    throw new RangeError(`${operation}: inputs must be one tensor at least, got []`);
  }
  for (const [i, input] of inputs.entries()) {
    if (!input.requiresGrad) {
      throw new Error(`${operation}: input ${i} does not require gradients`);
    }
  }
}

const targetsOf = (inputs: readonly Tensor[]): Targets =>
  new Map(inputs.map((input) => [nodeOf(input), null]));

/** Adds the gradients of the roots to `grad` of the leaves that they depend on, or of `inputs` alone. */
function accumulateFrom(
  operation: string,
  roots: readonly Root[],
  options: WalkOptions,
  inputs: readonly Tensor[] | null,
): void {
  if (inputs === null) return walk(roots, options, null);
  checkInputs(operation, inputs);
  for (const input of inputs) if (!input.isLeaf) retainGrad(input);
  walk(roots, options, targetsOf(inputs), true);
}

const inputsOf = (inputs: Tensor | null | readonly Tensor[]): readonly Tensor[] | null =>
  isTensor(inputs) ? [inputs] : inputs;

const elsewhere = 'it changes grad; use autograd.grad, or call it outside';

/** `x.backward(options)`: see the method. */
export function backwardOf(x: Tensor, options?: BackwardOptions): void {
  const read = methodOptions.read(options);
  const { createGraph, retainGraph = createGraph, gradient, inputs } = read;
  anyTensor.check('backward', 'tensor', x);
  executor.refuse('backward', elsewhere);
  const grad = rootGradient('backward', 'gradient', x, gradient, 'the tensor');
  accumulateFrom('backward', [{ tensor: x, grad }], { retainGraph, createGraph }, inputsOf(inputs));
}

/**
 * Adds the gradients of the sum of `tensors`, weighted by `gradTensors`, to `grad` of every leaf that they depend on, or of
 * `inputs` alone (torch.autograd.backward). One walk for all: what they have in common is passed once.
 * @throws as `x.backward` does; RangeError when there are other than as many gradients as tensors.
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * autograd.backward([x.sum(), x.mul(2)], { gradTensors: [null, tensor([10, 100])] });
 * x.grad!.toArray(); // [21, 201]
 */
export function backward(
  tensors: Tensor | readonly Tensor[],
  options?: AutogradBackwardOptions,
): void {
  const operation = 'autograd.backward';
  if (arguments.length > 2) surplus(operation, arguments, 2, 'options');
  const read = functionOptions.read(options);
  const { createGraph, retainGraph = createGraph, gradTensors, inputs } = read;
  const list = listOf(operation, 'tensors', tensors);
  executor.refuse(operation, elsewhere);
  const roots = rootsOf(operation, ['tensors', 'gradTensors'], list, gradTensors);
  accumulateFrom(operation, roots, { retainGraph, createGraph }, inputsOf(inputs));
}

/** Options of `autograd.grad`. */
export interface GradOptions {
  /**
   * The gradients of whatever follows with respect to the outputs, in order (of one output: the tensor alone will do);
   * null, or nothing at all, for outputs of one element, where 1 is the default.
   */
  gradOutputs?: Tensor | null | readonly (Tensor | null)[];
  /** Keep what the graph saved, so that it can be walked again. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the walk itself, so that gradients can be differentiated again. Default: false. */
  createGraph?: boolean;
  /** Return null for an input that no output depends on, instead of an error. Default: `materializeGrads`. */
  allowUnused?: boolean;
  /** Return zeros for an input that no output depends on. Default: false. */
  materializeGrads?: boolean;
}

const gradOptions = optionsTable<GradOptions, 'gradOutputs' | 'retainGraph' | 'allowUnused'>(
  'autograd.grad',
  {
    gradOutputs: anyWeights.optional,
    retainGraph: boolean.optional,
    createGraph: boolean.or(false),
    allowUnused: boolean.optional,
    materializeGrads: boolean.or(false),
  },
);

/**
 * Gradients of the sum of `outputs`, weighted by `gradOutputs`, with respect to `inputs`, without touching any `grad`
 * (torch.autograd.grad). Inputs may be leaves or what operations made.
 * @returns one gradient for each input, in order, of its shape and dtype
 * @throws Error when an input requires no gradients or none of the outputs depends on it (see `allowUnused`), and
 *   whenever `backward` would.
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * const [dx] = autograd.grad(x.pow(3).sum(), x, { createGraph: true });
 * dx!.toArray(); // [3, 12]
 * autograd.grad(dx!.sum(), x)[0]!.toArray(); // [6, 12]
 */
export function gradients(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  if (arguments.length > 3) surplus('autograd.grad', arguments, 3, 'options');
  const operation = 'autograd.grad';
  const read = gradOptions.read(options);
  const { gradOutputs, createGraph, retainGraph = createGraph, materializeGrads } = read;
  const { allowUnused = materializeGrads } = read;
  if (materializeGrads && !allowUnused) {
    throw new RangeError(
      `${operation}: allowUnused must be true where materializeGrads is, got false`,
    );
  }
  const outs = listOf(operation, 'outputs', outputs);
  const ins = listOf(operation, 'inputs', inputs);
  const roots = rootsOf(operation, ['outputs', 'gradOutputs'], outs, gradOutputs);
  checkInputs(operation, ins);
  const targets = targetsOf(ins);
  walk(roots, { retainGraph, createGraph }, targets);
  return ins.map((input, i) => {
    const found = targets.get(nodeOf(input))!;
    if (found !== null) return found;
    if (materializeGrads) {
      const zeros = arithmetic.zeros(sizesOf(input), input.dtype);
      return createGraph ? zeros.requiresGrad_() : zeros;
    }
    if (allowUnused) return null;
    throw new Error(
      `${operation}: no output depends on input ${i}; pass { allowUnused: true } to get null for it, or { materializeGrads: true } for zeros`,
    );
  });
}
withName('grad', gradients);
