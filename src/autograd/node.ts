/**
 * Nodes of the graph. `record` is how an operation enters it: it attaches to the results a node that knows
 * the inputs' nodes and how to turn gradients of the results into gradients of the inputs.
 */
import { observer } from '../tensor/observer';
import type { Storage } from '../tensor/storage';
import type { GradFn, Tensor } from '../tensor/tensor';
import { isGradEnabled } from './mode';

/** One gradient for each input of the operation; null where none flows or none is wanted. */
export type Gradients = readonly (Tensor | null | undefined)[];

/** Gradients of the results in (null: that result was not used), gradients of the inputs out. */
export type Backward = (gradOutputs: readonly (Tensor | null)[], node: Node) => Gradients;

export type Hook = (grad: Tensor) => Tensor | null | undefined | void;

/** What a tensor asks autograd to do with its gradient. */
export interface TensorHooks {
  hooks: Hook[];
  /** Keeps the gradient that the hooks have left (retainGrad). */
  retain: ((grad: Tensor) => void) | null;
}

/** The same for an operation with one result, whose gradient is always there. */
export type BackwardOfOne = (gradOutput: Tensor, node: Node) => Gradients;

let created = 0;

export class Node implements GradFn {
  /** Grows with creation: an input's node is always older than its user's. */
  readonly order: number;
  /** The nodes of the inputs; null where an input needs no gradient. */
  readonly next: (Node | null)[];
  /** Which output of `next[i]` input i was; null when the first of each. */
  readonly nextOutput: number[] | null;
  /** Null once `backward` has consumed it without `retainGraph`; one of two forms, by the number of results. */
  backward: Backward | null;
  backwardOfOne: BackwardOfOne | null;
  /** Hooks of the results, by output; made when first asked for. */
  outputHooks: (TensorHooks | null)[] | null = null;
  /** What the results' `gradFn` is called where they differ from `name`. */
  outputNames: readonly string[] | null = null;
  /** During `backward`: whether the graph is kept, so that what was saved must stay as it is. */
  retained = false;
  /**
   * Borrowed memory that goes back once `backward` has consumed the node. A list, not a function that gives it back:
   * the latter made V8 keep each step's garbage until the next full collection.
   */
  borrowed: readonly Storage[] | null = null;
  /** For the accumulating node of a leaf: the leaf. */
  readonly leaf: Tensor | null;

  // The engine's own, during one walk:
  /** The gradient of the first output so far. */
  pending: Tensor | null = null;
  /** Those of the other outputs; null when there are none. */
  pendingRest: (Tensor | null)[] | null = null;
  /** Bit o: the pending gradient of output o is a sum that the engine made itself. */
  summed = 0;
  visited = 0;
  /** Whether the walk passes here: not so where no wanted gradient lies beyond. */
  live = true;

  constructor(
    readonly name: string,
    inputs: readonly (Tensor | null)[],
    readonly outputs: number,
    backward: Backward | null,
    backwardOfOne: BackwardOfOne | null,
    leaf: Tensor | null,
  ) {
    this.backward = backward;
    this.backwardOfOne = backwardOfOne;
    this.leaf = leaf;
    const count = inputs.length;
    const next: (Node | null)[] = [];
    let nextOutput: number[] | null = null;
    for (let i = 0; i < count; i++) {
      const input = inputs[i]!;
      if (input !== null && observer !== null) observer.uses(input);
      if (input === null || !input.requiresGrad) {
        next.push(null);
        continue;
      }
      next.push(nodeOf(input));
      if (input.outputIndex !== 0) {
        nextOutput ??= new Array<number>(count).fill(0);
        nextOutput[i] = input.outputIndex;
      }
    }
    this.next = next;
    this.nextOutput = nextOutput;
    // Last: `nodeOf` may just have made a leaf's node, which must be the older.
    this.order = created++;
  }

  /** Whether input i wants a gradient. */
  needs(i: number): boolean {
    const next = this.next[i];
    return next !== null && next.live;
  }
}

/** The node that receives a tensor's gradient: its maker, or for a leaf the node that accumulates `grad`. */
export function nodeOf(tensor: Tensor): Node {
  const made = tensor.gradFn;
  if (made !== null) return made as Node;
  return (tensor.accumulator ??= new Node('AccumulateGrad', [], 1, null, null, tensor)) as Node;
}

/** Whether an operation on these inputs is to be recorded. */
export function needsGrad(inputs: readonly (Tensor | null)[]): boolean {
  if (!isGradEnabled()) return false;
  for (let i = 0; i < inputs.length; i++) if (inputs[i]?.requiresGrad) return true;
  return false;
}

/**
 * Records an operation with one result and returns that result. `backward` maps the result's gradient to the
 * inputs' (one for each input, in order) and must be written with differentiable operations.
 */
export function record(
  name: string,
  inputs: readonly (Tensor | null)[],
  out: Tensor,
  backward: BackwardOfOne,
): Tensor {
  if (isGradEnabled()) {
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (input !== null && input.requiresGrad) {
        out.node = new Node(name, inputs, 1, null, backward, null);
        out.wantsGrad = true;
        break;
      }
    }
  }
  return out;
}

/** Records an operation with several results. Unused results arrive in `backward` as null. */
export function recordMany(
  name: string,
  inputs: readonly (Tensor | null)[],
  outs: readonly Tensor[],
  backward: Backward,
): Node | null {
  if (!needsGrad(inputs)) return null;
  const node = new Node(name, inputs, outs.length, backward, null, null);
  for (let i = 0; i < outs.length; i++) {
    const out = outs[i];
    out.node = node;
    out.outputIndex = i;
    out.wantsGrad = true;
  }
  return node;
}

/** A tensor that backward will need, with the version it has now. */
export class Saved {
  private readonly version: number;
  constructor(
    private readonly operation: string,
    private readonly tensor: Tensor,
  ) {
    this.version = tensor.version;
  }

  /** @throws Error when the tensor was changed in place since. */
  get(): Tensor {
    if (this.tensor.version !== this.version) {
      throw new Error(
        `backward: a tensor of shape [${this.tensor.shape.join(', ')}] that ${this.operation} needs for its gradient was changed in place since (version ${this.tensor.version}, saved at ${this.version}); change a clone() instead, or do it before ${this.operation}`,
      );
    }
    return this.tensor;
  }
}

/** Marks a tensor as needed by the backward of `operation`. */
export const save = (operation: string, tensor: Tensor): Saved => new Saved(operation, tensor);
