/** ParameterDict: parameters by name. */
import {
  anything,
  describe,
  isArray,
  isIterable,
  iterableOf,
  refuse,
  string,
  surplus,
} from '../check';
import { emptyOf, deepcopy, fill, type Copying } from '../tensor/deepcopy';
import type { Tensor } from '../tensor/tensor';
import { asParameter } from './containers';
import { Module } from './module';
import { checkName } from './module-state';
import type { Parameter } from './parameter';
import { printModule } from './print';

/** What parameters are taken of: tensors by name. */
export type NamedTensors =
  Readonly<Record<string, Tensor>> | Iterable<readonly [name: string, parameter: Tensor]>;

const names = iterableOf(string, 'names');
const pairs = iterableOf(anything);

/** Names and tensors: of an object by their names in order, of anything else in its own order. */
function entriesOf(operation: string, given: unknown): (readonly [unknown, unknown])[] {
  const must = 'an object, a Map, a ParameterDict or pairs of a name and a Tensor';
  if (isIterable(given) && typeof given !== 'string') {
    return pairs.check(operation, 'parameters', given).map((pair) => {
      if (!isArray(pair) || pair.length !== 2) refuse(operation, 'parameters', must, pair);
      return [pair[0], pair[1]];
    });
  }
  if (typeof given !== 'object' || given === null) refuse(operation, 'parameters', must, given);
  try {
    return Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  } catch {
    refuse(operation, 'parameters', must, given);
  }
}

/**
 * Parameters by name, which belong to their owner (torch.nn.ParameterDict). Tensors become parameters. They keep the order in which they
 * were set; those of an object are set in the order of their names, as PyTorch does with a dict. It has no forward of its own.
 * @throws TypeError for what are no tensors of floats; RangeError for a name that is none.
 * @example
 * const scales = new nn.ParameterDict({ left: ones([2]), right: zeros([2]) });
 * scales.get('left').requiresGrad; // true
 */
export class ParameterDict extends Module {
  readonly #items = new Map<string, Parameter>();

  constructor(parameters: NamedTensors = {}) {
    if (arguments.length > 1) surplus('ParameterDict', arguments, 1, 'parameters');
    super();
    this.#put('ParameterDict', parameters);
  }

  #put(operation: string, parameters: NamedTensors): void {
    for (const [name, value] of entriesOf(operation, parameters)) {
      this.#set(operation, name as string, value as Tensor);
    }
  }

  #set(operation: string, name: string, value: Tensor): void {
    checkName(operation, name);
    this.#items.set(name, asParameter(operation, value));
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    return emptyOf(ParameterDict, this);
  }

  /** @internal */
  override [fill](from: this, copy: Copying): void {
    super[fill](from, copy);
    this.#items.clear();
    for (const [name, parameter] of from.#items) this.#items.set(name, copy(parameter, name));
  }

  /** @internal */
  override eachMember(visit: (name: string, value: unknown) => void): void {
    for (const [name, parameter] of this.#items) visit(name, parameter);
    super.eachMember(visit);
  }

  /** How many parameters there are. */
  get size(): number {
    return this.#items.size;
  }
  /** Whether there is a parameter of that name. */
  has(name: string): boolean {
    if (arguments.length > 1) surplus('ParameterDict.has', arguments, 1, 'name');
    return this.#items.has(name);
  }
  #get(operation: string, name: string): Parameter {
    const found = this.#items.get(name);
    if (found !== undefined) return found;
    throw new RangeError(
      `${operation}: there is no ${describe(name)}; there are ${[...this.#items.keys()].join(', ') || 'none'}`,
    );
  }
  /**
   * The parameter of a name.
   * @throws RangeError when there is none.
   */
  get(name: string): Parameter {
    if (arguments.length > 1) surplus('ParameterDict.get', arguments, 1, 'name');
    return this.#get('ParameterDict.get', name);
  }
  /**
   * Sets the parameter of a name.
   * @throws TypeError for what is no tensor of floats; RangeError for a name that is none.
   */
  set(name: string, parameter: Tensor): this {
    if (arguments.length > 2) surplus('ParameterDict.set', arguments, 2, 'parameter');
    this.#set('ParameterDict.set', name, parameter);
    return this;
  }
  /**
   * The parameter of a name, which becomes `parameter` where there is none.
   * @throws TypeError for what is no tensor of floats; RangeError for a name that is none.
   */
  setdefault(name: string, parameter: Tensor): Parameter {
    if (arguments.length > 2) surplus('ParameterDict.setdefault', arguments, 2, 'parameter');
    if (!this.#items.has(name)) this.#set('ParameterDict.setdefault', name, parameter);
    return this.#get('ParameterDict.setdefault', name);
  }
  /** Removes a parameter; returns whether there was one. */
  delete(name: string): boolean {
    if (arguments.length > 1) surplus('ParameterDict.delete', arguments, 1, 'name');
    return this.#items.delete(name);
  }
  /**
   * Removes a parameter and returns it.
   * @throws RangeError when there is none of that name.
   */
  pop(name: string): Parameter {
    if (arguments.length > 1) surplus('ParameterDict.pop', arguments, 1, 'name');
    const found = this.#get('ParameterDict.pop', name);
    this.#items.delete(name);
    return found;
  }
  /**
   * Removes the parameter that was set last, and returns its name and itself.
   * @throws RangeError when there is none.
   */
  popitem(): [name: string, parameter: Parameter] {
    if (arguments.length > 0) surplus('ParameterDict.popitem', arguments, 0);
    const last = [...this.#items].at(-1);
    if (last === undefined) throw new RangeError('ParameterDict.popitem: there are no parameters');
    this.#items.delete(last[0]);
    return last;
  }
  /** Removes all parameters. */
  clear(): void {
    if (arguments.length > 0) surplus('ParameterDict.clear', arguments, 0);
    this.#items.clear();
  }
  /** Another dict of the same parameters; `deepcopy` makes copies of them too. */
  copy(): ParameterDict {
    if (arguments.length > 0) surplus('ParameterDict.copy', arguments, 0);
    return new ParameterDict(this.#items);
  }
  /**
   * A new dict in which each of the names has `parameter`: one and the same where it is a Parameter, each its own of the same memory where
   * it is another tensor.
   * @throws TypeError for what is no tensor of floats; RangeError for a name that is none.
   */
  fromkeys(keys: Iterable<string>, parameter: Tensor): ParameterDict {
    if (arguments.length > 2) surplus('ParameterDict.fromkeys', arguments, 2, 'parameter');
    const made = new ParameterDict();
    for (const name of names.check('ParameterDict.fromkeys', 'keys', keys)) {
      made.#set('ParameterDict.fromkeys', name, parameter);
    }
    return made;
  }
  /**
   * Sets all parameters of an object, a Map, another dict or pairs.
   * @throws TypeError for what are no tensors of floats; RangeError for a name that is none.
   */
  update(parameters: NamedTensors): this {
    if (arguments.length > 1) surplus('ParameterDict.update', arguments, 1, 'parameters');
    this.#put('ParameterDict.update', parameters);
    return this;
  }
  /** The names, in order. */
  keys(): IterableIterator<string> {
    if (arguments.length > 0) surplus('ParameterDict.keys', arguments, 0);
    return this.#items.keys();
  }
  /** The parameters, in order. */
  values(): IterableIterator<Parameter> {
    if (arguments.length > 0) surplus('ParameterDict.values', arguments, 0);
    return this.#items.values();
  }
  /** Names and parameters, in order (PyTorch: `items`). */
  entries(): IterableIterator<[string, Parameter]> {
    if (arguments.length > 0) surplus('ParameterDict.entries', arguments, 0);
    return this.#items.entries();
  }
  /** As `entries`. */
  [Symbol.iterator](): IterableIterator<[string, Parameter]> {
    return this.entries();
  }
  /** As PyTorch prints it. */
  override toString(): string {
    if (arguments.length > 0) surplus('ParameterDict.toString', arguments, 0);
    const lines = [...this.#items].map(([name, { dtype, shape }]) => {
      const shown = `Parameter containing: [${dtype} of size ${shape.join('x')}]`;
      return [name, shown] as const;
    });
    return printModule(this.constructor.name, '', lines);
  }
}
