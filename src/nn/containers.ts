/** Containers: modules and parameters by position or by name. */
import {
  anything,
  describe,
  isArray,
  isInstance,
  iterableOf,
  number,
  refuse,
  surplus,
} from '../check';
import { deepcopy, emptyOf, fill, type Copying } from '../tensor/deepcopy';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { Module, type Layer } from './module';
import { checkName as checkModuleName } from './module-state';
import { Parameter } from './parameter';
import { printList, printModule } from './print';

/** Wraps a position of -n … n-1. */
function place(operation: string, index: number, count: number): number {
  number.check(operation, 'index', index);
  if (!Number.isInteger(index) || index < -count || index >= count) {
    throw new RangeError(
      `${operation}: index ${index} is out of range for ${count} ${count === 1 ? 'item' : 'items'}`,
    );
  }
  return index < 0 ? index + count : index;
}

function checkModule(operation: string, value: unknown): void {
  if (isInstance(value, Module)) return;
  const got = isArray(value) ? 'an array; spread it: …(...modules)' : describe(value);
  throw new TypeError(`${operation}: takes modules, got ${got}`);
}

/** An iterable's items, read once. */
function itemsOf<T>(operation: string, name: string, what: string, given: Iterable<T>): T[] {
  return iterableOf(anything, what).check(operation, name, given) as T[];
}

/** What containers of modules by position share. */
abstract class Positional<M extends Module> extends Module {
  readonly #items: [string, M][] = [];

  /** @internal */
  override [deepcopy.custom](): Module {
    return emptyOf(Positional<M>, this);
  }

  /** @internal */
  override [fill](from: this, copy: Copying): void {
    super[fill](from, copy);
    this.#items.length = 0;
    for (const [name, module] of from.#items) this.#items.push([name, copy(module, name)]);
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    for (const [name, module] of this.#items) visit(name, module);
    super.eachMember(visit);
  }

  /** How many modules there are. */
  get length(): number {
    return this.#items.length;
  }

  /**
   * The module at a position; negative counts from the end.
   * @throws RangeError when there is none.
   */
  at(index: number): M {
    if (arguments.length > 1) surplus(`${this.constructor.name}.at`, arguments, 1, 'index');
    return this.#items[place(`${this.constructor.name}.at`, index, this.length)][1];
  }

  /**
   * Replaces the module at a position.
   * @throws TypeError for what is no module; RangeError when there is no such position.
   */
  set(index: number, module: M): void {
    if (arguments.length > 2) surplus(`${this.constructor.name}.set`, arguments, 2, 'module');
    const operation = `${this.constructor.name}.set`;
    const member = this.member(operation, module);
    this.#items[place(operation, index, this.length)][1] = member;
  }

  /**
   * Appends a module.
   * @throws TypeError for what is no module.
   */
  append(module: M): this {
    if (arguments.length > 1) surplus(`${this.constructor.name}.append`, arguments, 1, 'module');
    this.put(String(this.length), module);
    return this;
  }

  /**
   * Appends modules.
   * @throws TypeError for what are no modules.
   */
  extend(modules: Iterable<M>): this {
    if (arguments.length > 1) surplus(`${this.constructor.name}.extend`, arguments, 1, 'modules');
    const operation = `${this.constructor.name}.extend`;
    for (const module of itemsOf(operation, 'modules', 'modules', modules)) this.append(module);
    return this;
  }

  /**
   * Inserts a module before the one at `index`; those after it are renumbered.
   * @throws TypeError for what is no module; RangeError when there is no such position.
   */
  insert(index: number, module: M): this {
    if (arguments.length > 2) surplus(`${this.constructor.name}.insert`, arguments, 2, 'module');
    const operation = `${this.constructor.name}.insert`;
    const member = this.member(operation, module);
    const at = index === this.length ? index : place(operation, index, this.length);
    this.#items.splice(at, 0, ['', member]);
    this.#items.forEach((item, i) => (item[0] = String(i)));
    return this;
  }

  /** The modules in order. */
  [Symbol.iterator](): IterableIterator<M> {
    return this.#items.map(([, module]) => module)[Symbol.iterator]();
  }

  /** @internal Adds a module under a name. */
  protected put(name: string, module: M): void {
    this.#items.push([name, this.member(this.constructor.name, module)]);
  }

  /** @internal The module of a value that was given. @throws TypeError for what is no module. */
  protected member(operation: string, value: unknown): M {
    checkModule(operation, value);
    return value as M;
  }

  /** @internal */
  override addModule(name: string, module: Module | null): void {
    if (module === null) return;
    checkModuleName(`${this.constructor.name}.addModule`, name);
    this.put(name, module as M);
  }
}

/** A function of a tensor as a module without parameters. */
class Lambda extends Module {
  readonly #call: (input: Tensor) => Tensor;
  constructor(call: (input: Tensor) => Tensor) {
    super();
    this.#call = call;
  }
  override [deepcopy.custom](copy: Copying): Module {
    return emptyOf(Lambda, this, [copy(this.#call)]);
  }
  override extraRepr(): string {
    return this.#call.name;
  }
  forward(input: Tensor): Tensor {
    return this.#call(input);
  }
}

const isFunction = (value: unknown): value is (input: Tensor) => Tensor =>
  typeof value === 'function' && !describe(value).startsWith('the class');

/** What `Sequential` takes: a module, or a function of a tensor. */
export type SequentialItem = Layer | ((input: Tensor) => Tensor);

/**
 * Modules one after the other, each taking what the one before returned (torch.nn.Sequential). Functions of a tensor can
 * be among them. Keys are the positions, or the names of a Map.
 * @throws TypeError for what are neither modules nor functions.
 * @example
 * const net = new nn.Sequential(new nn.Linear(2, 8), tanh, new nn.Linear(8, 1), (x) => x.squeeze(1));
 * net.forward(randn([5, 2])).shape; // [5]
 */
export class Sequential extends Positional<Layer> {
  constructor(...layers: SequentialItem[] | [ReadonlyMap<string, SequentialItem>]) {
    super();
    if (layers.length === 1 && isInstance(layers[0], Map)) {
      const named = layers[0] as unknown as ReadonlyMap<string, Layer>;
      for (const [name, layer] of named) this.put(name, layer);
    } else this.extend(layers as Layer[]);
  }

  /** @internal */
  protected override member(operation: string, value: unknown): Layer {
    return isFunction(value) ? new Lambda(value) : super.member(operation, value);
  }

  /**
   * What the last module returns.
   * @throws whatever one of the modules throws.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Sequential.forward', arguments, 1, 'input');
    let current = input;
    for (const layer of this) current = layer.forward(current);
    return current;
  }
}

/**
 * A list of modules whose parameters belong to its owner (torch.nn.ModuleList). It has no forward of its own.
 * @throws TypeError for what are no modules.
 * @example
 * class Stack extends nn.Module {
 *   layers = new nn.ModuleList(Array.from({ length: 3 }, () => new nn.Linear(4, 4)));
 *   forward(x: Tensor) { return [...this.layers].reduce((y, layer) => layer.forward(y), x); }
 * }
 */
export class ModuleList<M extends Module = Module> extends Positional<M> {
  constructor(modules: Iterable<M> = []) {
    if (arguments.length > 1) surplus('ModuleList', arguments, 1, 'modules');
    super();
    this.extend(modules);
  }

  /** The modules as PyTorch prints them, equal neighbours in one line. */
  override toString(): string {
    if (arguments.length > 0) surplus('ModuleList.toString', arguments, 0);
    return printList(this.constructor.name, [...this]);
  }
}

/**
 * Modules by name, in the order of insertion (torch.nn.ModuleDict). It has no forward of its own.
 * @throws TypeError for what are no modules; RangeError for a name that is none.
 * @example new nn.ModuleDict({ relu: new nn.ReLU(), tanh: new nn.Tanh() }).get('relu')
 */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #items = new Map<string, M>();

  constructor(modules: Readonly<Record<string, M>> | ReadonlyMap<string, M> = {}) {
    if (arguments.length > 1) surplus('ModuleDict', arguments, 1, 'modules');
    super();
    this.update(modules);
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    return emptyOf(ModuleDict, this);
  }

  /** @internal */
  override [fill](from: this, copy: Copying): void {
    super[fill](from, copy);
    this.#items.clear();
    for (const [name, module] of from.#items) this.#items.set(name, copy(module, name));
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    for (const [name, module] of this.#items) visit(name, module);
    super.eachMember(visit);
  }

  /** How many modules there are. */
  get size(): number {
    return this.#items.size;
  }
  /** Whether there is a module of that name. */
  has(name: string): boolean {
    if (arguments.length > 1) surplus('ModuleDict.has', arguments, 1, 'name');
    return this.#items.has(name);
  }
  /**
   * The module of a name.
   * @throws RangeError when there is none.
   */
  get(name: string): M {
    if (arguments.length > 1) surplus('ModuleDict.get', arguments, 1, 'name');
    const found = this.#items.get(name);
    if (found === undefined) {
      throw new RangeError(
        `ModuleDict.get: there is no ${describe(name)}; there are ${[...this.keys()].join(', ') || 'none'}`,
      );
    }
    return found;
  }
  /**
   * Sets the module of a name.
   * @throws TypeError for what is no module; RangeError for a name that is none.
   */
  set(name: string, module: M): this {
    if (arguments.length > 2) surplus('ModuleDict.set', arguments, 2, 'module');
    checkModule('ModuleDict.set', module);
    checkModuleName('ModuleDict.set', name);
    this.#items.set(name, module);
    return this;
  }
  /** Removes a module; returns whether there was one. */
  delete(name: string): boolean {
    if (arguments.length > 1) surplus('ModuleDict.delete', arguments, 1, 'name');
    return this.#items.delete(name);
  }
  /**
   * Sets all of an object's or a Map's modules.
   * @throws TypeError for what are no modules; RangeError for a name that is none.
   */
  update(modules: Readonly<Record<string, M>> | ReadonlyMap<string, M>): this {
    if (arguments.length > 1) surplus('ModuleDict.update', arguments, 1, 'modules');
    const list = isInstance(modules, Map) ? [...modules] : entriesOf('ModuleDict.update', modules);
    for (const [name, module] of list as [string, M][]) this.set(name, module);
    return this;
  }
  /** The names, in the order of insertion. */
  keys(): IterableIterator<string> {
    if (arguments.length > 0) surplus('ModuleDict.keys', arguments, 0);
    return this.#items.keys();
  }
  /** The modules, in the order of insertion. */
  values(): IterableIterator<M> {
    if (arguments.length > 0) surplus('ModuleDict.values', arguments, 0);
    return this.#items.values();
  }
  /** Names and modules, in the order of insertion. */
  entries(): IterableIterator<[string, M]> {
    if (arguments.length > 0) surplus('ModuleDict.entries', arguments, 0);
    return this.#items.entries();
  }
  /** As `entries`. */
  [Symbol.iterator](): IterableIterator<[string, M]> {
    return this.entries();
  }
  /** @internal */
  override addModule(name: string, module: Module | null): void {
    if (module !== null) this.set(name, module as M);
  }
}

/**
 * A list of parameters that belong to its owner (torch.nn.ParameterList). Tensors become parameters.
 * @throws TypeError for what are no tensors of floats.
 * @example new nn.ParameterList([zeros([2]), zeros([3])]).length // 2
 */
export class ParameterList extends Module {
  readonly #items: Parameter[] = [];

  constructor(parameters: Iterable<Tensor> = []) {
    if (arguments.length > 1) surplus('ParameterList', arguments, 1, 'parameters');
    super();
    this.extend(parameters);
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    return emptyOf(ParameterList, this);
  }

  /** @internal */
  override [fill](from: this, copy: Copying): void {
    super[fill](from, copy);
    this.#items.length = 0;
    from.#items.forEach((item, i) => this.#items.push(copy(item, i)));
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    this.#items.forEach((item, i) => visit(String(i), item));
    super.eachMember(visit);
  }

  /** How many parameters there are. */
  get length(): number {
    return this.#items.length;
  }
  /**
   * The parameter at a position; negative counts from the end.
   * @throws RangeError when there is none.
   */
  at(index: number): Parameter {
    if (arguments.length > 1) surplus('ParameterList.at', arguments, 1, 'index');
    return this.#items[place('ParameterList.at', index, this.length)];
  }
  /**
   * Replaces the parameter at a position.
   * @throws TypeError for what is no tensor of floats; RangeError when there is no such position.
   */
  set(index: number, parameter: Tensor): void {
    if (arguments.length > 2) surplus('ParameterList.set', arguments, 2, 'parameter');
    const at = place('ParameterList.set', index, this.length);
    this.#items[at] = asParameter('ParameterList.set', parameter);
  }
  /**
   * Appends a parameter.
   * @throws TypeError for what is no tensor of floats.
   */
  append(parameter: Tensor): this {
    if (arguments.length > 1) surplus('ParameterList.append', arguments, 1, 'parameter');
    this.#items.push(asParameter('ParameterList.append', parameter));
    return this;
  }
  /**
   * Appends parameters.
   * @throws TypeError for what are no tensors of floats.
   */
  extend(parameters: Iterable<Tensor>): this {
    if (arguments.length > 1) surplus('ParameterList.extend', arguments, 1, 'parameters');
    for (const one of itemsOf('ParameterList.extend', 'parameters', 'tensors', parameters)) {
      this.append(one);
    }
    return this;
  }
  /** The parameters in order. */
  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.#items[Symbol.iterator]();
  }
  /** As PyTorch prints it. */
  override toString(): string {
    if (arguments.length > 0) surplus('ParameterList.toString', arguments, 0);
    const lines = this.#items.map(
      (item, i) =>
        [
          String(i),
          `Parameter containing: [${item.dtype} of size ${sizesOf(item).join('x')}]`,
        ] as const,
    );
    return printModule(this.constructor.name, '', lines);
  }
}

/** @internal The parameter of a tensor, or itself. @throws TypeError for what is no tensor. */
export function asParameter(operation: string, value: Tensor): Parameter {
  if (isInstance(value, Parameter)) return value;
  if (!isTensor(value)) refuse(operation, 'parameter', 'a Tensor', value);
  return new Parameter(value);
}

function entriesOf(operation: string, modules: unknown): [string, unknown][] {
  if (typeof modules !== 'object' || modules === null || isArray(modules)) {
    refuse(operation, 'modules', 'an object or a Map of modules', modules);
  }
  try {
    return Object.entries(modules);
  } catch {
    refuse(operation, 'modules', 'an object or a Map of modules', modules);
  }
}
