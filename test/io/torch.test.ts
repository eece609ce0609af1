// PyTorch's files: what torch 2.13 wrote (files/make.py), and pickles made to do something else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, nn, type Tensor } from 'ostinato';
import { zipped } from '../../src/io/zip-writer';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (): string => join(folder, 'x.pt');
const made = (name: string): string => join(__dirname, 'files', name);
const plain = (tensors: ReadonlyMap<string, Tensor>): Record<string, unknown> =>
  Object.fromEntries([...tensors].map(([name, x]) => [name, [x.dtype, x.shape, x.toArray()]]));

test('state dicts of every protocol, of the form before 1.6, and the attributes of TorchScript', () => {
  const state = plain(io.loadSafetensors(made('state.safetensors')));
  for (const name of ['state', 'protocol3', 'protocol4', 'protocol5', 'legacy']) {
    expect(plain(io.loadTorch(made(`${name}.pt`)))).toEqual(state);
  }
  expect(plain(io.loadTorch(made('script.pt')))).toEqual({
    ...state,
    'extra.0': ['float32', [2], [1, 1]],
    'table.a': ['float32', [1], [0]],
  });
  const model = new nn.GRU(2, 3);
  const rnn = [...io.loadTorch(made('state.pt'))].filter(([name]) => name.startsWith('rnn.'));
  model.loadStateDict(new Map(rnn.map(([name, x]) => [name.slice(4), x])));
});

test.each(['everything.pt', 'everything-legacy.pt'])(
  'types, nesting, strides and shared storages: %s',
  (name) => {
    const loaded = io.loadTorch(made(name));
    const values = plain(loaded);
    const f32 = (shape: number[], value: unknown): unknown => ['float32', shape, value];
    expect(values).toMatchObject({
      base: f32([12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
      transposed: f32([4, 3], [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]),
      'every other': f32([6], [1, 3, 5, 7, 9, 11]),
      expanded: f32([2, 2], [[3, 3], [3, 3]]),
      empty: f32([0], []),
      scalar: f32([], 7.5),
      'list.0': f32([1], [1]),
      'list.1.0': f32([1], [0]),
      'list.1.1.x': f32([2], [1, 1]),
      parameter: f32([2], [1, 1]),
      'optimizer.state.0.step': f32([], 1),
    }); // prettier-ignore
    const types = {
      float64: 'float64', float32: 'float32', float16: 'float32', bfloat16: 'float32', float8_e4m3fn: 'float32', float8_e5m2: 'float32',
      int64: 'int32', int32: 'int32', int16: 'int32', int8: 'int32', uint64: 'int32', uint32: 'int32', uint16: 'int32', uint8: 'uint8',
    }; // prettier-ignore
    const isLegacy = name === 'everything-legacy.pt';
    for (const [type, dtype] of Object.entries(types)) {
      if (isLegacy && /float8|uint(16|32|64)/.test(type)) continue;
      expect(values[`types.${type}`]).toEqual([dtype, [3], [0, 1, 2]]);
    }
    expect(values['types.bool']).toEqual(['bool', [3], [false, true, true]]);
    expect(Object.keys(values)).toHaveLength(10 + (isLegacy ? 10 : 15) + 18);
    expect(loaded.get('transposed')!.strides).toEqual([1, 4]);
    // Tensors that share memory in the file share it here.
    loaded.get('base')!.zero_();
    expect(loaded.get('every other')!.toArray()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(loaded.get('expanded')!.toArray()).toEqual([[0, 0], [0, 0]]); // prettier-ignore
    expect([...loaded.values()].every((x) => !x.requiresGrad)).toBe(true);
  },
);

test('a tensor alone, big endian, deflated', () => {
  for (const name of ['tensor', 'big-endian', 'deflated']) {
    expect(plain(io.loadTorch(made(`${name}.pt`)))).toEqual({ '': ['float32', [3], [0, 1, 2]] });
  }
});

const list =
  'which is none of what state dicts are made of: tensors, parameters, dicts, lists and plain values';
test.each([
  ['evil.pt', `its pickle names posix.system, ${list}`],
  ['evil-legacy.pt', `its pickle names posix.system, ${list}`],
  ['whole-module.pt', `its pickle names __main__.Net, ${list}`],
  ['complex.pt', `its pickle names torch.ComplexFloatStorage, ${list}`],
  ['sparse.pt', `its pickle names torch._utils._rebuild_sparse_tensor, ${list}`],
])('refuses %s by what it names', (name, message) => {
  expect(() => io.loadTorch(made(name))).toThrow(
    `loadTorch: cannot read ${made(name)}: ${message}`,
  );
});

test('refuses storages without a type in the form before 1.6, which PyTorch writes and does not read', () => {
  expect(() => io.loadTorch(made('untyped-legacy.pt'))).toThrow(
    /^loadTorch: cannot read .*: the storage \d+ has no type, which PyTorch reads from zip archives alone$/,
  );
});

test('refuses integers that int32 does not hold', () => {
  expect(() => io.loadTorch(made('large-integer.pt'))).toThrow(
    'loadTorch: "" holds 1099511627776, which does not fit int32',
  );
});

/** A text of a pickle: BINUNICODE. */
function text(value: string): string {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(value));
  return `X${length.toString('latin1')}${Buffer.from(value).toString('latin1')}`;
}
const size = (value: number): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return `J${bytes.toString('latin1')}`;
};
const storage = (key = '0', type = 'torch\nFloatStorage', count = 4): string =>
  `(${text('storage')}c${type}\n${text(key)}${text('cpu')}${size(count)}tQ`;
const tensor = (from: string, { offset = 0, shape = [4], strides = [1] } = {}): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}${size(offset)}(${shape.map(size).join('')}t(${strides.map(size).join('')}t\x89NtR`;
const dict = (...pairs: [string, string][]): string =>
  `}(${pairs.map(([key, value]) => text(key) + value).join('')}u`;

/** An archive with this pickle and four float32 as storage 0. */
function write(pickle: string, more: Record<string, string | undefined> = {}): void {
  const content: Record<string, string | undefined> = {
    'x/data.pkl': `\x80\x02${pickle}.`,
    'x/version': '3\n',
    'x/data/0': '\0'.repeat(16),
    ...more,
  };
  const members = Object.entries(content).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, parts: () => [Buffer.from(value, 'latin1')] }],
  );
  writeFileSync(path(), Buffer.concat([...zipped(members, { compress: false })]));
}

test('pickles by hand, as the cases below change them', () => {
  write(dict(['a', tensor(storage())], ['b', tensor(storage(), { offset: 1, shape: [2], strides: [2] })])); // prettier-ignore
  expect(plain(io.loadTorch(path()))).toEqual({
    a: ['float32', [4], [0, 0, 0, 0]],
    b: ['float32', [2], [0, 0]],
  });
});

// Each list holds the one before it twice: 2^30 paths in 200 bytes.
const place = String.fromCharCode;
const doubled = `]q\0${Array.from({ length: 30 }, (_, i) => `0](h${place(i)}h${place(i)}eq${place(i + 1)}`).join('')}`; // prettier-ignore

test.each<[string, () => void, string]>([
  ['another kind', () => writeFileSync(path(), 'x'), 'malformed FILE: it is neither a zip archive nor a pickle, as torch.save writes them'],
  ['an empty file', () => writeFileSync(path(), ''), 'malformed FILE: it is neither a zip archive nor a pickle, as torch.save writes them'],
  ['another pickle', () => writeFileSync(path(), '\x80\x02K\x01.\x80\x02K\x01.', 'latin1'), 'malformed FILE: it is a pickle, but none of torch.save'],
  ['no pickle', () => write('N', { 'x/data.pkl': undefined }), 'malformed FILE: it has no x/data.pkl, as files of torch.save and torch.jit.save have'],
  ['no version', () => write('N', { 'x/version': undefined }), 'cannot read FILE: its version is missing; 1 to 10 are read'],
  ['a later version', () => write('N', { 'x/version': '11' }), 'cannot read FILE: its version is 11; 1 to 10 are read'],
  ['another alignment', () => write('N', { 'x/.storage_alignment': '6.4' }), 'malformed FILE: its alignment is "6.4"'],
  ['an entry elsewhere', () => write('N', { 'y/data/0': '' }), 'malformed FILE: its entry "y/data/0" is not in the folder "x"'],
  ['another byte order', () => write('N', { 'x/byteorder': 'middle' }), 'malformed FILE: its byte order is "middle"'],
  ['protocol 0', () => write('N', { 'x/data.pkl': 'N.' }), 'malformed FILE: its pickle does not begin with a protocol'],
  ['protocol 6', () => write('N', { 'x/data.pkl': '\x80\x06N.' }), 'cannot read FILE: its pickle has protocol 6; 2 to 5 are read'],
  ['bytes after the pickle', () => write('N.x'), 'malformed FILE: 2 bytes follow its pickle'],
  ['a pickle that is cut short', () => write('N', { 'x/data.pkl': '\x80\x02X\xff\xff\xff\xff' }), 'malformed FILE: its pickle is cut short'],
  ['an unknown opcode', () => write('i'), 'malformed FILE: its pickle has the opcode 0x69, which protocols 2 to 5 do not use for data'],
  ['an empty stack', () => write('R'), 'malformed FILE: its pickle takes a value that is not there'],
  ['a mark that is missing', () => write('t'), 'malformed FILE: its pickle takes a mark that is not there'],
  ['two values', () => write('NN'), 'malformed FILE: its pickle ends with another number of values than one'],
  ['an unknown place in the memo', () => write('h\x01'), 'malformed FILE: its pickle takes a value that it has not kept'],
  ['a far place in the memo', () => write('Nr\xff\xff\xff\x7f'), 'malformed FILE: its pickle keeps a value at the place 2147483647'],
  ['a text that is no UTF-8', () => write('U\x01\xff'), 'malformed FILE: a text in it is not UTF-8'],
  ['a huge integer', () => write(`\x8b\x00\x01\x00\x00${'x'.repeat(256)}`), 'malformed FILE: an integer in its pickle has 256 bytes'],
  ['a list as a key', () => write('}]Ns'), 'malformed FILE: its pickle has a key that is none of a dict'],
  ['os.system', () => write('cos\nsystem\nU\x02ls\x85R'), `cannot read FILE: its pickle names os.system, ${list}`],
  ['eval by STACK_GLOBAL', () => write('\x8c\x08builtins\x8c\x04eval\x93'), `cannot read FILE: its pickle names builtins.eval, ${list}`],
  ['a class of TorchScript in another file', () => write('c__torch__\nNet\n)\x81'), `cannot read FILE: its pickle names __torch__.Net, ${list}`],
  ['a call of a type', () => write('ctorch\nfloat32\n)R'), 'malformed FILE: its pickle calls torch.float32'],
  ['a call of a value', () => write('N)R'), 'malformed FILE: its pickle calls what cannot be called'],
  ['an object of a function', () => write('ctorch\nSize\n)\x81'), 'malformed FILE: its pickle calls what cannot be called'],
  ['too few arguments', () => write('ctorch._utils\n_rebuild_tensor_v2\n)R'), 'malformed FILE: torch._utils._rebuild_tensor_v2 is called with 0 arguments'],
  ['a tensor of no storage', () => write(tensor('N')), 'malformed FILE: a tensor is made of what is no storage'],
  ['a storage that is missing', () => write(tensor(storage('1'))), 'malformed FILE: it has no x/data/1'],
  ['a storage of another size', () => write(tensor(storage('0', 'torch\nFloatStorage', 5))), 'malformed FILE: the storage 0 has 16 bytes, not 20'],
  ['a storage of another kind', () => write(tensor(storage('0', 'torch\nSize'))), 'malformed FILE: the storage 0 is of type torch.Size'],
  ['a storage of two types', () => write(dict(['a', tensor(storage())], ['b', tensor(storage('0', 'torch\nIntStorage'))])), 'malformed FILE: the storage 0 is described in two ways'],
  ['another persistent id', () => write(`(${text('module')}tQ`), 'malformed FILE: its pickle refers to what is no storage'],
  ['a negative size', () => write(tensor(storage(), { shape: [-1] })), 'malformed FILE: the shape of a tensor is no tuple of sizes'],
  ['a negative offset', () => write(tensor(storage(), { offset: -1 })), 'malformed FILE: the offset of a tensor is no place'],
  ['strides of another rank', () => write(tensor(storage(), { strides: [1, 1] })), 'malformed FILE: a tensor has another number of sizes than strides'],
  ['a view past the end', () => write(tensor(storage(), { offset: 1 })), 'malformed FILE: a tensor of shape [4] with strides [1] from element 1 on reaches past the 4 of storage 0'],
  ['strides past the end', () => write(tensor(storage(), { shape: [2, 2], strides: [3, 1] })), 'malformed FILE: a tensor of shape [2, 2] with strides [3, 1] from element 0 on reaches past the 4 of storage 0'],
  ['more elements than there are numbers', () => write(tensor(storage(), { shape: [2 ** 31 - 1, 2 ** 31 - 1], strides: [0, 0] })), 'malformed FILE: a tensor of shape [2147483647, 2147483647] with strides [0, 0] from element 0 on reaches past the 4 of storage 0'],
  ['many dimensions', () => write(tensor(storage(), { shape: Array<number>(65).fill(1), strides: Array<number>(65).fill(1) })), 'malformed FILE: it has a tensor of 65 dimensions; one has at most 64'],
  ['a list that holds itself', () => write(']q\x00h\x00a'), 'malformed FILE: "0" holds itself'],
  ['values that are deep', () => write(`${']'.repeat(102)}${'a'.repeat(101)}`), 'malformed FILE: its values are nested more than 100 deep'],
  ['values that hold one another many times', () => write(doubled), 'malformed FILE: its values hold one another too often'],
  ['two tensors of one name', () => write(dict(['a.b', tensor(storage())], ['a', dict(['b', tensor(storage())])])), 'malformed FILE: two tensors are called "a.b"'],
  ['a tensor under a key of another kind', () => write(`}N${tensor(storage())}s`), 'malformed FILE: a tensor is in a dict under a key that is neither a text nor an integer'],
])('refuses %s', (_what, make, message) => {
  make();
  const says = message.replace(/^(malformed|cannot read) FILE/, (_, kind) =>
    `${kind === 'malformed' ? 'malformed file' : 'cannot read'} ${path()}`);
  expect(() => io.loadTorch(path())).toThrow(`loadTorch: ${says}`);
}); // prettier-ignore

test('any cut of a file is refused', () => {
  for (const name of ['state.pt', 'legacy.pt']) {
    const whole = readFileSync(made(name));
    for (let end = 0; end < whole.length; end += 7) {
      writeFileSync(path(), whole.subarray(0, end));
      expect(() => io.loadTorch(path())).toThrow(/^loadTorch: malformed file .*$/);
    }
  }
});
