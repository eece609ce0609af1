/**
 * Operations of the user's own: a class with `forward` and `backward`. What they save is checked for changes like that of the operations
 * that are there; what backward allocates and is given is the user's (tensor/pool.ts).
 */
import { arrayOf, boolean, describe, guardMethods, refuse, surplus, withName } from '../check';
import { isFloat } from '../tensor/dtype';
import { Owner } from '../tensor/memory';
import { escape, setOwner } from '../tensor/pool';
import { anyTensor, isTensor } from '../tensor/rules';
import { elementStridesOf, sizesOf, elementsOf, empty, Tensor } from '../tensor/tensor';
import { fitGradient, type Kind } from './checks';
import { isGradEnabled, withGradMode } from './mode';
import { attachNode, needsGrad, save, type Gradients, type Saved } from './node';
import { recordTuple } from './tuple';

type Outputs = Tensor | readonly Tensor[];

const tensorsOrNull = arrayOf(anyTensor.orNull);
const tensors = arrayOf(anyTensor, 'a tensor or an array of tensors');
const anyGradients = arrayOf(
  anyTensor.orNull,
  'a gradient for each argument of forward: a tensor, or null',
);

/**
 * What a custom function's `forward` and `backward` share. Fields of one's own may be put on it.
 * @example
 * const scaled = (ctx: autograd.FunctionContext, x: Tensor): Tensor => {
 *   ctx['scale'] = 2;
 *   ctx.saveForBackward(x);
 *   return x.mul(2);
 * };
 */
export class FunctionContext {
  [name: string]: unknown;

  /** For each argument of `apply`, whether a gradient is wanted. */
  readonly needsInputGrad: readonly boolean[];
  readonly #name: string;
  #saved: readonly (Saved | null)[] = [];
  #materialize = true;
  readonly #nonDifferentiable = new Set<Tensor>();

  /** @internal */
  constructor(name: string, needsInputGrad: readonly boolean[]) {
    this.#name = name;
    this.needsInputGrad = needsInputGrad;
  }

  /**
   * Keeps inputs or outputs for `backward` (save_for_backward), where a change in place since is an error. Called once, in `forward`.
   * @throws TypeError for what is neither a tensor nor null.
   */
  saveForBackward(...given: (Tensor | null)[]): void {
    const list = tensorsOrNull.check(`${this.#name}.saveForBackward`, 'tensors', given);
    this.#saved = list.map((x) => x && save(this.#name, x));
  }

  /**
   * What `saveForBackward` was given (saved_tensors).
   * @throws Error when one was changed in place since.
   */
  get savedTensors(): readonly Tensor[] {
    return this.#saved.map((one) => (one === null ? null : one.get())) as readonly Tensor[];
  }

  /**
   * Outputs that no gradient goes through (mark_non_differentiable). Those of integers and booleans never have one.
   * @throws TypeError for what is no tensor.
   */
  markNonDifferentiable(...outputs: Tensor[]): void {
    const list = tensors.check(`${this.#name}.markNonDifferentiable`, 'outputs', outputs);
    for (const one of list) this.#nonDifferentiable.add(one);
  }

  /**
   * Whether gradients of outputs that none arrived for are zeros in `backward`, instead of null (set_materialize_grads). Default: true.
   * @throws TypeError for what is no boolean.
   */
  setMaterializeGrads(value: boolean): void {
    if (arguments.length > 1) {
      surplus(`${this.#name}.setMaterializeGrads`, arguments, 1, 'value');
    }
    this.#materialize = boolean.check(`${this.#name}.setMaterializeGrads`, 'value', value);
  }

  /** @internal */
  get materializes(): boolean {
    return this.#materialize;
  }

  /** @internal */
  isDifferentiable(output: Tensor): boolean {
    return isFloat(output.dtype) && !this.#nonDifferentiable.has(output);
  }
}

/** A class that `Function.apply` takes: `forward` gets the context and the arguments, `backward` the context and the outputs' gradients. */
export interface FunctionClass<A extends readonly unknown[], R extends Outputs> {
  /** For messages and the node's name. */
  readonly name: string;
  /** Whether `backward` is not to be differentiated. */
  readonly onceDifferentiable?: boolean;
  /** The result, or several, of the arguments of `apply`; nothing that it does is recorded. */
  forward(ctx: FunctionContext, ...args: A): R;
  /** The gradients of the arguments, from those of the results. */
  backward(
    ctx: FunctionContext,
    ...gradOutputs: Tensor[]
  ): Tensor | null | readonly (Tensor | null)[];
}

/** The same with a `forward` that knows no context: `setupContext` fills it from the arguments and the result. */
export interface FunctionClassWithSetup<
  A extends readonly unknown[],
  R extends Outputs,
> extends Omit<FunctionClass<A, R>, 'forward'> {
  /** The result, or several, of the arguments of `apply`; nothing that it does is recorded. */
  forward(...args: A): R;
  /** Saves what `backward` needs (setup_context). */
  setupContext(ctx: FunctionContext, inputs: A, output: R): void;
}

/**
 * An operation with a gradient of its own (torch.autograd.Function): a subclass has static `forward(ctx, …args)`, which returns a tensor or
 * an array of them, and static `backward(ctx, …gradOutputs)`, which returns a gradient for each argument, null for what is no tensor or
 * needs none (of one argument: the gradient alone). A gradient is converted to its argument's element type, and one of a shape that the
 * argument broadcasts to is summed, as PyTorch's engine does. `MyFunction.apply(…args)` calls it. `backward` is differentiated itself where it is
 * written in tensor operations; `static onceDifferentiable = true` says that it is not. With a static `setupContext(ctx, inputs, output)`, which
 * saves what `backward` needs, `forward` gets the arguments alone.
 * @example
 * class Cube extends autograd.Function {
 *   static forward(ctx: autograd.FunctionContext, x: Tensor): Tensor {
 *     ctx.saveForBackward(x);
 *     return x.pow(3);
 *   }
 *   static backward(ctx: autograd.FunctionContext, gradOutput: Tensor): Tensor {
 *     const [x] = ctx.savedTensors;
 *     return gradOutput.mul(x.square().mul(3));
 *   }
 * }
 * const x = tensor([1, 2], { requiresGrad: true });
 * Cube.apply(x).sum().backward();
 * x.grad!.toArray(); // [3, 12]
 */
export abstract class Function {
  static {
    // A bundler may give it another one, since Function is a global name.
    withName('Function', this);
  }

  /**
   * Calls `forward`, without recording what it does, and records `backward` in its place where an argument requires gradients.
   * @throws TypeError for a class without forward and backward, and results that are no tensors; at backward, TypeError for what is no
   * gradient and RangeError for one whose shape does not fit its argument.
   */
  static apply<A extends readonly unknown[], R extends Outputs>(
    this: FunctionClassWithSetup<A, R>,
    ...args: A
  ): R;
  static apply<A extends readonly unknown[], R extends Outputs>(
    this: FunctionClass<A, R>,
    ...args: A
  ): R;
  static apply<A extends readonly unknown[], R extends Outputs>(
    this: FunctionClass<A, R> | FunctionClassWithSetup<A, R>,
    ...args: A
  ): R {
    if (typeof (this as unknown) !== 'function') {
      throw new TypeError('Function.apply: must be called on a class, as MyFunction.apply(x)');
    }
    const { name } = this;
    for (const method of ['forward', 'backward'] as const) {
      const given: unknown = Reflect.get(this, method);
      if (typeof given !== 'function') refuse(name, `static ${method}`, 'a function', given);
    }
    const setup: unknown = Reflect.get(this, 'setupContext');
    if (setup !== undefined && typeof setup !== 'function') {
      refuse(name, 'static setupContext', 'a function', setup);
    }
    const inputs = args.map((each) => (isTensor(each) ? each : null));
    const recorded = needsGrad(inputs);
    const ctx = new FunctionContext(
      name,
      inputs.map((x) => recorded && x !== null && x.requiresGrad),
    );
    const result = withGradMode(false, () => outputsOf(this, ctx, args));
    if (isTensor(result) && !recorded) return result;
    const operation = `${name}.forward`;
    const list = isTensor(result) ? [result] : tensors.check(operation, 'the result', result);
    if (!recorded) return result;
    const outs = list.map((out) => (inputs.includes(out) || out.requiresGrad ? alias(out) : out));
    // As they are now: a leaf may be converted before backward.
    const kinds = inputs.map((x, i) => (ctx.needsInputGrad[i] && x !== null ? kindOf(x) : null));
    const taking = list.flatMap((out, i) => (ctx.isDifferentiable(out) ? [i] : []));
    const backward = (grads: readonly (Tensor | null)[]): Gradients => {
      const given: (Tensor | null)[] = outs.map(() => null);
      taking.forEach((at, i) => (given[at] = grads[i]));
      return gradientsOf(this, ctx, given, outs, args, kinds);
    };
    recordTuple(
      `${name}Backward`,
      inputs,
      taking.map((i) => outs[i]),
      backward,
    );
    return (isTensor(result) ? outs[0] : outs) as R;
  }
}

const hasSetup = <A extends readonly unknown[], R extends Outputs>(
  Class: FunctionClass<A, R> | FunctionClassWithSetup<A, R>,
): Class is FunctionClassWithSetup<A, R> => Reflect.get(Class, 'setupContext') !== undefined;

/* eslint-disable no-restricted-syntax -- the parameters of the user's own function */
function outputsOf<A extends readonly unknown[], R extends Outputs>(
  Class: FunctionClass<A, R> | FunctionClassWithSetup<A, R>,
  ctx: FunctionContext,
  args: A,
): R {
  if (!hasSetup(Class)) return Class.forward(ctx, ...args);
  const output = Class.forward(...args);
  Class.setupContext(ctx, args, output);
  return output;
}
/* eslint-enable no-restricted-syntax */

const kindOf = (x: Tensor): Kind => ({ sizes: sizesOf(x), dtype: x.dtype });

/** The same memory without history. */
function alias(x: Tensor): Tensor {
  return new Tensor(x.storage, x.dtype, sizesOf(x), elementStridesOf(x), x.offset);
}

function zerosOf(x: Tensor): Tensor {
  const out = empty(sizesOf(x), x.dtype);
  elementsOf(out, out.numel).fill(0);
  return out;
}

function gradientsOf<A extends readonly unknown[], R extends Outputs>(
  Class: Pick<FunctionClass<A, R>, 'name' | 'onceDifferentiable' | 'backward'>,
  ctx: FunctionContext,
  given: readonly (Tensor | null)[],
  outs: readonly Tensor[],
  args: A,
  kinds: readonly (Kind | null)[],
): Gradients {
  const operation = `${Class.name}.backward`;
  const owner = setOwner(Owner.user);
  let result: unknown;
  const once = Class.onceDifferentiable === true;
  try {
    const grads = given.map((g, i) => g ?? (ctx.materializes ? zerosOf(outs[i]) : null));
    for (const g of grads) if (g !== null) escape(g.storage);
    // eslint-disable-next-line no-restricted-syntax -- the parameters of the user's own function
    const run = (): unknown => Class.backward(ctx, ...(grads as Tensor[]));
    result = once ? withGradMode(false, run) : run();
  } finally {
    setOwner(owner);
  }
  const list = anyGradients.check(
    operation,
    'the result',
    result === null || result === undefined || isTensor(result) ? [result ?? null] : result,
  );
  if (list.length < args.length || list.slice(args.length).some((g) => g !== null)) {
    throw new RangeError(
      `${operation}: the result must have a gradient or null for each of the ${args.length} arguments, got ${list.length}`,
    );
  }
  for (const [i, g] of list.entries()) {
    if (g === null) continue;
    if (!isTensor(args[i])) {
      throw new TypeError(
        `${operation}: argument ${i} is no tensor, so its gradient must be null, got ${describe(g)}`,
      );
    }
    escape(g.storage);
  }
  const wanted = kinds.map((kind, i) => {
    const g = list[i];
    return g !== null && kind !== null ? fitGradient(operation, i, g, kind) : null;
  });
  return once && isGradEnabled()
    ? wanted.map((g) => g && final(Class.name, g, given, args))
    : wanted;
}

/** A gradient that refuses to be differentiated. */
function final(
  name: string,
  g: Tensor,
  given: readonly (Tensor | null)[],
  args: readonly unknown[],
): Tensor {
  const inputs = [...given, ...args].filter((x) => isTensor(x));
  if (!needsGrad(inputs)) return g;
  return attachNode(`${name}Backward`, inputs, alias(g), () => {
    throw new Error(
      `backward: ${name} is marked onceDifferentiable; write its backward in tensor operations to differentiate it twice`,
    );
  });
}

guardMethods(FunctionContext.prototype);
