/**
 * The files of torch.save and torch.jit.save: a pickle that describes tensors, and the bytes of their storages, in a zip archive
 * (PyTorch 1.6 and later, TorchScript) or one after the other (before).
 */
import { surplus } from '../check';
import { StateDict } from '../tensor/state-dict';
import { empty, Tensor } from '../tensor/tensor';
import { readElements } from './elements';
import {
  bytesAt,
  cannotRead,
  memorySource,
  refuse,
  withSource,
  type Source,
  quoted,
} from './malformed';
import { pathOf, type FilePath } from './path';
import { Cursor, textOf, unpickle } from './pickle';
import { tensorsOf } from './torch-tree';
import { TorchNames, type StorageRecord, type TensorRecord } from './torch-names';
import { entriesOf, open, openChecked, type Entry } from './zip';

const operation = 'loadTorch';

/** Where the bytes of a storage are. */
type Place = (storage: StorageRecord) => { source: Source; isBigEndian: boolean };

/** Reads each storage once, with the first tensor that is in it: tensors that shared memory share it here. */
function readTensors(records: ReadonlyMap<string, TensorRecord>, place: Place): StateDict {
  const storages = new Map<StorageRecord, Tensor>();
  const tensors = new StateDict();
  for (const [name, { storage, offset, shape, strides }] of records) {
    let base = storages.get(storage);
    if (base === undefined) {
      const { source, isBigEndian } = place(storage);
      const elements = { type: storage.type!, name: quoted(name), isBigEndian };
      base = readElements(operation, source, 0, [storage.count], elements);
      storages.set(storage, base);
    }
    tensors.set(
      name,
      shape.includes(0)
        ? empty(shape, base.dtype)
        : new Tensor(base.storage, base.dtype, shape, strides, offset),
    );
  }
  return tensors;
}

function readZip(source: Source): StateDict {
  const entries = entriesOf(source);
  const [folder] = (entries.keys().next().value ?? '').split('/', 1);
  const find = (name: string): Entry | undefined => entries.get(`${folder}/${name}`);
  for (const name of entries.keys()) {
    if (!name.startsWith(`${folder}/`)) {
      refuse(`its entry ${quoted(name)} is not in the folder ${quoted(folder)}`);
    }
  }
  const short = (name: string): string | undefined => {
    const entry = find(name);
    if (entry === undefined) return undefined;
    if (entry.size > 64) refuse(`${folder}/${name} has ${entry.size} bytes`);
    return textOf(bytesAt(openChecked(source, entry), 0, entry.size));
  };
  const pickle = find('data.pkl');
  if (pickle === undefined) {
    return refuse(`it has no ${folder}/data.pkl, as files of torch.save and torch.jit.save have`);
  }
  const version = (short('version') ?? short('.data/version'))?.trim();
  if (version === undefined || !/^(?:[1-9]|10)$/.test(version)) {
    cannotRead(`its version is ${version ?? 'missing'}; 1 to 10 are read`);
  }
  const order = short('byteorder') ?? 'little';
  if (order !== 'little' && order !== 'big') refuse(`its byte order is ${quoted(order)}`);
  short('.data/serialization_id');
  const alignment = short('.storage_alignment') ?? '64';
  if (!/^\d{1,9}$/.test(alignment)) refuse(`its alignment is ${quoted(alignment)}`);
  const names = new TorchNames(find('constants.pkl') === undefined ? 'zip' : 'script');
  const bytes = bytesAt(openChecked(source, pickle), 0, pickle.size);
  const cursor = new Cursor(memorySource(bytes));
  const root = unpickle(cursor, names);
  if (cursor.at !== pickle.size) refuse(`${pickle.size - cursor.at} bytes follow its pickle`);
  return readTensors(tensorsOf(root, pickle.size), (storage) => {
    const entry = find(`data/${storage.key}`);
    if (entry === undefined) return refuse(`it has no ${folder}/data/${storage.key}`);
    checkSize(storage, entry.size);
    // As PyTorch, whose reader leaves out the checksums of what is as large as weights are.
    return { source: open(source, entry), isBigEndian: order === 'big' };
  });
}

function checkSize(storage: StorageRecord, size: number): void {
  const needed = storage.bytes;
  if (size !== needed) {
    refuse(`the storage ${storage.key} has ${size} bytes, not ${needed}`); // prettier-ignore
  }
}

const magic = 0x1950a86a20f9469cfc6cn;
const legacyVersion = 1001;

/** Five pickles (magic number, version, system, what was saved, the storages' keys), then the storages. */
function readLegacy(source: Source): StateDict {
  const cursor = new Cursor(source);
  const names = new TorchNames('legacy');
  const next = (): unknown => unpickle(cursor, names);
  const [number, version] = [next(), next()];
  if (number !== magic) refuse('it is a pickle, but none of torch.save');
  if (version !== legacyVersion) cannotRead(`its version is no ${legacyVersion}`);
  next();
  const begin = cursor.at;
  const root = next();
  const records = tensorsOf(root, cursor.at - begin);
  const keys = next();
  if (!Array.isArray(keys)) return refuse('its storages have no keys');
  const places = new Map<string, number>();
  let { at } = cursor;
  for (const key of keys) {
    const storage = names.storages.get(key as string);
    if (storage === undefined || places.has(key as string)) {
      return refuse('it has a storage that no tensor is in');
    }
    const count = bytesAt(source, at, 8).readBigUInt64LE();
    if (count !== BigInt(storage.given)) {
      refuse(`the storage ${storage.key} has ${count} elements, not ${storage.given}`);
    }
    if (storage.bytes > source.size - at - 8) refuse('it ends too early');
    places.set(storage.key, at + 8);
    at += 8 + storage.bytes;
  }
  if (at !== source.size) refuse(`${source.size - at} bytes at the end belong to no storage`);
  return readTensors(records, (storage) => {
    const from = places.get(storage.key);
    if (from === undefined) return refuse(`it has no storage ${storage.key}`);
    const part = { size: storage.bytes, read: (into: Uint8Array, position: number) => source.read(into, from + position) }; // prettier-ignore
    return { source: part, isBigEndian: false };
  });
}

/**
 * Reads the tensors of a file of PyTorch's: of `torch.save` (state dicts, checkpoints, tensors; the zip form of 1.6 and later, and the one
 * before) and of `torch.jit.save` (TorchScript: parameters, buffers and other attributes). The pickle in it is interpreted as data: nothing
 * that it names is imported or called, and what is not in the list of what state dicts are made of is refused by name. Nested dicts
 * and lists give dotted names (`model.rnn.weight_ih_l0`, `optimizer.state.0.exp_avg`); a tensor that was saved alone has the name ''. Values that are no
 * tensors are left out. float16, bfloat16 and float8 become float32, integers int32 where they fit, uint8 and bool stay. Tensors that share
 * memory in the file share it here, with their strides; none requires gradients.
 * @throws TypeError for what is no path; RangeError for a malformed file, for a pickle that names something else, for types that are not read
 * (complex, quantized, sparse) and for integers that int32 does not hold; Error when the file cannot be read.
 * @example
 * // in Python: torch.save(model.state_dict(), 'model.pt')
 * const load = (model: nn.Module) => model.loadStateDict(io.loadTorch('model.pt'));
 */
export function loadTorch(path: FilePath): Map<string, Tensor> {
  if (arguments.length > 1) surplus(operation, arguments, 1, 'path');
  return withSource(operation, pathOf(operation, path), (source) => {
    const start = bytesAt(source, 0, Math.min(2, source.size)).toString('latin1');
    if (start === 'PK') return readZip(source);
    if (start.startsWith('\x80')) return readLegacy(source);
    return refuse('it is neither a zip archive nor a pickle, as torch.save writes them');
  });
}
