/**
 * Optimizer: parameter groups, per-parameter state, and both as a state dict. How a group is updated is each
 * optimizer's own file.
 */
import {
  boolean,
  functionOf,
  isIterable,
  iterated,
  markCopy,
  optionsTable,
  refuse,
  refuseAbstract,
  refuseOption,
  Snapshot,
  surplus,
} from '../check';
import { clearGrad } from '../autograd/clear';
import { setGradMode, withGradMode } from '../autograd/mode';
import { isFloat } from '../tensor/dtype';
import { executor } from '../tensor/executor';
import { overlaps, sameShape, showShape } from '../tensor/shape';
import { deepcopy, refuseCopy, type Copying } from '../tensor/deepcopy';
import { isTensor } from '../tensor/rules';
import { accumulatedOf, sizesOf, elementStridesOf, type Tensor } from '../tensor/tensor';
import { bindRate } from './rate';
import { packState, unpackState, type OptimizerStateDict } from './state';
import { dense } from '../ops/kernels/copy';

/** What every optimizer's groups have. */
export interface CommonOptions {
  /**
   * Learning rate: a number, or a tensor of one element, which is read at each step and written by schedules. Default: each
   * optimizer's own.
   */
  lr?: number | Tensor;
}

/** Parameters that are updated with the same options. */
export type ParamGroup<O extends CommonOptions> = Required<O> & {
  params: Tensor[];
  /** The rate, also where it is a tensor's. */
  lr: number;
  /** The rate that a learning rate scheduler started from. */
  initialLr?: number;
};

/** A group as a user gives it: options that are left out take the optimizer's. */
export type GroupInit<O extends CommonOptions> = O & { params: Iterable<Tensor> | Tensor };

/** What an optimizer's constructor takes first: parameters, or groups of them. */
export type Params<O extends CommonOptions> = Iterable<Tensor> | Iterable<GroupInit<O>>;

/** An optimizer's state of a parameter, by PyTorch's names in camelCase. */
export type ParamState = Record<
  string,
  Tensor | number | null | readonly Tensor[] | readonly number[]
>;

/** One parameter of a group that has a gradient. */
export interface Update<S> {
  /** The parameter. */
  readonly param: Tensor;
  /** Its gradient, contiguous. */
  readonly grad: Tensor;
  /** Its state. */
  readonly state: S;
}

/** Options of `Optimizer.zeroGrad`. */
export interface ZeroGradOptions {
  /** Whether gradients become null, instead of zeros. Default: true. */
  setToNone?: boolean;
}

const parameterLists = 'parameters (model.parameters()) or groups [{ params, … }]';
const zeroGradOptions = optionsTable<ZeroGradOptions>('zeroGrad', { setToNone: boolean.or(true) });
const anyClosure = functionOf('a function that computes the loss');

/**
 * Base class of all optimizers (torch.optim.Optimizer): parameter groups with options, and the state of each
 * parameter. A subclass says how a group is updated.
 *
 * @throws RangeError for no parameters, one that is there twice, an option out of range; TypeError for what is no float
 * tensor or no option; Error for a tensor that an operation made.
 * @example
 * const w = new nn.Parameter(ones([2]));
 * const optimizer: optim.Optimizer = new optim.SGD([w], { lr: 0.1 });
 * w.square().sum().backward();
 * optimizer.step();
 * w.toArray(); // [0.8, 0.8]
 */
export abstract class Optimizer<
  O extends CommonOptions = CommonOptions,
  S extends ParamState = ParamState,
> {
  /** Options may be changed at any time: `optimizer.paramGroups[0].lr = 0.01`. */
  readonly paramGroups: ParamGroup<O>[] = [];
  /** The state of each parameter that was updated. */
  readonly state = new Map<Tensor, S>();
  /** The options of a group that does not give its own. */
  readonly defaults: Readonly<Required<O>>;
  /** @internal How often `step` was called: a scheduler warns when it is not. */
  updates = 0;
  // Of each group, when its options were checked last: nearly always they are what they were at the step before.
  readonly #checked: Snapshot[] = [];

  /**
   * @param params parameters, or groups of them with options of their own
   * @param defaults the options of a group that does not give its own
   */
  constructor(params: Params<O>, defaults: Required<O>) {
    refuseAbstract(new.target, Optimizer, 'use SGD, Adam and the like, or a subclass with checkOptions, newState and update', [
      'checkOptions',
      'newState',
      'update',
    ]); // prettier-ignore
    this.defaults = defaults;
    this.checkOptions(defaults);
    if (isTensor(params)) refuse(this.name, 'params', parameterLists, params);
    const list = listOf(this.name, params);
    if (list.length === 0) {
      throw new RangeError(`${this.name}: got an empty list of parameters`);
    }
    if (list.some((item) => isGroup(item))) {
      for (const group of list) this.addParamGroup(group as GroupInit<O>);
    } else this.addParamGroup({ params: list as Tensor[] } as unknown as GroupInit<O>);
  }

  /** @internal @throws TypeError always. */
  [deepcopy.custom](copy: Copying, where: () => string): never {
    void copy;
    refuseCopy(
      this,
      where,
      "which updates the parameters that it was made with; make one of the copy's parameters and load this one's stateDict()",
    );
  }

  /** The class's name, for errors. */
  protected get name(): string {
    return this.constructor.name;
  }

  /** @throws TypeError, RangeError for an option of the wrong kind or out of range. */
  protected abstract checkOptions(options: Readonly<Required<O>>): void;

  /** The state of a parameter before its first update. */
  protected abstract newState(param: Tensor, group: ParamGroup<O>): S;

  /**
   * Checks what is remembered of a parameter, which the user can change, before it is used. Here: nothing.
   * @throws TypeError, RangeError for what does not fit the parameter.
   */
  protected checkState(param: Tensor, state: S): void {
    void [param, state];
  }

  /** Updates the parameters of `group` that have gradients. Nothing is recorded here. */
  protected abstract update(updates: readonly Update<S>[], group: ParamGroup<O>): void;

  /**
   * Adds a group with options of its own (torch.optim.Optimizer.add_param_group).
   * @throws TypeError for what is no group or no option; RangeError for an option out of range and a parameter that is
   * there already.
   */
  addParamGroup(init: GroupInit<O>): void {
    if (arguments.length > 1) surplus(`${this.name}.addParamGroup`, arguments, 1, 'init');
    if (!isGroup(init)) refuse(this.name, 'a parameter group', 'an object { params, … }', init);
    this.checkGroups();
    const given = Object.entries(init).filter(([, value]) => value !== undefined);
    const names = Object.keys(this.defaults);
    for (const [name] of given) {
      if (names.includes(name) || name === 'params' || name === 'initialLr') continue;
      refuseOption(this.name, name, names);
    }
    const params = listOf(this.name, init.params) as Tensor[];
    const group = {
      ...this.defaults,
      ...Object.fromEntries(given),
      params,
    } as unknown as ParamGroup<O>;
    this.checkOptions(group);
    bindRate(this.name, group);
    const taken = new Set(this.paramGroups.flatMap((other) => other.params));
    for (const [i, param] of params.entries()) {
      checkParam(this.name, i, param);
      if (taken.has(param)) {
        throw new RangeError(
          `${this.name}: parameter ${i} of the group (shape ${showShape(sizesOf(param))}) is there already; each parameter belongs to one group, once`,
        );
      }
      taken.add(param);
    }
    this.paramGroups.push(group);
  }

  /**
   * Clears all gradients (or, with `setToNone: false`, fills them with zeros).
   * @throws TypeError for options that are none.
   */
  zeroGrad(options?: ZeroGradOptions): void {
    if (arguments.length > 1) surplus(`${this.name}.zeroGrad`, arguments, 1, 'options');
    const { setToNone } = zeroGradOptions.read(options);
    for (const group of this.paramGroups) {
      for (const param of group.params) clearGrad(param, setToNone);
    }
  }

  /**
   * Updates every parameter that has a gradient. `closure`, when given, is called first, with recording on, to compute
   * the loss again; its result is returned.
   * @throws TypeError, RangeError when a gradient's shape or type is not its parameter's, and for an option that was changed
   * to what it must not be, and for a state that was changed to what does not fit its parameter.
   */
  step(): undefined;
  step<R>(closure: () => R): R;
  step<R>(closure?: () => R): R | undefined {
    if (arguments.length > 1) surplus(`${this.name}.step`, arguments, 1, 'closure');
    // The name of a class takes longer to ask for than the state of a parameter to check.
    if (executor.isTrace) {
      executor.refuse(`${this.name}.step`, 'it changes parameters and states; call it outside');
    }
    if (closure !== undefined) anyClosure.check(`${this.name}.step`, 'closure', closure);
    const groups = this.paramGroups;
    if (!Array.isArray(groups)) refuse(`${this.name}.step`, 'paramGroups', 'an array', groups);
    const gradMode = setGradMode(false);
    try {
      return this.advance(closure);
    } finally {
      setGradMode(gradMode);
    }
  }

  /** @internal The step itself, where nothing is recorded but in the closure. */
  protected advance<R>(closure: (() => R) | undefined): R | undefined {
    const loss = closure === undefined ? undefined : withGradMode(true, closure);
    this.#updateAll();
    this.updates++;
    return loss;
  }

  #updateAll(): void {
    const groups = this.paramGroups;
    // All options and gradients are checked before any parameter changes.
    const updates: Update<S>[][] = [];
    for (let i = 0; i < groups.length; i++) updates.push(this.#collect(i));
    for (let i = 0; i < groups.length; i++) {
      if (updates[i].length > 0) this.update(updates[i], groups[i]);
    }
  }

  /** @internal @throws RangeError where there may be no other group. */
  protected checkGroups(): void {
    // Any number of them.
  }

  /** @internal Checks options and parameters of group i that were changed since. */
  protected checkChanged(i: number): void {
    if (!(this.state instanceof Map)) refuse(`${this.name}.step`, 'state', 'a Map', this.state);
    const group = this.paramGroups[i];
    const checked = (this.#checked[i] ??= new Snapshot());
    if (checked.matches(group)) return;
    bindRate(`${this.name}.step`, group);
    this.checkOptions(group);
    if (!Array.isArray(group.params)) refuse(this.name, 'params', 'an array', group.params);
    for (const [p, param] of group.params.entries()) checkParam(this.name, p, param);
    checked.take(group);
  }

  #gradientOf(param: Tensor, i: number): Tensor | null {
    try {
      return accumulatedOf(param);
    } catch (error) {
      // Somebody has put into the group what is no tensor.
      this.checkChanged(i);
      throw error;
    }
  }

  #collect(i: number): Update<S>[] {
    const group = this.paramGroups[i];
    const params = (group as ParamGroup<O> | undefined)?.params;
    if (!Array.isArray(params)) this.checkChanged(i);
    const updates: Update<S>[] = [];
    for (const param of params as readonly Tensor[]) {
      const grad = this.#gradientOf(param, i);
      if (grad === null) continue;
      // Without gradients nothing reads the options.
      if (updates.length === 0) this.checkChanged(i);
      if (!sameShape(sizesOf(grad), sizesOf(param))) {
        throw new RangeError(
          `${this.name}.step: a parameter of shape ${showShape(sizesOf(param))} has a gradient of shape ${showShape(sizesOf(grad))}`,
        );
      }
      if (grad.dtype !== param.dtype) {
        throw new TypeError(
          `${this.name}.step: a ${param.dtype} parameter has a ${grad.dtype} gradient; zeroGrad() and compute it again`,
        );
      }
      let state = this.state.get(param);
      if (state === undefined || state === null) {
        state = this.newState(param, group);
        this.state.set(param, state);
      } else this.checkState(param, state);
      updates.push({ param, grad: dense(grad), state });
    }
    return updates;
  }

  /**
   * State and options in PyTorch's structure and names: `state` by the parameter's number, `param_groups`
   * with the numbers of their parameters (torch.optim.Optimizer.state_dict). Tensors share memory.
   */
  stateDict(): OptimizerStateDict {
    if (arguments.length > 0) surplus(`${this.name}.stateDict`, arguments, 0);
    return packState(this.paramGroups, this.state);
  }

  /**
   * Loads the state dict of an optimizer of the same class and the same parameters: states are
   * copied, options replaced.
   * @throws RangeError or TypeError that lists everything that does not fit; nothing is changed then.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    if (arguments.length > 1) surplus(`${this.name}.loadStateDict`, arguments, 1, 'dict');
    const { groups, states } = unpackState(
      this.name,
      dict,
      this.paramGroups,
      (param, group) => this.newState(param, group),
      (options) => this.checkOptions(options),
    );
    groups.forEach((options, i) => Object.assign(this.paramGroups[i], options));
    this.state.clear();
    for (const [param, state] of states) this.state.set(param, state);
  }

  /** The groups and their options, as PyTorch prints them. */
  toString(): string {
    if (arguments.length > 0) surplus(`${this.name}.toString`, arguments, 0);
    const groups = this.paramGroups.map((group, i) => {
      const options = Object.entries(group).filter(([key]) => key !== 'params');
      const lines = options.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`).sort();
      return `Parameter Group ${i}\n${lines.join('\n')}`;
    });
    return `${this.name} (\n${groups.join('\n\n')}\n)`;
  }
}

markCopy(Optimizer, 'Optimizer');

function isGroup(item: unknown): item is { params: unknown } {
  try {
    return typeof item === 'object' && item !== null && !isTensor(item) && 'params' in item;
  } catch {
    return false;
  }
}

function listOf(operation: string, items: unknown): unknown[] {
  if (isTensor(items)) return [items];
  if (!isIterable(items)) {
    refuse(operation, 'params', parameterLists, items);
  }
  return [...iterated(operation, 'params', items)];
}

function checkParam(operation: string, i: number, param: unknown): asserts param is Tensor {
  if (!isTensor(param)) refuse(operation, `parameter ${i}`, 'a Tensor', param);
  if (!isFloat(param.dtype)) {
    throw new TypeError(`${operation}: parameter ${i} is ${param.dtype}; only floats are learned`);
  }
  if (!param.isLeaf) {
    throw new Error(
      `${operation}: parameter ${i} was made by an operation; optimize the leaf that it was made of`,
    );
  }
  if (!param.contiguousLayout && overlaps(sizesOf(param), elementStridesOf(param))) {
    throw new RangeError(
      `${operation}: several elements of parameter ${i} (shape ${showShape(sizesOf(param))}) refer to one memory location, where an update has one value; optimize a clone()`,
    );
  }
}
