/**
 * Values with tensors as messages between threads (`postMessage`, `workerData`, `structuredClone`): a tensor goes as a
 * description of memory that threads share, whose bytes no message copies.
 */
import { types } from 'node:util';
import { boolean, describe, isArray, isInstance, isPlain, surplus } from '../check';
import { sharedCopy } from '../ops/copying/share';
import { Parameter } from '../nn/parameter';
import { PackedSequence } from '../nn/utils/rnn/packed-sequence';
import { dtypes, isFloat, itemSize, type DType } from '../tensor/dtype';
import { sharedBufferOf, storageOver } from '../tensor/memory';
import { isTensor } from '../tensor/rules';
import { StateDict } from '../tensor/state-dict';
import { sizesOf, elementStridesOf, Tensor } from '../tensor/tensor';
import { isStateful } from './checkpoint-values';

const tag = '$ostinato';

/** A tensor as a message has it. */
interface Sent {
  readonly [tag]: 'tensor' | 'parameter';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly buffer: SharedArrayBuffer;
  readonly requiresGrad: boolean;
}

const deepest = 1000;
// Of what structured clone copies as it is.
const plainTypes =
  /^\[object (?:(?:Big)?(?:Uint|Int)\d+|Uint8Clamped|Float\d+|Date|RegExp|Error|Boolean|Number|String|(?:Shared)?ArrayBuffer|DataView)(?:Array)?\]$/;

function isCloneable(value: object): boolean {
  try {
    return plainTypes.test(Object.prototype.toString.call(value));
  } catch {
    return false; // A revoked Proxy.
  }
}

class Writer {
  readonly #made = new Map<object, unknown>();

  write(value: unknown, path: string, depth: number): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') return refuse(path, value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#made.has(value)) return this.#made.get(value);
    if (depth > deepest) {
      throw new RangeError(`toMessage: ${path} is nested more than ${deepest} deep`);
    }
    if (isTensor(value)) return this.#keep(value, send(value, path));
    if (isArray(value)) {
      const out = this.#keep(value, [] as unknown[]);
      for (let i = 0; i < value.length; i++) {
        out.push(this.write(value[i], `${path}[${i}]`, depth + 1));
      }
      return out;
    }
    if (types.isMap(value)) {
      const out = this.#keep(value, new Map<unknown, unknown>());
      for (const [key, item] of value) {
        const place = typeof key === 'string' ? `${path}.${key}` : path;
        out.set(this.write(key, path, depth + 1), this.write(item, place, depth + 1));
      }
      if (!(value instanceof StateDict)) return out;
      const state = { [tag]: 'state', value: out };
      this.#made.set(value, state);
      return state;
    }
    if (isInstance(value, PackedSequence)) {
      const { data, batchSizes, sortedIndices, unsortedIndices, batch } = value;
      const parts = { data, batchSizes, sortedIndices, unsortedIndices, batch };
      return this.#keep(value, {
        [tag]: 'packed',
        ...(this.write(parts, path, depth + 1) as object),
      });
    }
    if (isPlain(value)) {
      if (Object.hasOwn(value, tag)) {
        throw new RangeError(
          `toMessage: ${path} has the key '${tag}', which messages need; rename it`,
        );
      }
      const out = this.#keep(value, {});
      for (const [key, item] of Object.entries(value)) {
        Object.defineProperty(out, key, {
          value: this.write(item, `${path}.${key}`, depth + 1),
          ...{ enumerable: true, configurable: true, writable: true },
        });
      }
      return out;
    }
    return isCloneable(value) ? value : refuse(path, value);
  }

  #keep<T>(value: object, made: T): T {
    this.#made.set(value, made);
    return made;
  }
}

function refuse(path: string, value: unknown): never {
  throw new TypeError(
    isStateful(value)
      ? `toMessage: ${path} must be tensors and plain values, got ${describe(value)}; send its stateDict(), and load that into one made on the other side`
      : `toMessage: ${path} must be tensors and plain values, got ${describe(value)}`,
  );
}

function send(x: Tensor, path: string): Sent {
  if (x.gradFn !== null) {
    throw new Error(
      `toMessage: ${path} was made by an operation (${x.gradFn.name}), whose history stays in this thread; send its detach()`,
    );
  }
  const shared = sharedBufferOf(x.storage) === null ? sharedCopy(x) : x;
  return {
    [tag]: x instanceof Parameter ? 'parameter' : 'tensor',
    dtype: x.dtype,
    shape: [...sizesOf(shared)],
    strides: [...elementStridesOf(shared)],
    offset: shared.offset,
    buffer: sharedBufferOf(shared.storage)!,
    requiresGrad: x.requiresGrad,
  };
}

const malformed = (what: string): never => {
  throw new RangeError(`fromMessage: this is no message of toMessage: ${what}`);
};

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const counts = (value: unknown, what: string): number[] => {
  const list: unknown[] = isArray(value) ? [...value] : malformed(`${what} is no array`);
  return list.every(isCount) ? list : malformed(`${what} must hold integers of at least 0`);
};

function receive(sent: Readonly<Record<keyof Sent, unknown>>): Tensor {
  const { dtype, offset, buffer } = sent;
  if (!dtypes.includes(dtype as DType)) malformed(`there is no element type ${describe(dtype)}`);
  if (!types.isSharedArrayBuffer(buffer)) return malformed('a tensor has no SharedArrayBuffer');
  const shape = counts(sent.shape, 'a shape');
  const strides = counts(sent.strides, 'strides');
  if (shape.length !== strides.length) malformed('a shape and its strides differ in length');
  if (!isCount(offset)) return malformed('an offset must be an integer of at least 0');
  const storage = storageOver(buffer);
  const x = new Tensor(storage, dtype as DType, shape, strides, offset);
  if ((x.offset + x.reach()) * itemSize(x.dtype) > storage.capacity) {
    malformed('a tensor reaches beyond its memory');
  }
  const requiresGrad = boolean.check('fromMessage', 'requiresGrad', sent.requiresGrad);
  if (requiresGrad && !isFloat(x.dtype)) malformed(`${x.dtype} tensors have no gradient`);
  if (sent[tag] === 'parameter') return new Parameter(x, { requiresGrad });
  x.requiresGrad = requiresGrad;
  return x;
}

class Reader {
  readonly #made = new Map<object, unknown>();

  read(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (this.#made.has(value)) return this.#made.get(value);
    if (depth > deepest + 1) return malformed(`values are nested more than ${deepest} deep`);
    if (isArray(value)) {
      const out: unknown[] = [];
      this.#made.set(value, out);
      for (let i = 0; i < value.length; i++) out.push(this.read(value[i], depth + 1));
      return out;
    }
    if (types.isMap(value)) return this.#readMap(value, new Map(), depth);
    if (!isPlain(value))
      return isCloneable(value) ? value : malformed(`it holds ${describe(value)}`);
    if (Object.hasOwn(value, tag)) {
      const made = this.#readTagged(value, depth);
      this.#made.set(value, made);
      return made;
    }
    const out: Record<string, unknown> = {};
    this.#made.set(value, out);
    for (const [key, item] of Object.entries(value)) {
      Object.defineProperty(out, key, {
        value: this.read(item, depth + 1),
        ...{ enumerable: true, configurable: true, writable: true },
      });
    }
    return out;
  }

  #readMap(
    from: ReadonlyMap<unknown, unknown>,
    out: Map<unknown, unknown>,
    depth: number,
  ): unknown {
    this.#made.set(from, out);
    for (const [key, item] of from) out.set(this.read(key, depth + 1), this.read(item, depth + 1));
    return out;
  }

  #readTagged(value: Readonly<Record<string, unknown>>, depth: number): unknown {
    const kind = value[tag];
    if (kind === 'tensor' || kind === 'parameter') return receive(value);
    if (kind === 'state' && types.isMap(value.value)) {
      return this.#readMap(value.value, new StateDict(), depth);
    }
    if (kind !== 'packed') return malformed(`there is no kind ${describe(kind)}`);
    const read = (name: string): never => this.read(value[name], depth + 1) as never;
    return new PackedSequence(read('data'), read('batchSizes'), read('sortedIndices'), read('unsortedIndices'), read('batch')); // prettier-ignore
  }
}

/**
 * A value with tensors as a message to another thread: for `postMessage`, `workerData`, `structuredClone`. Tensors may be
 * anywhere in arrays, Maps and plain objects (a state dict, a batch); other values are as structured clone takes them. A tensor in
 * shared memory (`shareMemory_`, `Module.shareMemory`) goes without a copy: both sides have the same elements, and nothing
 * keeps one from writing while the other reads. Any other is copied once. Parameters stay parameters; gradients do not go along.
 * The counterpart is `fromMessage`. Messages reach threads of this process; for another process, files are the way.
 * @throws TypeError for functions, modules and other objects of classes; Error for a tensor with a history.
 * @example
 * const weights = new nn.Linear(2, 1).shareMemory().stateDict();
 * const received = io.fromMessage<typeof weights>(structuredClone(io.toMessage(weights)));
 * received.get('weight')!.fill_(1);
 * weights.get('weight')!.toArray(); // [[1, 1]]
 */
export function toMessage(value: unknown): unknown {
  if (arguments.length > 1) surplus('toMessage', arguments, 1, 'value');
  return new Writer().write(value, 'value', 0);
}

/**
 * The value of a message that `toMessage` made, its tensors over the memory that was sent. `T` says what it is.
 * @throws RangeError, TypeError for what `toMessage` did not make.
 * @example io.fromMessage<Tensor>(structuredClone(io.toMessage(tensor([1, 2])))).toArray() // [1, 2]
 */
export function fromMessage<T = unknown>(message: unknown): T {
  if (arguments.length > 1) surplus('fromMessage', arguments, 1, 'message');
  return new Reader().read(message, 0) as T;
}
