/**
 * checkpoint: a function whose graph is not kept. It runs with gradients on, so that the leaves it uses are known, and its graph is
 * dropped: one node stands in its place, which knows the arguments and the leaves. In backward the function runs again from the same
 * random numbers, and its gradients are those of that graph (autograd/recompute.ts).
 */
import {
  anything,
  arrayOf,
  boolean,
  checkDepth,
  describe,
  either,
  functionOf,
  isArray,
  isInstance,
  optionsTable,
  rule,
  surplus,
} from '../../check';
import { isGradEnabled } from '../../autograd/mode';
import {
  nextOrder,
  Node,
  nodeOf,
  releaseKept,
  save,
  type Saved,
  type TupleBackward,
} from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { recordTuple } from '../../autograd/tuple';
import { anyModule } from '../../nn/any-module';
import { Module } from '../../nn/module';
import { ValuesAndIndices } from '../../ops/declare/named';
import { defaultGenerator } from '../../random/generator';
import type { DType } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import { sameShape, showShape, type Shape } from '../../tensor/shape';
import { elementStridesOf, sizesOf, setHistory, Tensor } from '../../tensor/tensor';

/** Options of `checkpoint` and `checkpointSequential`. */
export interface CheckpointOptions {
  /** Whether the function draws the same random numbers when it runs again. Default: true. */
  preserveRngState?: boolean;
  /** Accepted as false alone: there is one way, which does what PyTorch does with `use_reentrant=False`. Default: false. */
  useReentrant?: false;
}

export const checkpointOptions = optionsTable<CheckpointOptions>('checkpoint', {
  preserveRngState: boolean.or(true),
  useReentrant: rule<false>(
    'false: there is one way, that of use_reentrant=False in PyTorch',
    (value) => typeof value === 'boolean',
    (value) => !value,
  ).or(false),
});

type Func = (...args: readonly unknown[]) => unknown;
/** What may be checkpointed. */
export const functionOrModule = either<Func | Module>(functionOf<Func>(), anyModule);
const anyArguments = arrayOf(anything, "an array of the function's arguments");

/** A function that calls it. */
export const callable = (given: Func | Module): Func =>
  isInstance(given, Module)
    ? // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own module
      (...args): unknown => (given as { forward: Func }).forward(...args)
    : given;

/** The tensors in arguments: in arrays, nested at will. */
function tensorsOf(value: unknown, found: Set<Tensor>, depth = 0): void {
  checkDepth('checkpoint', 'an argument', depth);
  if (isTensor(value)) found.add(value);
  else if (isArray(value)) for (const each of value) tensorsOf(each, found, depth + 1);
}

/** The tensors of a result, in order. @throws TypeError for what is neither a tensor nor an array of them. */
function resultsOf(value: unknown, found: Tensor[], depth = 0): void {
  checkDepth('checkpoint', 'the result of f', depth);
  if (isTensor(value)) found.push(value);
  else if (isArray(value)) for (const each of value) resultsOf(each, found, depth + 1);
  else if (isInstance(value, ValuesAndIndices)) found.push(value.values, value.indices);
  else if (value !== null && value !== undefined) {
    throw new TypeError(
      `checkpoint: the result of f must be a Tensor or an array of them, got ${isInstance(value, Promise) ? 'a promise; it must not be async' : describe(value)}`,
    );
  }
}

/** The same value with other tensors in it; arrays are copied. */
function replaced(value: unknown, by: (x: Tensor) => Tensor): unknown {
  if (isTensor(value)) return by(value);
  if (isArray(value)) return value.map((each) => replaced(each, by));
  if (isInstance(value, ValuesAndIndices)) {
    return new ValuesAndIndices(by(value.values), by(value.indices));
  }
  return value;
}

const alias = (x: Tensor): Tensor =>
  new Tensor(x.storage, x.dtype, sizesOf(x), elementStridesOf(x), x.offset);

/** What a graph is made of: its leaves, and the nodes that were made from `since` on. */
interface Graph {
  readonly leaves: Set<Tensor>;
  readonly nodes: readonly Node[];
}

/**
 * The graph of `outs` down to `ends`.
 * @throws Error for a tensor from outside that is no leaf: its gradient would have no place to go to.
 */
function graphOf(outs: readonly Tensor[], ends: ReadonlySet<Node>, since: number): Graph {
  const leaves = new Set<Tensor>();
  const seen = new Set<Node>(outs.filter((out) => out.requiresGrad).map(nodeOf));
  const nodes: Node[] = [];
  // A set is walked in order of insertion, what is added meanwhile included.
  for (const node of seen) {
    if (ends.has(node)) continue;
    if (node.leaf !== null) {
      leaves.add(node.leaf);
      continue;
    }
    if (node.order < since) {
      throw new Error(
        `checkpoint: f uses a tensor of shape ${showShape(node.shape)} from outside that requires gradients and was made by an operation (${node.name}); pass it among the arguments`,
      );
    }
    nodes.push(node);
    for (const next of node.next) if (next !== null) seen.add(next);
  }
  return { leaves, nodes };
}

function refuseInside(): never {
  throw new Error(
    'backward: this tensor was made inside of a checkpointed function, whose graph is not kept; use what the function returns',
  );
}

/** Frees what the nodes hold. */
function drop(nodes: readonly Node[]): void {
  for (const node of nodes) {
    node.backward = refuseInside;
    releaseKept(node);
  }
}

interface Signature {
  readonly sizes: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
}
const signature = (x: Tensor): Signature => ({
  sizes: sizesOf(x),
  dtype: x.dtype,
  requiresGrad: x.requiresGrad,
});
const show = ({ sizes, dtype, requiresGrad }: Signature): string =>
  `${dtype} ${showShape(sizes)}${requiresGrad ? '' : ' without a graph'}`;

const deterministic =
  'it must depend on its arguments, the leaves that it uses and the default generator alone';

/** @throws Error unless the second run gave what the first one had. */
function checkAgain(first: readonly Signature[], outs: readonly Tensor[]): void {
  if (outs.length !== first.length) {
    throw new Error(
      `checkpoint: f gave ${first.length} tensors, and ${outs.length} when it ran again in backward; ${deterministic}`,
    );
  }
  for (const [i, before] of first.entries()) {
    const now = signature(outs[i]);
    const same =
      now.dtype === before.dtype &&
      now.requiresGrad === before.requiresGrad &&
      sameShape(now.sizes, before.sizes);
    if (same) continue;
    throw new Error(
      `checkpoint: f gave ${show(before)}, and ${show(now)} when it ran again in backward; ${deterministic}`,
    );
  }
}

/** Calls the function with its arguments, tensors among them replaced. */
type Call = (by: (x: Tensor) => Tensor) => unknown;

const caller =
  (f: Func, args: unknown): Call =>
  (by) =>
    // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own function
    f(...(replaced(args, by) as readonly unknown[]));

/** What backward needs of the first run. */
interface First {
  readonly call: Call;
  /** The tensors among the arguments. */
  readonly inputs: readonly Tensor[];
  readonly leaves: ReadonlySet<Tensor>;
  /** Of the default generator; null unless the second run draws the same. */
  readonly state: ReturnType<typeof defaultGenerator.getState> | null;
  readonly results: readonly Signature[];
}

/** Which results have a graph. */
const taking = (results: readonly Signature[]): number[] =>
  results.flatMap(({ requiresGrad }, i) => (requiresGrad ? [i] : []));

/** The second run, of other values: its results that have a graph. */
function again(
  { call, inputs, leaves, state, results: first }: First,
  values: readonly (Tensor | null)[],
): Tensor[] {
  const place = new Map(inputs.map((x, i) => [x, values[i]!]));
  const from = nextOrder();
  const now = state && defaultGenerator.getState();
  if (state !== null) defaultGenerator.setState(state);
  const results: Tensor[] = [];
  try {
    resultsOf(
      call((x) => place.get(x)!),
      results,
    );
  } finally {
    if (now !== null) defaultGenerator.setState(now);
  }
  checkAgain(first, results);
  const given = new Set(values.flatMap((x) => (x?.requiresGrad === true ? [nodeOf(x)] : [])));
  for (const leaf of graphOf(results, given, from).leaves) {
    if (leaves.has(leaf)) continue;
    throw new Error(
      `checkpoint: f used a leaf of shape ${showShape(sizesOf(leaf))} only when it ran again in backward; ${deterministic}`,
    );
  }
  return taking(first).map((i) => results[i]);
}

/** The backward of the node. A closure of `run` would keep the results too. */
function backwardOf(first: First, saved: readonly Saved[]): TupleBackward {
  const leaves = [...first.leaves];
  const savedLeaves = leaves.map((x) => save('checkpoint', x));
  return (grads, node) => {
    const values = saved.map((each) => each.get());
    for (const each of savedLeaves) each.get();
    return recompute(node, values, leaves, grads, (xs) => again(first, xs));
  };
}

/** `f(…args)` with one node in place of its graph. */
export function run(f: Func, args: readonly unknown[], preserve: boolean): unknown {
  executor.refuse(
    'checkpoint',
    'each run keeps what its backward reads; compile what is inside of it',
  );
  // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own function
  if (!isGradEnabled()) return f(...args);
  const found = new Set<Tensor>();
  tensorsOf(args, found);
  const inputs = [...found];
  // Before the function runs, which may change them.
  const saved = inputs.map((x) => save('checkpoint', x));
  const state = preserve ? defaultGenerator.getState() : null;
  const call = caller(
    f,
    replaced(args, (x) => x),
  );

  const since = nextOrder();
  const ends = new Set<Node>();
  const aliases = new Map<Tensor, Tensor>();
  for (const x of inputs) {
    if (!x.requiresGrad) continue;
    const made = alias(x);
    const node = new Node('AliasBackward0', [null], sizesOf(x), x.dtype, refuseInside, null);
    setHistory(made, node, true);
    ends.add(node);
    aliases.set(x, made);
  }
  const result = call((x) => aliases.get(x) ?? x);
  for (const [i, x] of inputs.entries()) {
    if (!x.requiresGrad || !saved[i].isChanged) continue;
    throw new Error(
      `checkpoint: f changed an argument of shape ${showShape(sizesOf(x))} in place, which requires gradients; change a clone() of it instead`,
    );
  }
  const made: Tensor[] = [];
  resultsOf(result, made);
  const { leaves, nodes } = graphOf(made, ends, since);
  const results = made.map(signature);
  drop(nodes);
  const outs = made.map((out) => (out.requiresGrad ? alias(out) : out));
  recordTuple(
    'CheckpointBackward',
    [...inputs, ...leaves],
    taking(results).map((i) => outs[i]),
    backwardOf({ call, inputs, leaves, state, results }, saved),
  );
  let next = 0;
  return replaced(result, () => outs[next++]);
}

/**
 * Computes `f(…args)` without keeping what its backward needs (torch.utils.checkpoint.checkpoint, with `use_reentrant=False`): memory for
 * time. Backward runs `f` again, with the same random numbers of the default generator, and computes the gradients of the arguments and of
 * every leaf that `f` uses. It may be nested, and its gradients can be differentiated.
 * @param f a function or a Module, which gives the same whenever it is called with the same arguments
 * @param args its arguments, in an array: tensors, arrays of them, and anything else
 * @returns what `f` returns: a tensor, or an array of them, nested at will
 * @throws TypeError for what is no function, no array and no option, and for another result; Error where `f` uses a tensor with a graph
 * that is not among `args`, and where it changes one that requires gradients in place; at backward, Error where `f` does not give the same shapes again, and where an argument was changed in place.
 * @example
 * const layer = new nn.LSTM(4, 8);
 * const x = randn([500, 2, 4]);
 * const y = utils.checkpoint.checkpoint((input) => layer.forward(input)[0], [x]);
 * y.square().mean().backward();
 * layer.weight_hh_l0.grad!.shape; // [32, 8]
 */
export function checkpoint<M extends Module>(
  f: M,
  args: Readonly<Parameters<M['forward']>>,
  options?: CheckpointOptions,
): ReturnType<M['forward']>;
export function checkpoint<const A extends readonly unknown[], R>(
  f: (...args: A) => R,
  args: A,
  options?: CheckpointOptions,
): R;
export function checkpoint(f: unknown, args: unknown, options?: CheckpointOptions): unknown {
  if (arguments.length > 3) surplus('checkpoint', arguments, 3, 'options');
  const { preserveRngState } = checkpointOptions.read(options);
  const given = functionOrModule.check('checkpoint', 'f', f);
  const list = anyArguments.check('checkpoint', 'args', args);
  return run(callable(given), list, preserveRngState);
}
