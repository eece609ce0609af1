/**
 * Module: a tree of parameters, buffers and other modules, found among public fields. This file owns the
 * tree: registering, traversal, modes, element type. Options are in module-options.ts, members by path in member-path.ts, state dicts in
 * state.ts, printing in print.ts, forward hooks in hooks.ts.
 */
import {
  anything,
  arrayOf,
  boolean,
  calledAs,
  functionOf,
  isInstance,
  isMade,
  markCopy,
  refuse,
  string,
  surplus,
  uncloneable,
} from '../check';
import { clearGrad } from '../autograd/clear';
import { noGrad } from '../autograd/mode';
import { cast } from '../ops/copying/cast';
import { copyFields, deepcopy, emptyOf, fill, type Copier, type Copying } from '../tensor/deepcopy';
import { isFloat, type DType } from '../tensor/dtype';
import { executor } from '../tensor/executor';
import { floatDType, isTensor } from '../tensor/rules';
import { moveToShared } from '../ops/copying/share';
import { replaceData, type Tensor } from '../tensor/tensor';
import { HeldFields, refuseField } from './held-fields';
import {
  addBackwardHook,
  addBackwardPreHook,
  addForwardHook,
  addForwardPreHook,
  copyHooks,
  type HookAfter,
  type HookBefore,
} from './hooks';
import type { RemoveHook } from '../autograd/hooks';
import type { HookAfterBackward, HookBeforeBackward } from './backward-hooks';
import { bufferAt, parameterAt, submoduleAt } from './member-path';
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
import { Parameter } from './parameter';
import { printModule } from './print';
import { streamOf, type Session, type SessionOptions } from './session/session';
import { loadStateDict, stateDict, type LoadOptions, type LoadResult } from './state';
import { summarize, type ModuleSummary } from './summary';

const refusal = uncloneable(
  'a Module: deepcopy(module) copies it; for another thread send io.toMessage(module.stateDict())',
);

/** After forward: what it returns replaces the output, unless it is undefined. */
export type ForwardHook = HookAfter<Module>;
/** Before forward: an array that it returns replaces the inputs. */
export type ForwardPreHook = HookBefore<Module>;
/** A hook when backward has passed a module: it gets the gradients of its inputs and of its outputs. */
export type FullBackwardHook = HookAfterBackward<Module>;
/** A hook when backward comes to a module: it gets the gradients of its outputs. */
export type FullBackwardPreHook = HookBeforeBackward<Module>;

/** A module with a `forward` from one tensor to one tensor. */
export interface Layer extends Module {
  /** The output of the layer. */
  forward(input: Tensor): Tensor;
}

const anyFunction = functionOf();
const exampleInputs = arrayOf(anything, 'a Tensor or an array of the arguments of forward');

/** A name as a field and a key of the state dict may have it. */
export function checkName(operation: string, name: unknown): void {
  string.check(operation, 'name', name);
  if (name !== '' && !(name as string).includes('.')) return;
  refuse(operation, 'name', 'a string of at least one character without dots', name, RangeError);
}

/** What a module without a `forward` of its own has. */
class WithForward {
  /**
   * What the module computes (torch.nn.Module.forward): a subclass defines it, with arguments and a result of its own.
   * @throws Error where no subclass has.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a module of any class, as PyTorch types it
  forward(...inputs: any[]): any {
    void inputs;
    throw new Error(
      `${this.constructor.name}.forward: this module has no forward method; define forward(x) in the class`,
    );
  }

  /** @internal One of the same class, which `fill` makes a copy of: no constructor but Module's has run. */
  [deepcopy.custom](copy: Copier): Module {
    void copy;
    return emptyOf(Module, this as unknown as Module);
  }
}
// For the compiler: what is abstract needs no `override` in a subclass, and what is also concrete needs no definition there.
declare abstract class OverriddenFreely {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  abstract forward(...inputs: any[]): any;
  /** @internal */
  abstract [deepcopy.custom](copy: Copier): Module;
}
const Base = WithForward as new () => WithForward & OverriddenFreely;

const isModule = (value: unknown): value is Module => value instanceof Module;
const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/**
 * Base class of all layers and models (torch.nn.Module). Public fields that hold a `Parameter`, a `Module` or
 * a registered buffer belong to the module, in order of declaration; they are looked up whenever asked
 * for, so a field may be set or replaced at any time. A reference that is not to be found (to a parent, to
 * a model that is trained elsewhere) goes into a `#private` field, and `deepcopy` asks the class for it.
 *
 * A subclass defines `forward`, and users call it: `model.forward(x)`.
 *
 * @example
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(4, 8);
 *   out = new nn.Linear(8, 1);
 *   forward(x: Tensor) { return this.out.forward(this.hidden.forward(x).tanh()); }
 * }
 * const net = new Net();
 * net.parameters().length; // 4
 */
export class Module extends Base {
  constructor() {
    super();
    // A subclass without a constructor hands over its own arguments, which are the subclass's affair.
    if (arguments.length > 0 && new.target === Module) surplus('Module', arguments, 0);
  }

  /** Whether layers such as Dropout behave as in training; set by `train()` and `eval()`. */
  training = true;
  /** @internal */
  readonly refusal = refusal;
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
    if (value instanceof Module) this.#held.note(name, 'module');
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

  /** The modules directly below, by name; one that two fields hold comes once. */
  namedChildren(): (readonly [string, Module])[] {
    if (arguments.length > 0) surplus('namedChildren', arguments, 0);
    const seen = new Set<Module>();
    const found: [string, Module][] = [];
    this.eachMember((name, value) => {
      if (!(value instanceof Module) || seen.has(value)) return;
      seen.add(value);
      found.push([name, value]);
    });
    return found;
  }

  /** The modules directly below. */
  children(): Module[] {
    if (arguments.length > 0) surplus('children', arguments, 0);
    return this.namedChildren().map(([, child]) => child);
  }

  /**
   * This module (named `prefix`) and every one below it, parents first (torch.nn.Module.named_modules).
   * @throws Error when a module contains itself.
   */
  namedModules(options?: WalkOptions): [string, Module][] {
    if (arguments.length > 1) surplus('namedModules', arguments, 1, 'options');
    const { prefix, removeDuplicate } = walkOptions.read(options, 'namedModules');
    const found: [string, Module][] = [];
    const seen = new Set<Module>();
    const ancestors: Module[] = [];
    const visit = (module: Module, path: string): void => {
      if (ancestors.includes(module)) {
        throw new Error(
          `modules: '${path}' of ${this.constructor.name} is a module that contains it; keep a reference to a parent in a #private field`,
        );
      }
      if (removeDuplicate && seen.has(module)) return;
      seen.add(module);
      found.push([path, module]);
      ancestors.push(module);
      module.eachMember((name, value) => {
        if (value instanceof Module) visit(value, join(path, name));
      });
      ancestors.pop();
    };
    visit(this, prefix);
    return found;
  }

  /** This module and every one below it, each once. */
  modules(): Module[] {
    if (arguments.length > 0) surplus('modules', arguments, 0);
    return this.namedModules().map(([, module]) => module);
  }

  #named<T extends Tensor>(
    own: (module: Module) => (readonly [string, T, ...unknown[]])[],
    { prefix, recurse, removeDuplicate }: Required<WalkOptions>,
  ): [string, T][] {
    const modules: [string, Module][] = recurse
      ? this.namedModules({ prefix, removeDuplicate })
      : [[prefix, this]];
    const found: [string, T][] = [];
    const seen = new Set<T>();
    for (const [path, module] of modules) {
      for (const [name, value] of own(module)) {
        if (removeDuplicate && seen.has(value)) continue;
        seen.add(value);
        found.push([join(path, name), value]);
      }
    }
    return found;
  }

  /** Every parameter with its name (`rnn.weight_ih_l0`), own ones first; a shared one once. */
  namedParameters(options?: WalkOptions): [string, Parameter][] {
    if (arguments.length > 1) surplus('namedParameters', arguments, 1, 'options');
    const read = walkOptions.read(options, 'namedParameters');
    return this.#named((module) => module.ownParameters(), read);
  }

  /** Every parameter, a shared one once: what an optimizer takes. */
  parameters(options?: ParametersOptions): Parameter[] {
    if (arguments.length > 1) surplus('parameters', arguments, 1, 'options');
    const { recurse } = parametersOptions.read(options);
    const found = new Set<Parameter>();
    // Own parameters come before those of children, as in namedParameters().
    for (const module of recurse ? this.modules() : [this]) {
      module.eachMember((_, value) => {
        if (value instanceof Parameter) found.add(value);
      });
    }
    return [...found];
  }

  /** Every buffer with its name. */
  namedBuffers(options?: WalkOptions): [string, Tensor][] {
    if (arguments.length > 1) surplus('namedBuffers', arguments, 1, 'options');
    const read = walkOptions.read(options, 'namedBuffers');
    return this.#named((module) => module.ownBuffers(), read);
  }

  /** Every buffer. */
  buffers(options?: WalkOptions): Tensor[] {
    if (arguments.length > 1) surplus('buffers', arguments, 1, 'options');
    return this.namedBuffers(options).map(([, buffer]) => buffer);
  }

  #register(operation: string, name: string, value: unknown): void {
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
    this.#register('registerBuffer', name, tensor);
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
    this.#register('registerParameter', name, parameter);
  }

  /**
   * Makes `module` the field `name`.
   * @throws TypeError for what is no Module; RangeError for a name that is taken or none.
   */
  addModule(name: string, module: Module | null): void {
    if (arguments.length > 2) surplus('addModule', arguments, 2, 'module');
    checkName('addModule', name);
    if (module !== null && !isInstance(module, Module)) {
      refuse('addModule', `'${name}'`, 'a Module or null', module);
    }
    this.#register('addModule', name, module);
  }

  /** `addModule` under PyTorch's other name (torch.nn.Module.register_module). */
  registerModule(name: string, module: Module | null): void {
    if (arguments.length > 2) surplus('registerModule', arguments, 2, 'module');
    calledAs('registerModule', () => {
      this.addModule(name, module);
    });
  }

  /**
   * The module below that the path `target` names: `'encoder.layers.0'`; `''` is this one (torch.nn.Module.get_submodule).
   * @throws TypeError for what is no string, RangeError where there is no such module.
   * @example new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh()).getSubmodule('0').constructor.name // 'Linear'
   */
  getSubmodule(target: string): Module {
    if (arguments.length > 1) surplus('getSubmodule', arguments, 1, 'target');
    return submoduleAt(this, target, isModule);
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
   * Switches this module and all below to training (or, with false, to evaluation).
   * @param mode default: true
   * @throws TypeError unless it is a boolean.
   */
  train(mode: boolean = true): this {
    if (arguments.length > 1) surplus('train', arguments, 1, 'mode');
    boolean.check('train', 'mode', mode);
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches this module and all below to evaluation: `train(false)`. */
  eval(): this {
    if (arguments.length > 0) surplus('eval', arguments, 0);
    return this.train(false);
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

  /** Clears every parameter's gradient (or, with `setToNone: false`, fills it with zeros). */
  zeroGrad(options?: ZeroGradOptions): void {
    if (arguments.length > 1) surplus('zeroGrad', arguments, 1, 'options');
    const { setToNone } = zeroGradOptions.read(options);
    for (const parameter of this.parameters()) clearGrad(parameter, setToNone);
  }

  /**
   * Calls `fn` with every module, children before parents.
   * @throws TypeError unless `fn` is a function.
   */
  apply(fn: (module: Module) => void): this {
    if (arguments.length > 1) surplus('apply', arguments, 1, 'fn');
    anyFunction.check('apply', 'fn', fn);
    this.modules(); // refuses a module that contains itself
    const visit = (module: Module): void => {
      for (const child of module.children()) visit(child);
      fn(module);
    };
    visit(this);
    return this;
  }

  /**
   * Converts float parameters, their gradients and float buffers. Parameters stay the same objects, so an
   * optimizer keeps working on them.
   * @throws TypeError unless `dtype` is float32 or float64.
   */
  to(dtype: DType): this {
    if (arguments.length > 1) surplus('to', arguments, 1, 'dtype');
    floatDType.check('to', 'dtype', dtype);
    executor.refuse('Module.to', 'it changes parameters; call it outside');
    const convert = (x: Tensor): void => {
      if (isFloat(x.dtype) && x.dtype !== dtype) replaceData(x, cast(x, dtype));
      if (x.grad !== null && x.grad.dtype !== dtype) x.grad = cast(x.grad, dtype);
    };
    noGrad(() => {
      for (const x of [...this.parameters(), ...this.buffers()]) convert(x);
    });
    return this;
  }

  /**
   * Moves parameters, their gradients and buffers to memory that threads share (torch.nn.Module.share_memory), so that
   * `io.toMessage(model.stateDict())` sends them without a copy. Parameters stay the same objects; a state dict and views
   * from before keep the old memory.
   */
  shareMemory(): this {
    if (arguments.length > 0) surplus('shareMemory', arguments, 0);
    for (const x of [...this.parameters(), ...this.buffers()]) {
      moveToShared(x);
      if (x.grad !== null) moveToShared(x.grad);
    }
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

  /**
   * Calls `hook(module, inputs, output)` after every `forward`; what it returns replaces the output, unless it
   * is undefined. Returns a function that removes the hook, which is its method `remove` too.
   * @throws TypeError unless the hook is a function.
   */
  registerForwardHook(hook: ForwardHook): RemoveHook {
    if (arguments.length > 1) surplus('registerForwardHook', arguments, 1, 'hook');
    return addForwardHook(this, hook);
  }

  /**
   * Calls `hook(module, inputs)` before every `forward`; an array that it returns replaces the inputs. Returns
   * a function that removes the hook, which is its method `remove` too.
   * @throws TypeError unless the hook is a function.
   */
  registerForwardPreHook(hook: ForwardPreHook): RemoveHook {
    if (arguments.length > 1) surplus('registerForwardPreHook', arguments, 1, 'hook');
    return addForwardPreHook(this, hook);
  }

  /**
   * Calls `hook(module, gradInput, gradOutput)` when backward has computed the gradients of forward's arguments: arrays with a
   * gradient, or null, for each argument and each result (register_full_backward_hook). An array that it returns replaces
   * gradInput. Where no argument requires gradients it is called when those of the results arrive. Results inside further arrays or objects are not
   * seen. Returns a function that removes the hook, which is its method `remove` too.
   * @throws TypeError unless the hook is a function; at backward, TypeError, RangeError for what it returns.
   * @example
   * const layer = new nn.Linear(2, 3);
   * layer.registerFullBackwardHook((module, [gradInput]) => [gradInput!.clamp(-1, 1)]);
   */
  registerFullBackwardHook(hook: FullBackwardHook): RemoveHook {
    if (arguments.length > 1) surplus('registerFullBackwardHook', arguments, 1, 'hook');
    return addBackwardHook(this, hook);
  }

  /**
   * Calls `hook(module, gradOutput)` when the gradients of forward's results arrive; an array that it returns replaces them
   * (register_full_backward_pre_hook). Returns a function that removes the hook, which is its method `remove` too.
   * @throws TypeError unless the hook is a function; at backward, TypeError, RangeError for what it returns.
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook): RemoveHook {
    if (arguments.length > 1) surplus('registerFullBackwardPreHook', arguments, 1, 'hook');
    return addBackwardPreHook(this, hook);
  }

  /** @internal */
  [isMade](): boolean {
    return #buffers in this;
  }

  /** @internal Takes copies of the fields, the names of buffers and the hooks of `from`. */
  [fill](from: this, copy: Copying): void {
    copyHooks(from, this, copy, (except) => copyFields(from, this, copy, except));
    this.#buffers.clear();
    for (const [name, persistent] of from.#buffers) this.#buffers.set(name, persistent);
  }

  /**
   * The modules with the numbers of their own parameters, and given an example of what `forward` takes the shapes of what they
   * give: as an object, and as text (`String(summary)`, `console.log(summary)`) a table. The example runs without gradients, in
   * evaluation; a `LazyLinear` is made by it.
   * @param example the input, or an array of the arguments of `forward`
   * @throws what `forward` throws for the example.
   * @example
   * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Linear(8, 2));
   * console.log(model.summary(randn([5, 3])));
   */
  summary(example?: Tensor | readonly unknown[]): ModuleSummary {
    if (arguments.length > 1) surplus('summary', arguments, 1, 'example');
    const modules = this.namedModules();
    if (example === undefined) return summarize(modules, null);
    const inputs = isTensor(example)
      ? [example]
      : exampleInputs.check('summary', 'example', example);
    const modes = modules.map(([, { training }]) => training);
    this.eval();
    try {
      return summarize(modules, () => noGrad(() => void Reflect.apply(this.forward, this, inputs)));
    } finally {
      modules.forEach(([, module], i) => (module.training = modes[i]));
    }
  }

  /**
   * A session: a stream of chunks through this module that owns the states of its recurrent layers, so that each `push` goes on where
   * the one before ended (Keras' `stateful`; PyTorch leaves states to the caller). For many streams at a time see `Sessions`.
   * @throws RangeError for a module without recurrent layers, and with a bidirectional one.
   * @example
   * const session = new nn.LSTM(4, 8).stream();
   * session.push(randn([10, 1, 4])); // [10, 1, 8] and the state
   * session.push(randn([1, 1, 4])); // step 11
   */
  stream(options?: SessionOptions): Session<this> {
    if (arguments.length > 1) surplus('stream', arguments, 1, 'options');
    return streamOf(this, options);
  }

  /** What a layer prints between its brackets; a layer of one's own overrides it. */
  extraRepr(): string {
    if (arguments.length > 0) surplus('extraRepr', arguments, 0);
    return '';
  }

  /** The tree of modules, as PyTorch prints it. */
  override toString(): string {
    if (arguments.length > 0) surplus('toString', arguments, 0);
    const children: [string, Module][] = [];
    this.eachMember((name, value) => {
      if (value instanceof Module) children.push([name, value]);
    });
    return printModule(this.constructor.name, this.extraRepr(), children);
  }

  /** @internal For console.log. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

markCopy(Module, 'Module', 'load its stateDict() from a file');
