/** backward and autograd.grad: the two ways to start a walk. */
import { arrayOf, boolean, either, optionsTable, surplus, withName } from '../check';
import { anyTensor, isTensor } from '../tensor/rules';
import { executor } from '../tensor/executor';
import type { Tensor } from '../tensor/tensor';
import { walk } from './backward';
import { rootGradient } from './checks';
import { nodeOf } from './node';
import type { Targets } from './order';

/** Options of `backward`. */
export interface BackwardOptions {
  /**
   * Gradient of whatever follows with respect to this tensor, of its shape and dtype; required unless it has one
   * element, where 1 is the default.
   */
  gradient?: Tensor | null;
  /** Keep what the graph saved, so that it can be walked again. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the walk itself, so that gradients can be differentiated again. Default: false. */
  createGraph?: boolean;
}

const backwardOptions = optionsTable<BackwardOptions, 'retainGraph'>('backward', {
  gradient: anyTensor.orNull.or(null),
  retainGraph: boolean.optional,
  createGraph: boolean.or(false),
});

/**
 * Adds ∂tensor/∂leaf, weighted by `gradient`, to `grad` of every leaf that `tensor` depends on
 * (torch.Tensor.backward). The graph is consumed unless `retainGraph` says otherwise.
 * @throws Error when `tensor` requires no gradients, the graph was consumed before, or a saved tensor was changed in
 *   place since; RangeError or TypeError for a gradient of another shape or dtype, or none where one is required.
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad!.toArray(); // [2, 4]
 */
export function backward(tensor: Tensor, options?: BackwardOptions): void {
  if (arguments.length > 2) surplus('backward', arguments, 2, 'options');
  const read = backwardOptions.read(options);
  const { createGraph, retainGraph = createGraph, gradient } = read;
  anyTensor.check('backward', 'tensor', tensor);
  executor.refuse('backward', 'it changes grad; use autograd.grad, or call it outside');
  const grad = rootGradient('backward', tensor, gradient);
  walk([{ tensor, grad }], { retainGraph, createGraph }, null);
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
  /** Return null for an input that no output depends on, instead of an error. Default: false. */
  allowUnused?: boolean;
}

const maybeTensor = anyTensor.orNull;
const anyWeights = either<Tensor | null | readonly (Tensor | null)[]>(
  maybeTensor,
  arrayOf(maybeTensor, 'an array of tensors'),
);

const gradOptions = optionsTable<GradOptions, 'gradOutputs' | 'retainGraph'>('autograd.grad', {
  gradOutputs: anyWeights.optional,
  retainGraph: boolean.optional,
  createGraph: boolean.or(false),
  allowUnused: boolean.or(false),
});

const anyTensors = arrayOf(anyTensor, 'a tensor or an array of tensors');

const listOf = (name: string, x: Tensor | readonly Tensor[]): readonly Tensor[] =>
  isTensor(x) ? [x] : anyTensors.check('autograd.grad', name, x);

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
  const read = gradOptions.read(options);
  const { gradOutputs, createGraph, retainGraph = createGraph, allowUnused } = read;
  const outs = listOf('outputs', outputs);
  const ins = listOf('inputs', inputs);
  const given = gradOutputs ?? outs.map(() => null);
  const weights = isTensor(given) ? [given] : given;
  if (weights.length !== outs.length) {
    throw new RangeError(
      `autograd.grad: there are ${outs.length} outputs but ${weights.length} gradOutputs; give one for each`,
    );
  }
  const roots = outs.map((tensor, i) => ({
    tensor,
    grad: rootGradient('autograd.grad', tensor, weights[i]),
  }));
  const targets: Targets = new Map();
  for (const [i, input] of ins.entries()) {
    if (!input.requiresGrad) {
      throw new Error(`autograd.grad: input ${i} does not require gradients`);
    }
    targets.set(nodeOf(input), null);
  }
  walk(roots, { retainGraph, createGraph }, targets);
  return ins.map((input, i) => {
    const found = targets.get(nodeOf(input))!;
    if (found === null && !allowUnused) {
      throw new Error(
        `autograd.grad: no output depends on input ${i}; pass { allowUnused: true } to get null for it`,
      );
    }
    return found;
  });
}
withName('grad', gradients);
