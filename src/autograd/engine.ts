/**
 * The backward walk. It collects the nodes that the roots reach, then visits them from the newest to the
 * oldest: an operation's inputs are always older than the operation, so every gradient is complete when its
 * node is visited. Nothing recurses; a graph of any depth is walked in constant stack.
 */
import { itemSize } from '../tensor/dtype';
import { sameShape, showShape } from '../tensor/shape';
import { Tensor } from '../tensor/tensor';
import { isGradEnabled, withGradMode } from './mode';
import { nodeOf, type Hook, type Node, type TensorHooks } from './node';

/** What the walk needs of the operations: injected by ops/, so that this room knows none. */
export interface Arithmetic {
  /** a + b of equal shapes, differentiable. */
  add(a: Tensor, b: Tensor): Tensor;
  onesLike(a: Tensor): Tensor;
  /** a += b of equal shapes, not recorded. */
  addInPlace(a: Tensor, b: Tensor): void;
  /** Same values in memory of their own, differentiable. */
  clone(a: Tensor): Tensor;
}
let arithmetic: Arithmetic;
export function setArithmetic(provided: Arithmetic): void {
  arithmetic = provided;
}

let walk = 0;

interface Root {
  tensor: Tensor;
  grad: Tensor;
}

function addPending(node: Node, output: number, grad: Tensor): void {
  const pending = (node.pending ??= new Array<Tensor | null>(node.outputs).fill(null));
  const before = pending[output]!;
  if (before === null) pending[output] = grad;
  else if ((node.summed & bitOf(output)) !== 0 && !isGradEnabled()) {
    // The third gradient and on: the sum so far is seen by nobody else.
    arithmetic.addInPlace(before, grad);
  } else {
    pending[output] = arithmetic.add(before, grad);
    node.summed |= bitOf(output);
  }
}

const bitOf = (output: number): number => (output < 31 ? 1 << output : 0);

type Targets = ReadonlyMap<Node, (Tensor | null)[]>;

/** Every node that the roots reach, newest first; those that lead to no target are marked as not live. */
function collect(roots: readonly Root[], targets: Targets | null): Node[] {
  const id = ++walk;
  const nodes: Node[] = [];
  for (const { tensor } of roots) {
    const node = nodeOf(tensor);
    if (node.visited !== id) {
      node.visited = id;
      nodes.push(node);
    }
  }
  for (let i = 0; i < nodes.length; i++) {
    for (const next of nodes[i].next) {
      if (next !== null && next.visited !== id) {
        next.visited = id;
        nodes.push(next);
      }
    }
  }
  nodes.sort((a, b) => b.order - a.order);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    node.live = targets === null || targets.has(node) || leadsOn(node);
  }
  return nodes;
}

const leadsOn = (node: Node): boolean => node.next.some((next) => next !== null && next.live);

function runHooks(hooks: TensorHooks | null | undefined, grad: Tensor): Tensor {
  if (!hooks) return grad;
  let current = grad;
  for (const hook of hooks.hooks.slice()) {
    const replaced: unknown = hook(current);
    if (replaced === undefined || replaced === null) continue;
    checkReplacement(replaced, current);
    current = replaced;
  }
  hooks.retain?.(current);
  return current;
}

function checkReplacement(replaced: unknown, grad: Tensor): asserts replaced is Tensor {
  if (!(replaced instanceof Tensor)) {
    throw new TypeError(
      `registerHook: a hook must return a Tensor or nothing, got ${typeof replaced}`,
    );
  }
  if (!sameShape(replaced.shape, grad.shape) || replaced.dtype !== grad.dtype) {
    throw new RangeError(
      `registerHook: a hook must keep the gradient's shape and dtype: got ${replaced.dtype} ${showShape(replaced.shape)} for ${grad.dtype} ${showShape(grad.shape)}`,
    );
  }
}

function checkGradient(node: Node, gradient: Tensor): void {
  // Backward functions are ours (or a custom Function's): a shape that does not fit is caught on arrival.
  const leaf = node.leaf;
  if (leaf === null) return;
  if (!sameShape(leaf.shape, gradient.shape) || leaf.dtype !== gradient.dtype) {
    throw new Error(
      `internal: a ${gradient.dtype} gradient of shape ${showShape(gradient.shape)} reached a ${leaf.dtype} leaf of shape ${showShape(leaf.shape)}`,
    );
  }
}

function visit(node: Node, keepGraph: boolean, targets: Targets | null): void {
  const grads = node.pending;
  node.pending = null;
  node.summed = 0;
  if (grads === null) return;
  for (let i = 0; i < grads.length; i++) {
    const grad = grads[i]!;
    if (grad === null) continue;
    grads[i] = runHooks(node.outputHooks?.[i], grad);
  }
  const wanted = targets?.get(node);
  if (wanted !== undefined) for (let i = 0; i < grads.length; i++) wanted[i] = grads[i]!;
  if (node.leaf !== null) {
    const grad = grads[0]!;
    checkGradient(node, grad);
    if (targets === null) {
      const leaf = node.leaf;
      if (leaf.grad === null) leaf.grad = own(grad);
      else if (isGradEnabled()) leaf.grad = arithmetic.add(leaf.grad, grad);
      else arithmetic.addInPlace(leaf.grad, grad);
    }
    return;
  }
  // What lies below a target is not walked, and so stays whole for a later walk.
  if (targets !== null && !leadsOn(node)) return;
  if (node.backward === null) {
    throw new Error(
      'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
    );
  }
  node.retained = keepGraph;
  const inputGrads = node.backward(grads, node);
  for (let i = 0; i < node.next.length; i++) {
    const next = node.next[i]!;
    const grad = inputGrads[i];
    if (next !== null && next.live && grad) addPending(next, node.nextOutput[i], grad);
  }
  if (!keepGraph) {
    node.backward = null;
    node.release?.();
    node.release = null;
  }
}

// What becomes `grad` must share memory with nothing else that a user can reach: a gradient that fills its
// storage alone is taken as it is, once; anything else is copied.
function own(grad: Tensor): Tensor {
  const alone =
    grad.contiguousLayout && grad.storage.byteLength === grad.numel * itemSize(grad.dtype);
  const owned = alone && !grad.storage.claimed ? grad : arithmetic.clone(grad);
  owned.storage.claimed = true;
  return owned;
}

let walksUnderWay = 0;

function runWalk(
  roots: readonly Root[],
  keepGraph: boolean,
  createGraph: boolean,
  targets: Targets | null,
): void {
  const nodes = collect(roots, targets);
  // A walk started by a hook or a backward function may pass nodes where gradients of the outer one wait.
  const outer =
    walksUnderWay > 0 ? nodes.map(({ pending, summed }) => ({ pending, summed })) : null;
  if (outer !== null) for (const node of nodes) [node.pending, node.summed] = [null, 0];
  walksUnderWay++;
  withGradMode(createGraph, () => {
    try {
      for (const { tensor, grad } of roots) addPending(nodeOf(tensor), tensor.outputIndex, grad);
      for (const node of nodes) if (node.live) visit(node, keepGraph, targets);
    } finally {
      walksUnderWay--;
      for (let i = 0; i < nodes.length; i++) {
        nodes[i].pending = outer === null ? null : outer[i].pending;
        nodes[i].summed = outer === null ? 0 : outer[i].summed;
      }
    }
  });
}

function rootGradient(operation: string, tensor: Tensor, grad: Tensor | null | undefined): Tensor {
  if (!tensor.requiresGrad) {
    throw new Error(
      `${operation}: the tensor does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass`,
    );
  }
  if (grad === null || grad === undefined) {
    if (tensor.numel !== 1) {
      throw new RangeError(
        `${operation}: without a gradient argument the tensor must have one element, got shape ${showShape(tensor.shape)}; pass { gradient } or reduce it, for example with sum()`,
      );
    }
    return arithmetic.onesLike(tensor);
  }
  if (!(grad instanceof Tensor)) {
    throw new TypeError(`${operation}: the gradient must be a Tensor, got ${typeof grad}`);
  }
  if (!sameShape(grad.shape, tensor.shape)) {
    throw new RangeError(
      `${operation}: the gradient has shape ${showShape(grad.shape)}, but the tensor has shape ${showShape(tensor.shape)}`,
    );
  }
  if (grad.dtype !== tensor.dtype) {
    throw new TypeError(
      `${operation}: the gradient has dtype ${grad.dtype}, but the tensor has ${tensor.dtype}`,
    );
  }
  grad.storage.claimed = true;
  return grad;
}

export interface BackwardOptions {
  /** Gradient of whatever follows with respect to this tensor; required unless it has one element. */
  gradient?: Tensor | null;
  /** Keep what the graph saved, so that it can be walked again. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the walk itself, so that gradients can be differentiated again. */
  createGraph?: boolean;
}

/**
 * Adds to `grad` of every leaf that `tensor` depends on (torch.Tensor.backward).
 * @throws Error when the graph was consumed before, or a saved tensor changed in place since.
 */
export function backward(tensor: Tensor, options: BackwardOptions = {}): void {
  const { createGraph = false, retainGraph = createGraph } = options;
  const grad = rootGradient('backward', tensor, options.gradient);
  runWalk([{ tensor, grad }], retainGraph, createGraph, null);
}

export interface GradOptions {
  gradOutputs?: readonly (Tensor | null)[];
  retainGraph?: boolean;
  createGraph?: boolean;
  /** Return null for an input that no output depends on, instead of an error. */
  allowUnused?: boolean;
}

/**
 * Gradients of the sum of `outputs` with respect to `inputs`, without touching `grad` (torch.autograd.grad).
 * @returns one gradient for each input, in order.
 * @example const [dx] = autograd.grad([y], [x], { createGraph: true });
 */
export function gradients(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const outs = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
  const ins = Array.isArray(inputs) ? (inputs as readonly Tensor[]) : [inputs as Tensor];
  const {
    createGraph = false,
    retainGraph = createGraph,
    allowUnused = false,
    gradOutputs,
  } = options;
  if (gradOutputs && gradOutputs.length !== outs.length) {
    throw new RangeError(
      `autograd.grad: there are ${outs.length} outputs but ${gradOutputs.length} gradOutputs; give one for each`,
    );
  }
  const roots = outs.map((tensor, i) => ({
    tensor,
    grad: rootGradient('autograd.grad', tensor, gradOutputs?.[i]),
  }));
  const targets = new Map<Node, (Tensor | null)[]>();
  for (const [i, input] of ins.entries()) {
    if (!input.requiresGrad) {
      throw new Error(`autograd.grad: input ${i} does not require gradients`);
    }
    const node = nodeOf(input);
    if (!targets.has(node)) targets.set(node, new Array<Tensor | null>(node.outputs).fill(null));
  }
  runWalk(roots, retainGraph, createGraph, targets);
  return ins.map((input, i) => {
    const found = targets.get(nodeOf(input))![input.outputIndex]!;
    if (found === null && !allowUnused) {
      throw new Error(
        `autograd.grad: no output depends on input ${i}; pass { allowUnused: true } to get null for it`,
      );
    }
    return found;
  });
}

/** The hooks of a tensor's gradient, made when first asked for. */
function hooksOf(operation: string, tensor: Tensor): TensorHooks {
  if (!tensor.requiresGrad) {
    throw new Error(`${operation}: the tensor does not require gradients`);
  }
  const node = nodeOf(tensor);
  node.outputHooks ??= new Array<TensorHooks | null>(node.outputs).fill(null);
  return (node.outputHooks[tensor.outputIndex] ??= { hooks: [], retain: null });
}

/**
 * Calls `hook` with the gradient of `tensor` whenever it is computed; what it returns replaces the gradient
 * (torch.Tensor.register_hook). Returns a function that removes the hook.
 */
export function registerHook(tensor: Tensor, hook: Hook): () => void {
  if (typeof hook !== 'function') {
    throw new TypeError(`registerHook: the hook must be a function, got ${typeof hook}`);
  }
  const { hooks } = hooksOf('registerHook', tensor);
  hooks.push(hook);
  return () => {
    const at = hooks.indexOf(hook);
    if (at >= 0) hooks.splice(at, 1);
  };
}

/** Makes `backward` keep the gradient of a tensor that is no leaf in its `grad` (torch.Tensor.retain_grad). */
export function retainGrad(tensor: Tensor): void {
  const hooks = hooksOf('retainGrad', tensor);
  if (tensor.gradFn === null) return;
  hooks.retain ??= (grad) => {
    tensor.grad = tensor.grad === null ? arithmetic.clone(grad) : arithmetic.add(tensor.grad, grad);
  };
}
