/** Containers: modules and parameters by position or by name. */
import type { Tensor } from '../tensor/tensor';
import { Module, type Layer } from './module';
import { Parameter } from './parameter';
import { printList, printModule } from './print';

/** Wraps a position of -n … n-1. */
function place(operation: string, index: number, count: number): number {
  if (!Number.isInteger(index) || index < -count || index >= count) {
    throw new RangeError(
      `${operation}: index ${index} is out of range for ${count} ${count === 1 ? 'item' : 'items'}`,
    );
  }
  return index < 0 ? index + count : index;
}

function checkModule(operation: string, value: unknown): void {
  if (!(value instanceof Module)) {
    throw new TypeError(
      `${operation}: takes modules, got ${value === null ? 'null' : Array.isArray(value) ? 'an array; spread it: …(...modules)' : typeof value}`,
    );
  }
}

/** What containers of modules by position share. */
abstract class Positional<M extends Module> extends Module {
  readonly #items: [string, M][] = [];

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    for (const [name, module] of this.#items) visit(name, module);
    super.eachMember(visit);
  }

  /** How many modules there are. */
  get length(): number {
    return this.#items.length;
  }

  /** The module at a position; negative counts from the end. */
  at(index: number): M {
    return this.#items[place(`${this.constructor.name}.at`, index, this.length)][1];
  }

  /** Replaces the module at a position. */
  set(index: number, module: M): void {
    checkModule(`${this.constructor.name}.set`, module);
    this.#items[place(`${this.constructor.name}.set`, index, this.length)][1] = module;
  }

  /** Puts a module at the end. */
  append(module: M): this {
    this.put(String(this.length), module);
    return this;
  }

  /** Puts modules at the end. */
  extend(modules: Iterable<M>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** Puts a module before the one at `index`; those behind are renumbered. */
  insert(index: number, module: M): this {
    const operation = `${this.constructor.name}.insert`;
    checkModule(operation, module);
    const at = index === this.length ? index : place(operation, index, this.length);
    this.#items.splice(at, 0, ['', module]);
    this.#items.forEach((item, i) => (item[0] = String(i)));
    return this;
  }

  [Symbol.iterator](): IterableIterator<M> {
    return this.#items.map(([, module]) => module)[Symbol.iterator]();
  }

  /** Adds a module under a name. */
  protected put(name: string, module: M): void {
    checkModule(this.constructor.name, module);
    this.#items.push([name, module]);
  }

  override addModule(name: string, module: Module | null): void {
    if (module === null) return;
    this.put(name, module as M);
  }
}

/**
 * Modules one after the other, each taking what the one before returned (torch.nn.Sequential). Keys are the
 * positions, or the names of a Map.
 * @example
 * const net = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
 * net.forward(randn([5, 2])).shape; // [5, 1]
 */
export class Sequential extends Positional<Layer> {
  constructor(...layers: Layer[] | [ReadonlyMap<string, Layer>]) {
    super();
    if (layers.length === 1 && layers[0] instanceof Map) {
      for (const [name, layer] of layers[0] as ReadonlyMap<string, Layer>) this.put(name, layer);
    } else this.extend(layers as Layer[]);
  }

  forward(input: Tensor): Tensor {
    let current = input;
    for (const layer of this) current = layer.forward(current);
    return current;
  }
}

/**
 * A list of modules whose parameters belong to its owner (torch.nn.ModuleList). It has no forward of its own.
 * @example
 * class Stack extends nn.Module {
 *   layers = new nn.ModuleList(Array.from({ length: 3 }, () => new nn.Linear(4, 4)));
 *   forward(x: Tensor) { return [...this.layers].reduce((y, layer) => layer.forward(y), x); }
 * }
 */
export class ModuleList<M extends Module = Module> extends Positional<M> {
  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  override toString(): string {
    return printList(this.constructor.name, [...this]);
  }
}

/**
 * Modules by name, in the order of insertion (torch.nn.ModuleDict).
 * @example new nn.ModuleDict({ relu: new nn.ReLU(), tanh: new nn.Tanh() }).get('relu')
 */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #items = new Map<string, M>();

  constructor(modules: Readonly<Record<string, M>> | ReadonlyMap<string, M> = {}) {
    super();
    this.update(modules);
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    for (const [name, module] of this.#items) visit(name, module);
    super.eachMember(visit);
  }

  get size(): number {
    return this.#items.size;
  }
  has(name: string): boolean {
    return this.#items.has(name);
  }
  /** @throws RangeError when there is none of that name. */
  get(name: string): M {
    const found = this.#items.get(name);
    if (found === undefined) {
      throw new RangeError(
        `ModuleDict.get: there is no '${name}'; there are ${[...this.keys()].join(', ') || 'none'}`,
      );
    }
    return found;
  }
  set(name: string, module: M): this {
    checkModule('ModuleDict.set', module);
    if (typeof name !== 'string' || name === '' || name.includes('.')) {
      throw new RangeError(
        `ModuleDict.set: a name must be a string of at least one character without dots, got '${String(name)}'`,
      );
    }
    this.#items.set(name, module);
    return this;
  }
  delete(name: string): boolean {
    return this.#items.delete(name);
  }
  /** Sets all of an object's or a Map's modules. */
  update(modules: Readonly<Record<string, M>> | ReadonlyMap<string, M>): this {
    const list = modules instanceof Map ? modules : Object.entries(modules);
    for (const [name, module] of list as Iterable<[string, M]>) this.set(name, module);
    return this;
  }
  keys(): IterableIterator<string> {
    return this.#items.keys();
  }
  values(): IterableIterator<M> {
    return this.#items.values();
  }
  entries(): IterableIterator<[string, M]> {
    return this.#items.entries();
  }
  [Symbol.iterator](): IterableIterator<[string, M]> {
    return this.entries();
  }
  override addModule(name: string, module: Module | null): void {
    if (module !== null) this.set(name, module as M);
  }
}

/**
 * A list of parameters that belong to its owner (torch.nn.ParameterList). Tensors become parameters.
 * @example new nn.ParameterList([zeros([2]), zeros([3])]).length // 2
 */
export class ParameterList extends Module {
  readonly #items: Parameter[] = [];

  constructor(parameters: Iterable<Tensor> = []) {
    super();
    for (const parameter of parameters) this.append(parameter);
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    this.#items.forEach((item, i) => visit(String(i), item));
    super.eachMember(visit);
  }

  get length(): number {
    return this.#items.length;
  }
  at(index: number): Parameter {
    return this.#items[place('ParameterList.at', index, this.length)];
  }
  set(index: number, parameter: Tensor): void {
    this.#items[place('ParameterList.set', index, this.length)] = asParameter(parameter);
  }
  append(parameter: Tensor): this {
    this.#items.push(asParameter(parameter));
    return this;
  }
  extend(parameters: Iterable<Tensor>): this {
    for (const parameter of parameters) this.append(parameter);
    return this;
  }
  [Symbol.iterator](): IterableIterator<Parameter> {
    return this.#items[Symbol.iterator]();
  }
  override toString(): string {
    const lines = this.#items.map(
      (item, i) =>
        [
          String(i),
          `Parameter containing: [${item.dtype} of size ${item.shape.join('x')}]`,
        ] as const,
    );
    return printModule(this.constructor.name, '', lines);
  }
}

const asParameter = (value: Tensor): Parameter =>
  value instanceof Parameter ? value : new Parameter(value);
