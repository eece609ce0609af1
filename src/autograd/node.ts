/**
 * Nodes of the graph. `attachNode` is how an operation enters it: the result gets a node that knows the inputs' nodes and
 * how to turn the result's gradient into gradients of the inputs. An operation with several results has a node for each
 * of them: tuple.ts.
 */
import { cutsSoFar, wasCutSince } from './cuts';
import type { DType } from '../tensor/dtype';
import { executor } from '../tensor/executor';
import type { Shape } from '../tensor/shape';
import { release, type Storage } from '../tensor/storage';
import {
  historyOf,
  accumulatorIn,
  sizesOf,
  type GradFn,
  setAccumulator,
  setHistory,
  type Tensor,
} from '../tensor/tensor';
import { anomaly, rememberCall } from './anomaly';
import { isGradEnabled } from './mode';

/** One gradient for each input of the operation; null where none flows or none is wanted. */
export type Gradients = readonly (Tensor | null | undefined)[];

/** From the gradient of the result to those of the inputs, in order. What it reads of the call is `node.kept`. */
export type Backward = (gradOutput: Tensor, node: Node) => Gradients;

/** From the gradients of several results (null: no gradient came for that one) to those of the inputs. */
export type TupleBackward = (gradOutputs: readonly (Tensor | null)[], node: Node) => Gradients;

/**
 * Called with a gradient; what it returns replaces it.
 * @example const halve: Hook = (grad) => grad.mul(0.5);
 */
export type Hook = (grad: Tensor) => Tensor | null | undefined | void;

/** What autograd does with a tensor's gradient: hooks and retainGrad. */
export interface TensorHooks {
  hooks: Hook[];
  /** Keeps the gradient that the hooks have left (retainGrad). */
  retain: ((grad: Tensor) => void) | null;
}

let created = 0;

/** Every node made from now on has an `order` of at least this. */
export const nextOrder = (): number => created;

export class Node implements GradFn {
  /** Grows with creation: an input's node is always older than its user's. */
  readonly order: number;
  /** Null for the node of a leaf, and once a walk without `retainGraph` has consumed it. */
  backward: Backward | null;
  /** `nextOrder()` when it was consumed. */
  consumedAt = 0;
  /** During its backward: whether the graph is kept, so that what was saved must stay as it is. */
  retained = false;
  /**
   * What the rule reads of the call, each operation's own. Here, so that one function is the rule of all calls: V8 makes a
   * closure of its own for each, and looks up its code when it is first called.
   */
  kept: unknown = null;
  /** For a tuple: the rule that `backward` calls with the gradients of all results. */
  rule: TupleBackward | null = null;
  hooks: TensorHooks | null = null;
  /** For a select: which result of the tuple. For a tuple: how many there are. */
  result = 0;
  /**
   * Acquired memory that is released once the node is consumed. A list, not a function that releases it: the latter
   * made V8 keep each step's garbage until the next full collection.
   */
  acquired: readonly (Storage | null)[] | null = null;

  // State of the walk in progress:
  /** The gradient of the result so far. */
  grad: Tensor | null = null;
  /** Whether `grad` is a sum that the walk made, and that nothing else refers to. */
  isSum = false;
  /** For a tuple: the gradients of the results so far. */
  parts: (Tensor | null)[] | null = null;
  /** The last walk that came here. */
  walk = 0;
  /** Whether this node leads to a requested gradient. */
  reachesTarget = true;

  constructor(
    /** PyTorch's name of it. */
    public name: string,
    /** The nodes of the inputs (`nodesOf`); null where an input needs no gradient. */
    readonly next: readonly (Node | null)[],
    /** Of the result, and so of its gradient. */
    readonly shape: Shape,
    readonly dtype: DType,
    backward: Backward | null,
    /** The leaf whose gradient this node accumulates. */
    readonly leaf: Tensor | null,
  ) {
    this.backward = backward;
    this.order = created++;
    if (anomaly.enabled) rememberCall(this, name);
  }

  /** Whether input i wants a gradient. */
  needs(i: number): boolean {
    const next = this.next[i];
    return next !== null && next.reachesTarget;
  }
}

/** Gives back what a node acquired and forgets what it kept, once it is not needed any more. */
export function releaseKept(node: Node): void {
  node.rule = null;
  node.kept = null;
  if (node.acquired === null) return;
  for (const storage of node.acquired) if (storage !== null) release(storage);
  node.acquired = null;
}

/** The node that receives a tensor's gradient: its maker, or for a leaf the node that accumulates `grad`. */
export function nodeOf(tensor: Tensor): Node {
  const made = historyOf(tensor);
  if (made !== null) return made as Node;
  return (accumulatorIn(tensor) ?? setAccumulator(tensor, accumulatorOf(tensor))) as Node;
}

const accumulatorOf = (leaf: Tensor): Node =>
  new Node('AccumulateGrad', [], sizesOf(leaf), leaf.dtype, null, leaf);

function sourceOf(input: Tensor | null): Node | null {
  if (input === null) return null;
  executor.uses(input);
  return input.requiresGrad ? nodeOf(input) : null;
}

/** The nodes that gradients of an operation's inputs go to. */
export function nodesOf(inputs: readonly (Tensor | null)[]): (Node | null)[] {
  // Literals: an array that grows by push takes room for 17.
  if (inputs.length === 1) return [sourceOf(inputs[0])];
  if (inputs.length === 2) return [sourceOf(inputs[0]), sourceOf(inputs[1])];
  return inputs.map(sourceOf);
}

/** Whether an operation on these inputs is to be recorded. */
export function needsGrad(inputs: readonly (Tensor | null)[]): boolean {
  // Also where nothing is recorded: a program depends on where these are.
  if (executor.isTrace) for (const input of inputs) if (input !== null) executor.uses(input);
  if (!isGradEnabled()) return false;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    if (input !== null && input.requiresGrad) return true;
  }
  return false;
}

/**
 * Records an operation, one of whose inputs requires gradients, and returns its result. `backward` maps the result's
 * gradient to the inputs' (one for each input, in order) and must be written with differentiable operations, since
 * `createGraph` records it.
 * @param kept what `backward` reads of this call: `node.kept`
 */
export function attachNode(
  name: string,
  inputs: readonly (Tensor | null)[],
  out: Tensor,
  backward: Backward,
  kept: unknown = null,
): Tensor {
  const node = new Node(name, nodesOf(inputs), sizesOf(out), out.dtype, backward, null);
  node.kept = kept;
  setHistory(out, node, true);
  if (anomaly.watch !== null) anomaly.watch(node, out);
  return out;
}

/**
 * @param version the tensor's when it was saved
 * @param cuts `cutsSoFar()` at that time
 * @throws Error when the tensor was changed in place since, or, where the walk is recorded, detached in place.
 */
function checkSaved(operation: string, tensor: Tensor, version: number, cuts: number): void {
  if (tensor.version !== version) {
    throw new Error(
      `backward: a tensor of shape [${sizesOf(tensor).join(', ')}] that ${operation} needs for its gradient was changed in place since (version ${tensor.version}, saved at ${version}); change a clone() instead, or do it before ${operation}`,
    );
  }
  // The values are what they were: only a gradient of the gradient would miss what made them.
  if (wasCutSince(tensor, cuts) && isGradEnabled()) {
    throw new Error(
      `backward: a tensor of shape [${sizesOf(tensor).join(', ')}] that ${operation} needs for its gradient was detached in place since, so that with createGraph the gradient's own gradient would be wrong; use detach() instead of detach_()`,
    );
  }
}

/** A tensor that backward will need, with the version it has now. */
export class Saved {
  private readonly version: number;
  private readonly cuts = cutsSoFar();
  constructor(
    private readonly operation: string,
    private readonly tensor: Tensor,
  ) {
    this.version = tensor.version;
  }

  get isChanged(): boolean {
    return this.tensor.version !== this.version;
  }

  /** @throws Error when the tensor was changed in place since, or, where the walk is recorded, detached in place. */
  get(): Tensor {
    checkSaved(this.operation, this.tensor, this.version, this.cuts);
    return this.tensor;
  }
}

/** Marks a tensor as needed by the backward of `operation`. */
export const save = (operation: string, tensor: Tensor): Saved => new Saved(operation, tensor);

/** Several tensors that backward will need, in one object, as `Saved` is one. */
export class SavedList<T extends readonly (Tensor | null)[] = readonly (Tensor | null)[]> {
  private readonly cuts = cutsSoFar();
  constructor(
    private readonly operation: string,
    private readonly tensors: T,
    private readonly versions: readonly number[],
  ) {}

  /** The list itself. @throws as `Saved.get`. */
  get(): T {
    const { operation, tensors, versions, cuts } = this;
    for (let i = 0; i < tensors.length; i++) {
      const tensor = tensors[i];
      if (tensor !== null) checkSaved(operation, tensor, versions[i], cuts);
    }
    return tensors;
  }
}

/** Marks tensors as needed by the backward of `operation`. */
export function saveAll<T extends readonly (Tensor | null)[]>(
  operation: string,
  tensors: T,
): SavedList<T> {
  const versions = new Array<number>(tensors.length);
  for (let i = 0; i < tensors.length; i++) {
    const tensor = tensors[i];
    versions[i] = tensor === null ? 0 : tensor.version;
  }
  return new SavedList(operation, tensors, versions);
}
