/**
 * Checkpoints: everything that a training run continues from, in one safetensors file. Tensors are the file's own, under
 * dotted names; everything else is JSON in its metadata, where what JSON lacks is an object with the key `$`.
 */
import { boolean, describe, isArray, isInstance, optionsTable, rule } from '../check';
import { clone } from '../ops/clone';
import { isTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import type { Tensor } from '../tensor/tensor';
import { pathOf, type FilePath } from './files';
import { loadSafetensors, readSafetensorsMetadata, saveSafetensors } from './safetensors';

/** What has a state dict: a module, an optimizer, a scheduler. */
export interface Stateful {
  /** What `loadStateDict` continues from. */
  stateDict(): unknown;
  /** Takes over what `stateDict` returned. */
  loadStateDict(state: never, options?: never): unknown;
}

/** What has its state in bytes: a random generator. */
export interface StatefulGenerator {
  /** What `setState` continues from. */
  getState(): Uint8Array;
  /** Takes over what `getState` returned. */
  setState(state: Uint8Array): unknown;
}

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions {
  /** Whether keys that a module lacks or the file lacks are errors, as in `Module.loadStateDict`. Default: true. */
  strict?: boolean;
}

type Plain = Readonly<Record<string, unknown>>;
type Target = Stateful | StatefulGenerator;

const format = 'ostinato-checkpoint';
const version = '1';
const deepest = 100;

function isPlain(value: unknown): value is Plain {
  try {
    if (typeof value !== 'object' || value === null || isArray(value)) return false;
    const above: unknown = Object.getPrototypeOf(value);
    return above === null || Object.getPrototypeOf(above) === null;
  } catch {
    return false; // A revoked Proxy.
  }
}

function has(value: unknown, ...methods: string[]): boolean {
  try {
    return methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
  } catch {
    return false;
  }
}
const isStateful = (value: unknown): value is Stateful => has(value, 'stateDict', 'loadStateDict');
const isGenerator = (value: unknown): value is StatefulGenerator =>
  has(value, 'getState', 'setState');
const stateOf = (target: Target): unknown =>
  isStateful(target) ? target.stateDict() : target.getState();

const anyValues = rule<Plain>('an object of values by name', isPlain);
const anyTargets = rule<Readonly<Record<string, Target>>>(
  'an object of modules, optimizers, schedulers and generators by name',
  (value) =>
    isPlain(value) && Object.values(value).every((each) => isStateful(each) || isGenerator(each)),
);
const loadOptions = optionsTable<LoadCheckpointOptions>('loadCheckpoint', {
  strict: boolean.or(true),
});

const arrays = {
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
  BigInt64Array, BigUint64Array,
} as const; // prettier-ignore

type Tagged = { $: string } & Record<string, unknown>;

/** Writes values as JSON; tensors are put aside in `tensors`. */
class Encoder {
  readonly tensors = new Map<string, Tensor>();
  readonly #above = new Set<unknown>();

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
      throw new RangeError(`saveCheckpoint: ${path} holds itself, which a file cannot`);
    }
    if (this.#above.size === deepest) {
      throw new RangeError(`saveCheckpoint: ${path} is nested more than ${deepest} deep`);
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
        typeof key === 'string' ? key : this.#refuse(key, `a key of ${path}`),
        this.encode(item, `${path}.${String(key)}`),
      ]);
      return { $: 'map', value: pairs };
    }
    const type = Object.prototype.toString.call(value).slice(8, -1);
    if (ArrayBuffer.isView(value) && Object.hasOwn(arrays, type)) {
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
    throw new TypeError(
      `saveCheckpoint: ${path} must be a tensor, a plain value, or have a state dict, got ${describe(value)}`,
    );
  }
}

const malformed = (what: string): never => {
  throw new RangeError(`loadCheckpoint: malformed file: ${what}`);
};

function decodePairs(
  pairs: unknown,
  tensors: Map<string, Tensor>,
  depth: number,
): [string, unknown][] {
  if (!isArray(pairs)) return malformed('entries are no array');
  return pairs.map((pair) => {
    if (!isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') {
      return malformed('an entry is no pair of a name and a value');
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
  if (typeof value !== 'string') return malformed(`a value of kind ${describe(kind)} is no string`);
  if (kind === 'tensor')
    return tensors.get(value) ?? malformed(`there is no tensor ${describe(value)}`);
  if (kind === 'number' && /^(NaN|-?Infinity|-0)$/.test(value)) return Number(value);
  if (kind === 'bigint' && /^-?\d+$/.test(value)) return BigInt(value);
  const { type } = tagged;
  if (kind === 'array' && typeof type === 'string' && Object.hasOwn(arrays, type)) {
    const bytes = Buffer.from(value, 'base64');
    const Type = arrays[type as keyof typeof arrays];
    if (bytes.length % Type.BYTES_PER_ELEMENT !== 0) return malformed(`a ${type} is cut short`);
    return new Type(new Uint8Array(bytes).buffer);
  }
  return malformed(`a value of kind ${describe(kind)} is unknown`);
}

function decode(value: unknown, tensors: Map<string, Tensor>, depth = 0): unknown {
  if (depth > 3 * deepest) return malformed('values are nested too deeply');
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map((item) => decode(item, tensors, depth + 1));
  if (Object.hasOwn(value, '$')) return decodeTagged(value as Tagged, tensors, depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, decode(item, tensors, depth + 1)]),
  );
}

/**
 * Writes everything that a training run continues from to one safetensors file: state dicts of modules, optimizers and
 * schedulers, states of generators, tensors, and plain values of any nesting (numbers, ±Infinity, NaN and -0 included,
 * bigints, strings, booleans, null, undefined, arrays, objects, Maps with strings as keys, typed arrays). Other readers of
 * the format find each tensor under its dotted name (`model.rnn.weight_ih_l0`), and the rest as JSON in the metadata entry
 * `checkpoint`. PyTorch has this as `torch.save` of a dict.
 * @param path a string or a file: URL; the file is written as a whole or not at all
 * @throws TypeError for what a file cannot hold, such as functions; RangeError for values that hold themselves; Error when
 * the file cannot be written.
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * io.saveCheckpoint('run.safetensors', { model, optimizer, rng: getRngState(), epoch: 3 });
 */
export function saveCheckpoint(path: FilePath, values: Readonly<Record<string, unknown>>): void {
  const target = pathOf('saveCheckpoint', path);
  const encoder = new Encoder();
  const encoded = encoder.encode({ ...anyValues.check('saveCheckpoint', 'values', values) }, '');
  const metadata = { format, version, checkpoint: JSON.stringify(encoded) };
  saveSafetensors(target, encoder.tensors, { metadata });
}

function readValues(path: FilePath): Record<string, unknown> {
  const file = pathOf('loadCheckpoint', path);
  const metadata = readSafetensorsMetadata(file);
  if (metadata['format'] !== format) {
    throw new RangeError(
      `loadCheckpoint: ${file} is no checkpoint that saveCheckpoint wrote; loadSafetensors reads other files`,
    );
  }
  if (metadata['version'] !== version) {
    throw new RangeError(
      `loadCheckpoint: ${file} has version ${String(metadata['version'])}, this package reads version ${version}`,
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadata['checkpoint'] ?? '');
  } catch {
    malformed('the values are not JSON');
  }
  const values = decode(parsed, loadSafetensors(file));
  return isPlain(values) ? { ...values } : malformed('the values are no object');
}

function load(target: Target, state: unknown, options: LoadCheckpointOptions): void {
  if (!isStateful(target)) target.setState(state as Uint8Array);
  else if (isInstance(state, Map)) target.loadStateDict(state as never, options as never);
  else target.loadStateDict(state as never);
}

/** A state to go back to. An optimizer's is not written over by loading, a module's is. */
const snapshot = (state: unknown): unknown =>
  isInstance(state, Map)
    ? new Map([...(state as Map<string, Tensor>)].map(([name, x]) => [name, clone(x)]))
    : state;

/**
 * Reads what `saveCheckpoint` wrote, and puts the states of `targets` into them: a run then continues with the bits that it
 * would have had. When one does not fit, none is changed.
 * @param targets modules, optimizers, schedulers and generators, by the names under which they were saved
 * @returns everything in the file by name: state dicts (a Map for a module), generators' bytes, plain values
 * @throws TypeError or RangeError for a file that is no checkpoint, or of another version, for a target that the file does
 * not have, for states that do not fit; Error when the file cannot be read.
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * io.saveCheckpoint('run.safetensors', { model, optimizer, epoch: 3 });
 * const { epoch } = io.loadCheckpoint('run.safetensors', { model, optimizer });
 */
export function loadCheckpoint(
  path: FilePath,
  targets: Readonly<Record<string, Stateful | StatefulGenerator>> = {},
  options?: LoadCheckpointOptions,
): Record<string, unknown> {
  const given = { ...anyTargets.check('loadCheckpoint', 'targets', targets) };
  const { strict } = loadOptions.read(options);
  const values = readValues(path);
  const missing = Object.keys(given).filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) {
    throw new RangeError(
      `loadCheckpoint: the file has no ${missing.join(', ')}; it has ${Object.keys(values).join(', ') || 'nothing'}`,
    );
  }
  const undo: (() => void)[] = [];
  try {
    for (const [name, target] of Object.entries(given)) {
      const before = snapshot(stateOf(target));
      load(target, values[name], { strict });
      undo.unshift(() => load(target, before, { strict: false }));
    }
  } catch (error) {
    for (const goBack of undo) goBack();
    throw error;
  }
  return values;
}
