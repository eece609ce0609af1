/**
 * The state of a module: the parameters and buffers that it and the modules below it hold in public fields, their names,
 * gradients, element type and memory. The tree and the call of a module are module.ts, walks module-tree.ts, state dicts state.ts.
 */
import { boolean, isInstance, isMade, refuse, string, surplus } from '../check';
import { clearGrad } from '../autograd/clear';
import { fill, type Copying } from '../tensor/deepcopy';
import type { DType } from '../tensor/dtype';
import { executor } from '../tensor/executor';
import { isTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import { convertTo, moveAllToShared } from './conversion';
import { HeldFields, refuseField } from './held-fields';
import { bufferAt, parameterAt } from './member-path';
import {
  bufferOptions,
  parametersOptions,
  stateDictOptions,
  walkOptions,
  zeroGradOptions,
  type BufferOptions,
  type ParametersOptions,
  type StateDictOptions,
  type WalkOptions,
  type ZeroGradOptions,
} from './module-options';
import { namedIn, parametersIn } from './module-tree';
import { Parameter } from './parameter';
import { loadStateDict, stateDict, type LoadOptions, type LoadResult } from './state';

/** A name as a field and a key of the state dict may have it. */
export function checkName(operation: string, name: unknown): void {
  string.check(operation, 'name', name);
  if (name !== '' && !(name as string).includes('.')) return;
  refuse(operation, 'name', 'a string of at least one character without dots', name, RangeError);
}

const isModule = (value: unknown): value is ModuleState => value instanceof ModuleState;

/** What modules are of: Module is its one subclass. */
export abstract class ModuleState {
  /** Names of fields that hold buffers; true when the state dict has them. */
  readonly #buffers = new Map<string, boolean>();
  readonly #held = new HeldFields();

  /**
   * @internal Calls `visit` with what belongs to this module by name, in order: its fields, and what a container holds.
   */
  eachMember(visit: (name: string, value: unknown) => void): void {
    // Not Object.entries, which takes ten times as long.
    for (const name of Object.keys(this)) {
      const value = (this as Record<string, unknown>)[name];
      this.#checkField(name, value);
      visit(name, value);
    }
  }

  #checkField(name: string, value: unknown): void {
    if (value instanceof ModuleState) this.#held.note(name, 'module');
    else if (value instanceof Parameter) this.#held.note(name, 'parameter');
    else this.#held.check(this, name, value, isTensor(value));
  }

  /** @internal Own buffers by name, with whether the state dict has them. */
  ownBuffers(): (readonly [string, Tensor, boolean])[] {
    const found: [string, Tensor, boolean][] = [];
    for (const [name, persistent] of this.#buffers) {
      const value = (this as Record<string, unknown>)[name];
      if (!isTensor(value)) {
        if (value === null || value === undefined) continue;
        refuseField(this, name, value, 'buffer', 'a Tensor');
      }
      if (!(value instanceof Parameter)) found.push([name, value, persistent]);
    }
    return found;
  }

  /** @internal Takes a field away, and that it is a buffer. */
  forget(name: string): void {
    this.#buffers.delete(name);
    this.#held.forget(name);
    Reflect.deleteProperty(this, name);
  }

  /** @internal Own parameters by name. */
  ownParameters(): (readonly [string, Parameter])[] {
    const found: [string, Parameter][] = [];
    this.eachMember((name, value) => {
      if (value instanceof Parameter) found.push([name, value]);
    });
    return found;
  }

  /** @internal */
  abstract namedModules(options?: WalkOptions): [string, ModuleState][];
  /** @internal */
  abstract modules(): ModuleState[];

  #named<T extends Tensor>(
    own: (module: ModuleState) => (readonly [string, T, ...unknown[]])[],
    { prefix, recurse, removeDuplicate }: Required<WalkOptions>,
  ): [string, T][] {
    const modules: [string, ModuleState][] = recurse
      ? this.namedModules({ prefix, removeDuplicate })
      : [[prefix, this]];
    return namedIn(modules, own, removeDuplicate);
  }

  /**
   * Every parameter with its name (`rnn.weight_ih_l0`), own ones first; a shared one once.
   * @throws TypeError for options that are none.
   */
  namedParameters(options?: WalkOptions): [string, Parameter][] {
    if (arguments.length > 1) surplus('namedParameters', arguments, 1, 'options');
    const read = walkOptions.read(options, 'namedParameters');
    return this.#named((module) => module.ownParameters(), read);
  }

  /**
   * Every parameter, a shared one once: what an optimizer takes.
   * @throws TypeError for options that are none.
   */
  parameters(options?: ParametersOptions): Parameter[] {
    if (arguments.length > 1) surplus('parameters', arguments, 1, 'options');
    const { recurse } = parametersOptions.read(options);
    // Own parameters come before those of children, as in namedParameters().
    return parametersIn(recurse ? this.modules() : [this]);
  }

  /**
   * Every buffer with its name.
   * @throws TypeError for options that are none.
   */
  namedBuffers(options?: WalkOptions): [string, Tensor][] {
    if (arguments.length > 1) surplus('namedBuffers', arguments, 1, 'options');
    const read = walkOptions.read(options, 'namedBuffers');
    return this.#named((module) => module.ownBuffers(), read);
  }

  /**
   * Every buffer.
   * @throws TypeError for options that are none.
   */
  buffers(options?: WalkOptions): Tensor[] {
    if (arguments.length > 1) surplus('buffers', arguments, 1, 'options');
    return this.namedBuffers(options).map(([, buffer]) => buffer);
  }

  /** @internal Makes `value` the field `name`. */
  setMember(operation: string, name: string, value: unknown): void {
    checkName(operation, name);
    if ((name in this && !Object.keys(this).includes(name)) || name === 'training') {
      throw new RangeError(
        `${operation}: '${name}' is already something else in ${this.constructor.name}; use another name`,
      );
    }
    (this as Record<string, unknown>)[name] = value;
  }

  /**
   * Makes `tensor` the field `name` and a buffer: part of the module's state, but not learned.
   * @throws TypeError for what is no tensor; RangeError for a name that is taken or none.
   */
  registerBuffer(name: string, tensor: Tensor | null, options?: BufferOptions): void {
    if (arguments.length > 3) surplus('registerBuffer', arguments, 3, 'options');
    const { persistent } = bufferOptions.read(options);
    checkName('registerBuffer', name);
    if (tensor !== null && !isTensor(tensor)) {
      refuse('registerBuffer', `'${name}'`, 'a Tensor or null', tensor);
    }
    this.setMember('registerBuffer', name, tensor);
    this.#buffers.set(name, persistent);
  }

  /**
   * Makes `parameter` the field `name`; null for one that is switched off.
   * @throws TypeError for what is no Parameter; RangeError for a name that is taken or none.
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    if (arguments.length > 2) surplus('registerParameter', arguments, 2, 'parameter');
    checkName('registerParameter', name);
    if (parameter !== null && !isInstance(parameter, Parameter)) {
      const must = 'a Parameter or null (wrap the tensor: new nn.Parameter(tensor))';
      refuse('registerParameter', `'${name}'`, must, parameter);
    }
    this.setMember('registerParameter', name, parameter);
  }

  /**
   * The parameter that the path `target` names: `'encoder.weight_ih_l0'` (torch.nn.Module.get_parameter).
   * @throws TypeError for what is no string, RangeError where there is no such parameter.
   * @example new nn.Linear(2, 3).getParameter('weight').shape // [3, 2]
   */
  getParameter(target: string): Parameter {
    if (arguments.length > 1) surplus('getParameter', arguments, 1, 'target');
    return parameterAt(this, target, isModule);
  }

  /**
   * The buffer that the path `target` names: `'0.running_mean'` (torch.nn.Module.get_buffer).
   * @throws TypeError for what is no string, RangeError where there is no such buffer.
   * @example new nn.BatchNorm1d(3).getBuffer('running_mean').shape // [3]
   */
  getBuffer(target: string): Tensor {
    if (arguments.length > 1) surplus('getBuffer', arguments, 1, 'target');
    return bufferAt(this, target, isModule);
  }

  /**
   * Switches gradients of all parameters on or off.
   * @param wanted default: true
   * @throws TypeError unless it is a boolean.
   */
  requiresGrad_(wanted: boolean = true): this {
    if (arguments.length > 1) surplus('requiresGrad_', arguments, 1, 'wanted');
    boolean.check('requiresGrad_', 'requiresGrad', wanted);
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted;
    return this;
  }

  /**
   * Clears every parameter's gradient (or, with `setToNone: false`, fills it with zeros).
   * @throws TypeError for options that are none.
   */
  zeroGrad(options?: ZeroGradOptions): void {
    if (arguments.length > 1) surplus('zeroGrad', arguments, 1, 'options');
    const { setToNone } = zeroGradOptions.read(options);
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone);
  }

  /**
   * Converts float parameters, their gradients and float buffers. Parameters stay the same objects, so an
   * optimizer keeps working on them.
   * @throws TypeError unless `dtype` is float32 or float64.
   */
  to(dtype: DType): this {
    if (arguments.length > 1) surplus('to', arguments, 1, 'dtype');
    convertTo(this, dtype);
    return this;
  }

  /**
   * Moves parameters, their gradients and buffers to memory that threads share (torch.nn.Module.share_memory), so that
   * `io.toMessage(model.stateDict())` sends them without a copy. Parameters stay the same objects; a state dict and views
   * from before keep the old memory.
   */
  shareMemory(): this {
    if (arguments.length > 0) surplus('shareMemory', arguments, 0);
    moveAllToShared(this);
    return this;
  }

  /** `to('float32')`. */
  float(): this {
    if (arguments.length > 0) surplus('float', arguments, 0);
    return this.to('float32');
  }

  /** `to('float64')`. */
  double(): this {
    if (arguments.length > 0) surplus('double', arguments, 0);
    return this.to('float64');
  }

  /**
   * Parameters and persistent buffers by PyTorch's keys, detached, sharing memory with the module
   * (torch.nn.Module.state_dict). What two fields hold comes under both names.
   * @throws TypeError for options that are none.
   */
  stateDict(options?: StateDictOptions): Map<string, Tensor> {
    if (arguments.length > 1) surplus('stateDict', arguments, 1, 'options');
    return stateDict(this, stateDictOptions.read(options).prefix);
  }

  /**
   * Copies values into parameters and buffers, converting between float32 and float64. When anything does not fit,
   * nothing is changed and the error lists every missing, unexpected, misshapen and mistyped key.
   * With `strict: false` missing and unexpected keys are returned instead.
   * @throws TypeError for what is no Map of tensors; RangeError for keys and shapes that do not fit.
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>, options?: LoadOptions): LoadResult {
    if (arguments.length > 2) surplus('loadStateDict', arguments, 2, 'options');
    executor.refuse('loadStateDict', 'it changes parameters; call it outside');
    return loadStateDict(this, state, options);
  }

  /** @internal */
  [isMade](): boolean {
    return #buffers in this;
  }

  /** @internal Takes the names of buffers of `from`. */
  [fill](from: this, copy: Copying): void {
    void copy;
    this.#buffers.clear();
    for (const [name, persistent] of from.#buffers) this.#buffers.set(name, persistent);
  }
}
