/**
 * What the pickles of torch.save and torch.jit.save may name, and what becomes of it: descriptions of tensors and of the storages that
 * hold their elements. Nothing is read yet.
 */
import { largestRank, showShape } from '../tensor/shape';
import { elementTypes, type ElementTypeName } from './elements';
import { cannotRead, refuse } from './malformed';
import { Dict, Named, NamedClass, Opaque, Tuple, type Names } from './pickle';

/** Memory that tensors share. */
export class StorageRecord {
  /** Null until a tensor says what an untyped one holds. */
  type: ElementTypeName | null;

  constructor(
    readonly key: string,
    private readonly declared: ElementTypeName | null,
    /** Elements; bytes of an untyped one. */
    readonly given: number,
  ) {
    this.type = declared;
  }

  get bytes(): number {
    return this.declared === null ? this.given : elementTypes[this.declared].size * this.given;
  }
  /** Elements. */
  get count(): number {
    return this.type === null ? 0 : Math.floor(this.bytes / elementTypes[this.type].size);
  }

  /** Whether another reference describes it as this one does. */
  is(type: ElementTypeName | null, given: number): boolean {
    return type === this.declared && given === this.given;
  }
}

/** A view of a storage; offset and strides in elements. */
export class TensorRecord {
  constructor(
    readonly storage: StorageRecord,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const storageTypes: Readonly<Record<string, ElementTypeName>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};
const dtypes: Readonly<Record<string, ElementTypeName>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

function sizesOf(value: unknown, what: string): readonly number[] {
  if (!(value instanceof Tuple) || !value.items.every(isCount)) {
    return refuse(`the ${what} of a tensor is no tuple of sizes`);
  }
  return value.items;
}

/** torch._utils._rebuild_tensor and, with two arguments more, its later forms. */
function tensorOf(args: readonly unknown[], dtype?: unknown): TensorRecord {
  const [record, offset, size, stride, requiresGrad = false] = args;
  if (!(record instanceof StorageRecord)) return refuse('a tensor is made of what is no storage');
  if (dtype !== undefined) giveType(record, dtype);
  if (record.type === null) return refuse(`the storage ${record.key} has no type`);
  if (typeof requiresGrad !== 'boolean' || (requiresGrad && !/F/.test(record.type))) {
    refuse(`a tensor of ${record.type} says that it requires gradients`);
  }
  if (!isCount(offset)) return refuse('the offset of a tensor is no place');
  const shape = sizesOf(size, 'shape');
  const strides = sizesOf(stride, 'strides');
  if (shape.length !== strides.length) refuse('a tensor has another number of sizes than strides');
  if (shape.length > largestRank) {
    refuse(`it has a tensor of ${shape.length} dimensions; one has at most ${largestRank}`);
  }
  const numel = shape.reduce((product, each) => product * each, 1);
  const last = shape.reduce((sum, each, d) => sum + (each - 1) * strides[d], offset);
  if (!Number.isSafeInteger(numel) || (numel > 0 && !(last < record.count))) {
    refuse(
      `a tensor of shape ${showShape(shape)} with strides ${showShape(strides)} from element ${offset} on reaches past the ${record.count} of storage ${record.key}`,
    );
  }
  return new TensorRecord(record, offset, shape, strides);
}

function giveType(storage: StorageRecord, dtype: unknown): void {
  const type = dtype instanceof Named ? (dtype.value as ElementTypeName | undefined) : undefined;
  if (type === undefined) return refuse('the type of a tensor is none');
  storage.type ??= type;
  if (storage.type !== type) {
    cannotRead(`the storage ${storage.key} is read as ${storage.type} and as ${type}`);
  }
}

/** A parameter is its tensor. */
const dataOf = ([data]: readonly unknown[]): TensorRecord =>
  data instanceof TensorRecord ? data : refuse('a parameter is made of what is no tensor');

/** An OrderedDict, empty or of pairs, as Python 2 wrote it. */
function dictOf([pairs = []]: readonly unknown[]): Dict {
  if (!Array.isArray(pairs)) return refuse('an OrderedDict is made of what are no pairs');
  const dict = new Dict();
  for (const pair of pairs as unknown[]) {
    const items = pair instanceof Tuple ? pair.items : (pair as unknown[]);
    if (!Array.isArray(items) || items.length !== 2 || typeof items[0] !== 'string') {
      return refuse('an OrderedDict is made of what are no pairs');
    }
    dict.set(items[0], items[1]);
  }
  return dict;
}

type Call = (args: readonly unknown[]) => unknown;

function makeList(): Map<string, Named> {
  const list = new Map<string, Named>();
  const add = (named: Named): void => void list.set(named.name, named);
  const callable = (name: string, least: number, most: number, call: Call): void =>
    add(
      new Named(name, (args) =>
        args.length < least || args.length > most
          ? refuse(`${name} is called with ${args.length} arguments`)
          : call(args),
      ),
    );
  add(new NamedClass('collections.OrderedDict', dictOf));
  const tensors = 'torch._utils._rebuild_tensor';
  callable(tensors, 4, 4, (args) => tensorOf(args));
  callable(`${tensors}_v2`, 6, 7, (args) => tensorOf(args));
  callable(`${tensors}_v3`, 7, 8, (args) => tensorOf(args, args[6]));
  callable('torch._utils._rebuild_parameter', 3, 3, dataOf);
  callable('torch._utils._rebuild_parameter_with_state', 4, 4, dataOf);
  callable('torch.Size', 1, 1, ([sizes]) => new Tuple(sizesOf(sizes, 'size')));
  callable('torch.device', 1, 2, () => new Opaque('a device'));
  callable('_codecs.encode', 1, 2, () => new Opaque('bytes'));
  for (const module of ['builtins', '__builtin__']) {
    for (const name of ['set', 'bytearray', 'complex']) {
      callable(`${module}.${name}`, 0, 2, () => new Opaque(name));
    }
  }
  for (const type of ['int', 'double', 'bool', 'tensor']) {
    const name = `torch.jit._pickle.build_${type}list`;
    const listOf: Call = ([items]) =>
      Array.isArray(items) ? (items as unknown[]) : refuse(`${name} is called without a list`);
    callable(name, 1, 1, listOf);
  }
  callable('torch.jit._pickle.restore_type_tag', 2, 2, ([value]) => value);
  for (const [name, type] of Object.entries({ ...storageTypes, ...dtypes })) {
    add(new Named(`torch.${name}`, undefined, type));
  }
  add(new Named(untyped));
  return list;
}
const untyped = 'torch.storage.UntypedStorage';
let list: Map<string, Named> | undefined;

/** The list for one file. Classes of a TorchScript archive's own are sets of attributes. */
export class TorchNames implements Names {
  readonly storages = new Map<string, StorageRecord>();

  constructor(private readonly form: 'zip' | 'script' | 'legacy') {}

  find(module: string, name: string): Named {
    const full = `${module}.${name}`;
    list ??= makeList();
    const found = list.get(full);
    if (found !== undefined) return found;
    if (this.form === 'script' && /^__torch__(\.|$)/.test(module)) {
      return new NamedClass(full, () => Object.assign(new Dict(), { isObject: true }));
    }
    return cannotRead(
      `its pickle names ${full}, which is none of what state dicts are made of: tensors, parameters, dicts, lists and plain values`,
    );
  }

  /** ('storage', type, key, location, number of elements), in the first form with a sixth item. */
  persistent(id: unknown): StorageRecord {
    const items = id instanceof Tuple ? id.items : [];
    const [kind, type, key, location, count, view] = items;
    if (
      kind !== 'storage' ||
      !(type instanceof Named) ||
      typeof key !== 'string' ||
      typeof location !== 'string' ||
      !isCount(count)
    ) {
      return refuse('its pickle refers to what is no storage');
    }
    if (location === 'meta')
      cannotRead(`the storage ${key} is on the device meta, without elements`);
    if (view !== undefined && view !== null) cannotRead(`the storage ${key} is a view of another`);
    const isUntyped = type.name === untyped;
    if (isUntyped && this.form === 'legacy') {
      cannotRead(`the storage ${key} has no type, which PyTorch reads from zip archives alone`);
    }
    const typeName = isUntyped ? null : (type.value as ElementTypeName | undefined);
    if (typeName === undefined || (!isUntyped && !type.name.endsWith('Storage'))) {
      return refuse(`the storage ${key} is of type ${type.name}`);
    }
    const known = this.storages.get(key);
    if (known !== undefined) {
      return known.is(typeName, count)
        ? known
        : refuse(`the storage ${key} is described in two ways`);
    }
    const storage = new StorageRecord(key, typeName, count);
    this.storages.set(key, storage);
    return storage;
  }
}
