/**
 * Module: a tree of modules, found among public fields, that computes something. This file owns the tree, modes and what goes
 * around a call; parameters and buffers are module-state.ts, walks module-tree.ts, options module-options.ts, hooks hooks.ts,
 * printing print.ts.
 */
import {
  anything,
  arrayOf,
  boolean,
  calledAs,
  functionOf,
  isInstance,
  markCopy,
  refuse,
  surplus,
  uncloneable,
} from '../check';
import type { RemoveHook } from '../autograd/hooks';
import { noGrad } from '../autograd/mode';
import { copyFields, deepcopy, emptyOf, fill, type Copier, type Copying } from '../tensor/deepcopy';
import { isTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import type { HookAfterBackward, HookBeforeBackward } from './backward-hooks';
import {
  addBackwardHook,
  addBackwardPreHook,
  addForwardHook,
  addForwardPreHook,
  copyHooks,
  type HookAfter,
  type HookBefore,
} from './hooks';
import { submoduleAt } from './member-path';
import { walkOptions, type WalkOptions } from './module-options';
import { checkName, ModuleState } from './module-state';
import { childrenOf, walk } from './module-tree';
import { printModule } from './print';
import { streamOf, type Session, type SessionOptions } from './session/session';
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

/** What a module without a `forward` of its own has. */
abstract class WithForward extends ModuleState {
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
const Base = WithForward as abstract new () => WithForward & OverriddenFreely;

const isModule = (value: unknown): value is Module => value instanceof Module;
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
  /** The modules directly below, by name; one that two fields hold comes once. */
  namedChildren(): (readonly [string, Module])[] {
    if (arguments.length > 0) surplus('namedChildren', arguments, 0);
    return childrenOf<Module>(this, isModule);
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
    return walk<Module>(this, isModule, prefix, removeDuplicate);
  }

  /** This module and every one below it, each once. */
  modules(): Module[] {
    if (arguments.length > 0) surplus('modules', arguments, 0);
    return this.namedModules().map(([, module]) => module);
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
    this.setMember('addModule', name, module);
  }

  /**
   * `addModule` under PyTorch's other name (torch.nn.Module.register_module).
   * @throws TypeError for what is no Module; RangeError for a name that is taken or none.
   */
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

  /** @internal Takes copies of the fields, the names of buffers and the hooks of `from`. */
  override [fill](from: this, copy: Copying): void {
    copyHooks(from, this, copy, (except) => copyFields(from, this, copy, except));
    super[fill](from, copy);
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
