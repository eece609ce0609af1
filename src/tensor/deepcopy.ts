/**
 * deepcopy: a value and all that it refers to, each once. This file owns the walk over JavaScript's own values, and the
 * protocol by which classes say how they are copied; tensors, modules and generators say it in their own files.
 */
import { types } from 'node:util';
import { describe, describeOfAnotherCopy, isMade, surplus, withName } from '../check';

/** Copies what a value refers to: the same copy for the same value. */
export type Copier = <T>(value: T) => T;

/** The same; `key` is where the value is, for errors. */
export type Copying = <T>(value: T, key?: PropertyKey) => T;

const custom: unique symbol = Symbol.for('ostinato.deepcopy.custom') as never;

/** @internal A method that gives what `custom` made the parts of the original: `made[fill](original, copy)`. */
export const fill: unique symbol = Symbol('deepcopy.fill');

interface Copyable {
  readonly [custom]?: (copy: Copying, where: () => string) => unknown;
  readonly [fill]?: (from: object, copy: Copying) => void;
  readonly [isMade]?: () => boolean;
}

/**
 * Whether a class reads private members: the copy of an object that its constructor did not make has none. Compilers for
 * older targets call functions of these names.
 */
const privateUse =
  /\.\s*#[\p{ID_Start}$_]|_class_?private_?(?:field|method)_?(?!loose)|__private(?:Get|Set|Method)|_assertClassBrand/iu;
const commentsAndTexts = /\/\*[^]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;
const arrow = /^(?:async\b\s*)?(?:\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u;

const sourceOf = (fn: object): string =>
  Function.prototype.toString.call(fn).replace(commentsAndTexts, '');
const isNative = (fn: object): boolean =>
  Function.prototype.toString.call(fn).endsWith('{ [native code] }');

const found = new WeakMap<object, boolean>();
function readsPrivate(constructor: object): boolean {
  let known = found.get(constructor);
  if (known === undefined) found.set(constructor, (known = privateUse.test(sourceOf(constructor))));
  return known;
}

const compiledFrom = new WeakMap<object, object>();
/** @internal Notes that `made` computes what `fn` computes, so that it is copied where `fn` could be. */
export function computes(made: object, fn: object): void {
  compiledFrom.set(made, fn);
}

/** Why a copy cannot have this function, or null. */
function boundBy(fn: object): string | null {
  const from = compiledFrom.get(fn);
  if (from !== undefined) return boundBy(from);
  if (Object.hasOwn(fn, 'prototype')) return null;
  if (isNative(fn)) {
    return (fn as { name: unknown }).name?.toString().startsWith('bound ') === true
      ? 'a bound function'
      : null;
  }
  const source = sourceOf(fn);
  return arrow.test(source) && /\b(?:this|super)\b/.test(source) ? "an arrow function with 'this'" : null; // prettier-ignore
}

/**
 * @internal What `new` gives with the arguments that `Base` takes, but of the class of `value`: the constructors of classes
 * between the two do not run.
 */
export function emptyOf<T extends object>(
  Base: abstract new (...args: never[]) => T,
  value: T,
  args: readonly unknown[] = [],
): T {
  const prototype: unknown = Object.getPrototypeOf(value);
  const { constructor } = value as { constructor: unknown };
  const isOwn = typeof constructor === 'function' && constructor.prototype === prototype;
  const made = Reflect.construct(Base as new () => T, args, isOwn ? constructor : Base) as T;
  if (!isOwn) Object.setPrototypeOf(made, prototype as object);
  return made;
}

/**
 * @internal A copy of `value`; what `own` is, if both are functions and the original's works on the original: a constructor has
 * made one that works on the copy.
 */
export const copyUnlessOwn = (
  value: unknown,
  own: unknown,
  copy: Copying,
  key: PropertyKey,
): unknown =>
  typeof own === 'function' && typeof value === 'function' && boundBy(value) !== null
    ? own
    : copy(value, key);

/** @internal Gives `to` copies of the properties of `from`, in their order, and no other; all but one named `except`. */
export function copyFields(
  from: object,
  to: object,
  copy: Copying,
  except: PropertyKey | null = null,
): void {
  const keys = Reflect.ownKeys(from).filter((key) => key !== except);
  const before = Reflect.ownKeys(to);
  const made = new Map(
    before.map((key) => [key, Reflect.getOwnPropertyDescriptor(to, key)?.value]),
  );
  if (before.some((key, i) => key !== keys[i])) {
    for (const key of before) Reflect.deleteProperty(to, key);
  }
  for (const key of keys) {
    const property = Reflect.getOwnPropertyDescriptor(from, key)!;
    if ('value' in property) {
      property.value = copyUnlessOwn(property.value, made.get(key), copy, key);
    } else copy([property.get, property.set], key);
    Object.defineProperty(to, key, property);
  }
}

/** @internal For a class whose objects are not copied: why, and what to do instead. */
export function refuseCopy(value: object, where: () => string, why: string): never {
  throw new TypeError(`deepcopy: ${where()} is ${describe(value)}, ${why}`);
}

const nameOf = (value: object): string => {
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' ? constructor.name : 'Object';
};

const isPlain = (prototype: object | null): boolean =>
  prototype === null || (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty')); // prettier-ignore

// Not one that waits for its copy: that has no value yet.
const waiting = {};
const deepest = 1000;

class Walk {
  readonly #made = new Map<object, object>();
  readonly #keys: PropertyKey[] = [];

  readonly copy: Copying = (value, key = '') => {
    if (typeof value === 'function') return this.#checked(value, key);
    if (typeof value !== 'object' || value === null) return value;
    this.#keys.push(key);
    const made = this.#object(value) as typeof value;
    this.#keys.pop();
    return made;
  };

  readonly where = (): string =>
    this.#keys
      .map((key) => {
        if (key === '') return '';
        if (typeof key === 'string' && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `.${key}`;
        return `[${typeof key === 'string' && !/^\d+$/.test(key) ? JSON.stringify(key) : String(key)}]`;
      })
      .join('')
      .replace(/^/, 'value'); // prettier-ignore

  #refuse(rule: string): never {
    throw new TypeError(`deepcopy: ${this.where()} ${rule}`);
  }

  #checked<T extends object>(fn: T, key: PropertyKey): T {
    const what = boundBy(fn);
    if (what === null) return fn;
    this.#keys.push(key);
    this.#refuse(
      `is ${what}, which would work on the original in the copy too; make it a method, or define [deepcopy.custom] in the class`,
    );
  }

  #object(value: object): object {
    const known = this.#made.get(value);
    if (known === waiting) {
      this.#refuse(
        `is needed for its own copy: its [deepcopy.custom] copies what refers back to it; copy what holds both`,
      );
    }
    if (known !== undefined) return known;
    if (this.#keys.length > deepest) {
      throw new RangeError(`deepcopy: ${this.where().slice(0, 60)}… is nested more than ${deepest} deep`);
    } // prettier-ignore
    if (types.isProxy(value)) this.#refuse('is a Proxy, which cannot be copied; copy its target');
    const own = (value as Copyable)[custom];
    return typeof own === 'function' ? this.#byClass(value, own) : this.#byParts(value);
  }

  #byClass(value: object, own: NonNullable<Copyable[typeof custom]>): object {
    const foreign = describeOfAnotherCopy(value);
    if (foreign !== undefined) this.#refuse(`is ${foreign}`);
    if ((value as Copyable)[isMade]?.() === false) {
      this.#refuse('was not made by the constructor of its class');
    }
    this.#made.set(value, waiting);
    const made: unknown = own.call(value, this.copy, this.where);
    if (made !== value) this.#checkPrivate(value);
    if (
      typeof made !== 'object' ||
      made === null ||
      Object.getPrototypeOf(made) !== Object.getPrototypeOf(value)
    ) {
      this.#refuse(`must be copied to ${describe(value)} by its [deepcopy.custom], got ${describe(made)}`); // prettier-ignore
    }
    this.#made.set(value, made);
    if (made !== value) (made as Copyable)[fill]?.(value, this.copy);
    return made;
  }

  // A class that says how it is copied answers for itself and those below, not for what extends it.
  #checkPrivate(value: object): void {
    for (
      let prototype = Object.getPrototypeOf(value) as object | null;
      prototype !== null && !Object.hasOwn(prototype, custom) && !Object.hasOwn(prototype, fill);
      prototype = Object.getPrototypeOf(prototype) as object | null
    ) {
      const { constructor } = Object.hasOwn(prototype, 'constructor') ? prototype : { constructor: null }; // prettier-ignore
      if (typeof constructor !== 'function' || isPlain(prototype)) continue;
      if (readsPrivate(constructor)) {
        const name = nameOf(value);
        this.#refuse(
          `is ${describe(value)}, whose #private members (of ${constructor.name}) no other code can copy; define [deepcopy.custom]() { return new ${name}(…); } in class ${name}`,
        );
      }
    }
  }

  #byParts(value: object): object {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (Array.isArray(value)) return this.#array(value);
    if (isPlain(prototype)) return this.#fields(value, Object.create(prototype) as object);
    if (types.isMap(value)) {
      const made = this.#keep(value, emptyOf(Map, value));
      for (const [key, item] of value) {
        made.set(this.copy(key), this.copy(item, typeof key === 'string' ? key : ''));
      }
      return this.#fields(value, made);
    }
    if (types.isSet(value)) {
      const made = this.#keep(value, emptyOf(Set, value));
      for (const item of value) made.add(this.copy(item));
      return this.#fields(value, made);
    }
    if (types.isAnyArrayBuffer(value)) return this.#keep(value, value.slice(0));
    if (ArrayBuffer.isView(value)) return this.#view(value);
    if (types.isDate(value)) {
      return this.#fields(value, emptyOf(Date, value, [Number(value)]));
    }
    if (types.isRegExp(value)) {
      return this.#fields(value, emptyOf(RegExp, value, [value.source, value.flags]));
    }
    if (types.isNativeError(value)) return this.#fields(value, emptyOf(Error, value));
    if (types.isBoxedPrimitive(value)) return this.#keep(value, Object(value.valueOf()) as object);
    this.#checkPrivate(value);
    for (
      let above = prototype;
      above !== null && !isPlain(above);
      above = Object.getPrototypeOf(above) as object | null
    ) {
      const { constructor } = Object.hasOwn(above, 'constructor') ? above : { constructor: null };
      if (typeof constructor === 'function' ? isNative(constructor) : Symbol.toStringTag in above) {
        this.#refuse(
          `is ${describe(value)}, which cannot be copied; keep it in no field, or define [deepcopy.custom] in the class of the field`,
        );
      }
    }
    return this.#fields(value, Object.create(prototype) as object);
  }

  #keep<T extends object>(value: object, made: T): T {
    this.#made.set(value, made);
    return made;
  }

  #fields<T extends object>(value: object, made: T): T {
    this.#keep(value, made);
    copyFields(value, made, this.copy);
    if (Object.isFrozen(value)) Object.freeze(made);
    else if (Object.isSealed(value)) Object.seal(made);
    else if (!Object.isExtensible(value)) Object.preventExtensions(made);
    return made;
  }

  #array(value: unknown[]): unknown[] {
    // With holes or names the array is an object like others.
    if (Object.keys(value).length !== value.length || Object.isSealed(value)) {
      return this.#fields(value, emptyOf(Array, value));
    }
    const made = this.#keep(value, emptyOf(Array, value));
    for (let i = 0; i < value.length; i++) made.push(this.copy(value[i], i));
    return made;
  }

  // Views of one buffer are views of one copy; a Buffer's memory is Node's, which many share.
  #view(value: ArrayBufferView): object {
    if (Buffer.isBuffer(value)) return this.#keep(value, Buffer.from(value));
    const { buffer, byteOffset } = value;
    const isData = types.isDataView(value);
    const Base = isData ? DataView : (globalThis as never)[(value as Float32Array)[Symbol.toStringTag]]; // prettier-ignore
    const length = isData ? value.byteLength : (value as Float32Array).length;
    return this.#keep(value, emptyOf<object>(Base, value, [this.copy(buffer), byteOffset, length]));
  }
}

interface DeepCopy {
  <T>(value: T): T;
  /** The name of the method by which a class says how it is copied. */
  readonly custom: typeof custom;
}

/**
 * A copy of a value and of all that it refers to, each once (Python's `copy.deepcopy`, as PyTorch's objects answer it): a
 * module, a state dict, tensors, and the arrays, Maps, Sets, plain objects, dates, typed arrays and objects of classes around them.
 *
 * A module's copy has parameters and buffers of its own, with the same values, element types and `requiresGrad`, and without a
 * history; fields, hooks and modes are the original's. What is one object there is one object in the copy (tied weights), and
 * tensors share memory where theirs do. As in PyTorch the `grad` of a parameter is not copied, that of another leaf is. Nothing is
 * drawn, since constructors of modules do not run. Functions and classes are shared; an arrow function with `this` in a field is
 * refused, because it would work on the original.
 *
 * An optimizer updates the parameters that it was made with: make another one of the copy's, and load its state dict.
 *
 * A class with `#private` members has a method of the name `deepcopy.custom`, which returns a new object of the class, or `this` to be
 * shared. It is given a function that copies what a `#private` field holds. Where the class is a Module, its other fields are
 * copied then.
 *
 * @throws TypeError for what cannot be copied, with its place: a class with `#private` members and without `deepcopy.custom`, a
 * WeakMap, a Promise, a Proxy, an optimizer; Error for a tensor that an operation made; RangeError for values nested more than 1,000
 * deep.
 * @example
 * const model = new nn.Linear(4, 2);
 * const average = deepcopy(model).requiresGrad_(false);
 * // After each step of training, an exponential moving average of the weights:
 * const weights = model.parameters();
 * noGrad(() => average.parameters().forEach((p, i) => p.mul_(0.99).add_(weights[i].mul(0.01))));
 * @example
 * class Scaled extends nn.Module {
 *   #factor: number;
 *   layer = new nn.Linear(4, 2);
 *   constructor(factor: number) { super(); this.#factor = factor; }
 *   [deepcopy.custom]() { return new Scaled(this.#factor); }
 *   forward(x: Tensor) { return this.layer.forward(x).mul(this.#factor); }
 * }
 * const copy = deepcopy(new Scaled(2));
 */
export const deepcopy: DeepCopy = Object.assign(copyDeeply, { custom } as const);
withName('deepcopy', deepcopy);

function copyDeeply<T>(value: T): T {
  if (arguments.length > 1) surplus('deepcopy', arguments, 1, 'value');
  return new Walk().copy(value);
}
