/**
 * The values of a checkpoint as JSON and back: what JSON lacks is an object with the key `$`; tensors are put aside, under
 * dotted names; modules, optimizers and generators count for their states.
 */
import { deepest, describe, isArray, isInstance, isPlain } from '../check';
import { isTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import type { Tensor } from '../tensor/tensor';
import { refuse } from './malformed';

/** What has a state dict: a module, an optimizer, a scheduler. */
export interface Stateful {
  /** What `loadStateDict` continues from. */
  stateDict(): unknown;
  /** Loads what `stateDict` returned. */
  loadStateDict(state: never, options?: never): unknown;
}

/** What has its state in bytes: a random generator. */
export interface StatefulGenerator {
  /** What `setState` continues from. */
  getState(): Uint8Array;
  /** Loads what `getState` returned. */
  setState(state: Uint8Array): unknown;
}

export type Target = Stateful | StatefulGenerator;

function has(value: unknown, ...methods: string[]): boolean {
  try {
    return methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
  } catch {
    return false;
  }
}
export const isStateful = (value: unknown): value is Stateful =>
  has(value, 'stateDict', 'loadStateDict');
export const isGenerator = (value: unknown): value is StatefulGenerator =>
  has(value, 'getState', 'setState');
export const stateOf = (target: Target): unknown =>
  isStateful(target) ? target.stateDict() : target.getState();

const arrays = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array,
} as const; // prettier-ignore

type Tagged = { $: string } & Record<string, unknown>;

function checkKey(operation: string, key: unknown, path: string): string {
  if (typeof key === 'string') return key;
  throw new TypeError(`${operation}: a key of ${path} must be a string, got ${describe(key)}`);
}

/** Writes values as JSON; tensors are put aside in `tensors`. */
export class Encoder {
  readonly tensors = new Map<string, Tensor>();
  readonly #above = new Set<unknown>();
  readonly #operation: string;

  /** @param operation in whose name it refuses */
  constructor(operation: string) {
    this.#operation = operation;
  }

  encode(value: unknown, path: string): unknown {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (value === undefined) return { $: 'undefined' };
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (typeof value === 'bigint') return { $: 'bigint', value: String(value) };
    if (isTensor(value)) return { $: 'tensor', value: this.#put(value, path) };
    if (typeof value !== 'object') return this.#refuse(value, path);
    if (this.#above.has(value)) {
      throw new RangeError(`${this.#operation}: ${path} holds itself, which a file cannot`);
    }
    if (this.#above.size === deepest) {
      throw new RangeError(`${this.#operation}: ${path} is nested more than ${deepest} deep`);
    }
    this.#above.add(value);
    const encoded = this.#encodeObject(value, path);
    this.#above.delete(value);
    return encoded;
  }

  #encodeObject(value: object, path: string): unknown {
    if (isStateful(value) || isGenerator(value)) return this.encode(stateOf(value), path);
    if (isArray(value)) return Array.from(value, (item, i) => this.encode(item, `${path}.${i}`));
    if (isInstance(value, Map)) {
      const pairs = [...value].map(([key, item]) => [
        checkKey(this.#operation, key, path),
        this.encode(item, `${path}.${String(key)}`),
      ]);
      return { $: 'map', value: pairs };
    }
    if (ArrayBuffer.isView(value)) {
      const type = Object.prototype.toString.call(value).slice(8, -1);
      if (!Object.hasOwn(arrays, type)) return this.#refuse(value, path);
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      return { $: 'array', type, value: bytes.toString('base64') };
    }
    if (!isPlain(value)) return this.#refuse(value, path);
    const pairs = Object.entries(value).map(
      ([key, item]) => [key, this.encode(item, path === '' ? key : `${path}.${key}`)] as const,
    );
    const isSafe = !pairs.some(([key]) => key === '$' || key === '__proto__');
    return isSafe ? Object.fromEntries(pairs) : { $: 'object', value: pairs };
  }

  #put(x: Tensor, path: string): string {
    let name = path;
    for (let copy = 2; this.tensors.has(name); copy++) name = `${path}~${copy}`;
    this.tensors.set(name, x);
    return name;
  }

  #refuse(value: unknown, path: string): never {
    const hint = hasToJSON(value) ? `; save ${path}.toJSON()` : '';
    throw new TypeError(
      `${this.#operation}: ${path} must be a tensor, a plain value or an object with stateDict(), got ${describe(value)}${hint}`,
    );
  }
}

/** Whether a value says itself what a file can hold of it, as a tokenizer does; a Date only gives text. */
function hasToJSON(value: unknown): boolean {
  try {
    const { toJSON } = value as { readonly toJSON?: unknown };
    return typeof toJSON === 'function' && !(value instanceof Date);
  } catch {
    return false;
  }
}

function decodePairs(
  pairs: unknown,
  tensors: Map<string, Tensor>,
  depth: number,
): [string, unknown][] {
  if (!isArray(pairs)) return refuse('entries are no array');
  return pairs.map((pair) => {
    if (!isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
      return refuse('an entry is no pair of a name and a value');
    }
    return [pair[0], decode(pair[1], tensors, depth)];
  });
}

function decodeTagged(tagged: Tagged, tensors: Map<string, Tensor>, depth: number): unknown {
  const { $: kind, value } = tagged;
  if (kind === 'undefined') return undefined;
  if (kind === 'map') {
    const pairs = decodePairs(value, tensors, depth);
    const isState = pairs.length > 0 && pairs.every(([, item]) => isTensor(item));
    return isState ? new StateDict(pairs as [string, Tensor][]) : new Map(pairs);
  }
  if (kind === 'object') return Object.fromEntries(decodePairs(value, tensors, depth));
  if (typeof value !== 'string') return refuse(`a value of kind ${describe(kind)} is no string`);
  if (kind === 'tensor')
    return tensors.get(value) ?? refuse(`there is no tensor ${describe(value)}`);
  if (kind === 'number' && /^(NaN|-?Infinity|-0)$/.test(value)) return Number(value);
  if (kind === 'bigint' && /^-?\d+$/.test(value)) return BigInt(value);
  const { type } = tagged;
  if (kind === 'array' && typeof type === 'string' && Object.hasOwn(arrays, type)) {
    const bytes = Buffer.from(value, 'base64');
    const Type = arrays[type as keyof typeof arrays];
    if (bytes.length % Type.BYTES_PER_ELEMENT !== 0) return refuse(`a ${type} is cut short`);
    return new Type(new Uint8Array(bytes).buffer);
  }
  return refuse(`a value of kind ${describe(kind)} is unknown`);
}

export function decode(value: unknown, tensors: Map<string, Tensor>, depth = 0): unknown {
  if (depth > 3 * deepest) return refuse('values are nested too deeply');
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((item) => decode(item, tensors, depth + 1));
  if (Object.hasOwn(value, '$')) return decodeTagged(value as Tagged, tensors, depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, decode(item, tensors, depth + 1)]),
  );
}
