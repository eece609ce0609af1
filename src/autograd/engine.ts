/**
 * The backward walk. It collects the nodes that the roots reach, then visits them from the newest to the
 * oldest: an operation's inputs are always older than the operation, so every gradient is complete when its
 * node is visited. Nothing recurses; a graph of any depth is walked in constant stack.
 */
import { itemSize } from '../tensor/dtype';
import { observer } from '../tensor/observer';
import { sameShape, showShape } from '../tensor/shape';
import { giveBack, setRecycling } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { isGradEnabled, setGradMode } from './mode';
import { nodeOf, type Gradients, type Hook, type Node, type TensorHooks } from './node';

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

const pendingOf = (node: Node, output: number): Tensor | null =>
  output === 0 ? node.pending : node.pendingRest === null ? null : node.pendingRest[output - 1];

function setPending(node: Node, output: number, grad: Tensor): void {
  if (output === 0) {
    node.pending = grad;
    return;
  }
  node.pendingRest ??= new Array<Tensor | null>(node.outputs - 1).fill(null);
  node.pendingRest[output - 1] = grad;
}

// Gradients that wait are counted by the storage that they lie in: `addPending` takes over one count of `grad`.
function addPending(node: Node, output: number, grad: Tensor): void {
  const before = pendingOf(node, output);
  if (before === null) setPending(node, output, grad);
  else if ((node.summed & bitOf(output)) !== 0 && !isGradEnabled()) {
    // The third gradient and on: the sum so far is seen by nobody else.
    arithmetic.addInPlace(before, grad);
    passed(grad);
  } else {
    const total = arithmetic.add(before, grad);
    total.storage.waiting++;
    setPending(node, output, total);
    node.summed |= bitOf(output);
    passed(before);
    passed(grad);
  }
}

// A gradient has been passed on. When no other one waits in the same memory, and neither a leaf nor a user has
// it, the next gradient may lie there.
function passed(grad: Tensor): void {
  const { storage } = grad;
  if (--storage.waiting === 0 && storage.recyclable && !storage.claimed) giveBack(storage);
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
  let sorted = nodes.length <= 1;
  for (let i = 0; i < nodes.length; i++) {
    const { next } = nodes[i];
    for (let k = 0; k < next.length; k++) {
      const one = next[k];
      if (one !== null && one.visited !== id) {
        one.visited = id;
        if (one.order > nodes[nodes.length - 1].order) sorted = false;
        nodes.push(one);
      }
    }
  }
  if (!sorted) sortNewestFirst(nodes);
  if (targets === null) for (let i = 0; i < nodes.length; i++) nodes[i].live = true;
  else {
    for (let i = nodes.length - 1; i >= 0; i--) {
      const node = nodes[i];
      node.live = targets.has(node) || leadsOn(node);
    }
  }
  return nodes;
}

// Graphs of a few fused operations are walked so often that a sort with a comparison function shows.
function sortNewestFirst(nodes: Node[]): void {
  if (nodes.length > 40) {
    nodes.sort((a, b) => b.order - a.order);
    return;
  }
  for (let i = 1; i < nodes.length; i++) {
    const node = nodes[i];
    let k = i - 1;
    for (; k >= 0 && nodes[k].order < node.order; k--) nodes[k + 1] = nodes[k];
    nodes[k + 1] = node;
  }
}

const leadsOn = (node: Node): boolean => node.next.some((next) => next !== null && next.live);

function runHooks(hooks: TensorHooks, grad: Tensor): Tensor {
  let current = grad;
  for (const hook of hooks.hooks.slice()) {
    const recycling = setRecycling(false);
    // What a hook has seen it may keep.
    current.storage.recyclable = false;
    try {
      const replaced: unknown = hook(current);
      if (replaced === undefined || replaced === null) continue;
      checkReplacement(replaced, current);
      replaced.storage.waiting++;
      passed(current);
      replaced.storage.recyclable = false;
      current = replaced;
    } finally {
      setRecycling(recycling);
    }
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

function accumulate(leaf: Tensor, grad: Tensor): void {
  const before = leaf.accumulated;
  if (before === null) leaf.accumulated = own(grad);
  else if (isGradEnabled()) leaf.grad = arithmetic.add(before, grad);
  else arithmetic.addInPlace(before, grad);
}

function visit(node: Node, keepGraph: boolean, targets: Targets | null): void {
  let first = node.pending;
  const rest = node.pendingRest;
  if (first === null && rest === null) return;
  node.pending = null;
  node.pendingRest = null;
  node.summed = 0;
  if (first !== null) {
    const hooks = node.outputHooks?.[0];
    if (hooks) first = runHooks(hooks, first);
  }
  if (rest !== null) {
    for (let i = 0; i < rest.length; i++) {
      const hooks = rest[i] === null ? null : node.outputHooks?.[i + 1];
      if (hooks) rest[i] = runHooks(hooks, rest[i]!);
    }
  }
  if (targets !== null) {
    const wanted = targets.get(node);
    if (wanted !== undefined) {
      for (let i = 0; i < wanted.length; i++) {
        const grad = i === 0 ? first : rest === null ? null : rest[i - 1];
        if (grad !== null) grad.storage.recyclable = false;
        wanted[i] = grad;
      }
    }
  }
  if (node.leaf !== null) {
    checkGradient(node, first!);
    if (targets === null) accumulate(node.leaf, first!);
    passed(first!);
    return;
  }
  // What lies below a target is not walked, and so stays whole for a later walk.
  if (targets === null || leadsOn(node)) {
    node.retained = keepGraph;
    passOn(node, gradientsOfInputs(node, first, rest));
    if (!keepGraph) {
      node.backward = null;
      node.backwardOfOne = null;
      if (node.borrowed !== null) {
        for (const storage of node.borrowed) giveBack(storage);
        node.borrowed = null;
      }
    }
  }
  if (first !== null) passed(first);
  if (rest !== null) for (const grad of rest) if (grad !== null) passed(grad);
}

function gradientsOfInputs(
  node: Node,
  first: Tensor | null,
  rest: readonly (Tensor | null)[] | null,
): Gradients {
  if (node.backwardOfOne !== null) return node.backwardOfOne(first!, node);
  if (node.backward === null) {
    throw new Error(
      'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
    );
  }
  const grads: (Tensor | null)[] = [first];
  for (let i = 1; i < node.outputs; i++) grads.push(rest === null ? null : rest[i - 1]);
  return node.backward(grads, node);
}

function passOn(node: Node, grads: Gradients): void {
  const { next, nextOutput } = node;
  // All are counted before any is passed on: two of them may be one tensor.
  for (let i = 0; i < next.length; i++) {
    const one = next[i];
    if (one !== null && one.live && grads[i]) grads[i]!.storage.waiting++;
  }
  for (let i = 0; i < next.length; i++) {
    const one = next[i];
    const grad = grads[i];
    if (one !== null && one.live && grad) {
      addPending(one, nextOutput === null ? 0 : nextOutput[i], grad);
    }
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

interface Waiting {
  readonly pending: Tensor | null;
  readonly pendingRest: (Tensor | null)[] | null;
  readonly summed: number;
}

// A walk started by a hook or a backward function may pass nodes where gradients of the outer one wait.
function setAside(nodes: readonly Node[]): Waiting[] {
  return nodes.map((node) => {
    const { pending, pendingRest, summed } = node;
    node.pending = null;
    node.pendingRest = null;
    node.summed = 0;
    return { pending, pendingRest, summed };
  });
}

function runWalk(
  roots: readonly Root[],
  keepGraph: boolean,
  createGraph: boolean,
  targets: Targets | null,
): void {
  const nodes = collect(roots, targets);
  const outer = walksUnderWay > 0 ? setAside(nodes) : null;
  const gradMode = setGradMode(createGraph);
  // Gradients with a history may be saved by it, so those of `createGraph` are left to the collector.
  const recycling = setRecycling(!createGraph);
  let done = 0;
  walksUnderWay++;
  try {
    for (const { tensor, grad } of roots) {
      grad.storage.waiting++;
      addPending(nodeOf(tensor), tensor.outputIndex, grad);
    }
    for (; done < nodes.length; done++) {
      if (nodes[done].live) visit(nodes[done], keepGraph, targets);
    }
  } finally {
    setRecycling(recycling);
    setGradMode(gradMode);
    walksUnderWay--;
    // After an error, gradients wait that nobody will fetch.
    if (outer !== null || done < nodes.length) restore(nodes, outer);
  }
}

function restore(nodes: readonly Node[], outer: readonly Waiting[] | null): void {
  for (let i = 0; i < nodes.length; i++) {
    nodes[i].pending = outer === null ? null : outer[i].pending;
    nodes[i].pendingRest = outer === null ? null : outer[i].pendingRest;
    nodes[i].summed = outer === null ? 0 : outer[i].summed;
  }
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
  grad.storage.recyclable = false;
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
  if (observer !== null) {
    observer.refuse('backward', 'it changes grad; use autograd.grad, or call it outside');
  }
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
  if (observer !== null) observer.refuse(operation, 'a replay calls no hook; do it outside');
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
