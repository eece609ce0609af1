/**
 * Backward hooks: the tensors that go into a forward and those that come out of it pass through an identity whose backward
 * knows both sides: gradOutput arrives at that of the outputs, gradInput at that of the inputs.
 */
import { describe, isArray } from '../check';
import { Function, type FunctionContext } from '../autograd/function';
import { isGradEnabled } from '../autograd/mode';
import { isTensor } from '../tensor/rules';
import { expandsTo, showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';

/** A gradient for each value, null where there is none. */
export type Grads = readonly (Tensor | null)[];

// What a hook may give back: gradients in place of those that it got, or nothing.
type Changed = Tensor | Grads | null | undefined | void;

/** A hook of modules M when backward has passed them; what it returns replaces `gradInput`. */
export type HookAfterBackward<M> = (module: M, gradInput: Grads, gradOutput: Grads) => Changed;

/** A hook of modules M when backward comes to them; what it returns replaces `gradOutput`. */
export type HookBeforeBackward<M> = (module: M, gradOutput: Grads) => Changed;

type Passed = (grads: Grads) => Grads;

/** The identity; `passed` gets the gradients of the results and gives those of the arguments. */
class BackwardHookFunction extends Function {
  static forward(ctx: FunctionContext, passed: Passed, ...given: Tensor[]): Tensor[] {
    ctx.setMaterializeGrads(false);
    ctx['passed'] = passed;
    return given;
  }

  static backward(ctx: FunctionContext, ...grads: (Tensor | null)[]): (Tensor | null)[] {
    return [null, ...(ctx['passed'] as Passed)(grads)];
  }
}

/** `values` with its tensors passed through the identity. */
function passing(values: readonly unknown[], passed: Passed): unknown[] {
  const places = values.flatMap((value, i) => (isTensor(value) ? [i] : []));
  const results = [...values];
  if (places.length === 0) return results;
  const through = BackwardHookFunction.apply<[Passed, ...Tensor[]], Tensor[]>(
    (grads: Grads) => {
      const all: (Tensor | null)[] = values.map(() => null);
      places.forEach((place, i) => (all[place] = grads[i]));
      const given = passed(all);
      return places.map((place) => given[place]);
    },
    // eslint-disable-next-line no-restricted-syntax -- what forward takes, or returns
    ...places.map((place) => values[place] as Tensor),
  );
  places.forEach((place, i) => (results[place] = through[i]));
  return results;
}

/**
 * What a hook of `module` makes of gradients.
 * @param values those that the gradients are of
 * @param what one of them is called
 */
function changedBy(
  operation: string,
  module: object,
  [values, what]: readonly [values: readonly unknown[], what: string],
  grads: Grads,
  changed: Changed,
): Grads {
  if (changed === undefined || changed === null) return grads;
  const list = isTensor(changed) ? [changed] : changed;
  if (!isArray(list) || !list.every((each) => each === null || isTensor(each))) {
    throw new TypeError(
      `${operation}: a hook of ${module.constructor.name} must return a gradient for each ${what}, as an array of tensors and nulls, or nothing, got ${describe(changed)}`,
    );
  }
  if (list.length !== grads.length) {
    throw new RangeError(
      `${operation}: a hook of ${module.constructor.name} returned ${list.length} gradients, but there are ${grads.length}`,
    );
  }
  for (const [i, grad] of list.entries()) {
    const value = values[i];
    if (grad === null || !isTensor(value)) continue;
    const [shape, got] = [sizesOf(value), sizesOf(grad)];
    if (expandsTo(shape, got)) continue;
    throw new RangeError(
      `${operation}: gradient ${i} of a hook of ${module.constructor.name} must have the shape ${showShape(shape)} of its ${what}, or one that ${showShape(shape)} broadcasts to, got ${showShape(got)}`,
    );
  }
  return list;
}

const needsGradient = (value: unknown): boolean => isTensor(value) && value.requiresGrad;

/** One call of a module's forward between the two identities. */
export class HookedCall {
  #gradOutput: Grads = [];
  #inputs: unknown[] = [];

  constructor(
    private readonly module: object,
    private readonly before: readonly HookBeforeBackward<object>[],
    private readonly after: readonly HookAfterBackward<object>[],
  ) {}

  /** The arguments of forward. */
  inputs(given: unknown[]): unknown[] {
    this.#inputs = given;
    if (!isGradEnabled() || !given.some(needsGradient)) return given;
    return passing(given, (grads) => this.#passed(grads));
  }

  /** The result of forward: a tensor or an array, of which the tensors count. */
  output(result: unknown): unknown {
    const list = isTensor(result) ? [result] : result;
    if (!isGradEnabled() || !isArray(list) || !list.some(needsGradient)) return result;
    const reachesInputs = this.#inputs.some(needsGradient);
    const through = passing(list, (grads) => {
      let all = grads;
      for (const hook of this.before) {
        const changed = hook(this.module, all);
        all = changedBy('registerFullBackwardPreHook', this.module, [list, 'output'], all, changed);
      }
      this.#gradOutput = all;
      // Else the inputs' own backward comes later.
      if (!reachesInputs) this.#passed(this.#inputs.map(() => null));
      return all;
    });
    return isTensor(result) ? through[0] : through;
  }

  #passed(grads: Grads): Grads {
    let all = grads;
    for (const hook of this.after) {
      const changed = hook(this.module, all, this.#gradOutput);
      const inputs = [this.#inputs, 'input'] as const;
      all = changedBy('registerFullBackwardHook', this.module, inputs, all, changed);
    }
    return all;
  }
}
