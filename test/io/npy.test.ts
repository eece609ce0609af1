// NumPy's files: what numpy wrote (files/make.py), the bytes that it would write, and what is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arange, io, tensor, zeros, type Tensor } from 'ostinato';
import { zipped } from '../../src/io/zip-writer';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const made = (name: string): string => join(__dirname, 'files', name);
const plain = (x: Tensor): unknown[] => [x.dtype, x.shape, x.toArray()];

// numpy: matrix = np.arange(12).reshape(3, 4) - 5
const matrix = arange(-5, 7).reshape([3, 4]);

test('arrays that numpy wrote: types, orders, versions', () => {
  const quarters = matrix.div(4).toArray();
  expect(plain(io.loadNpy(made('float32.npy')))).toEqual(['float32', [3, 4], quarters]);
  expect(plain(io.loadNpy(made('big-endian.npy')))).toEqual(['float64', [3, 4], quarters]);
  const fortran = io.loadNpy(made('fortran.npy'));
  expect(plain(fortran)).toEqual(['float64', [3, 4], matrix.toArray()]);
  expect(fortran.strides).toEqual([1, 3]);
  const cube = arange(24).reshape([2, 3, 4]).toArray();
  expect(plain(io.loadNpy(made('fortran-cube.npy')))).toEqual(['int32', [2, 3, 4], cube]);
  const half = [1, -2, 2 ** -24, 65504, Infinity, -0];
  expect(plain(io.loadNpy(made('half.npy')))).toEqual(['float32', [6], half]);
  expect(plain(io.loadNpy(made('bool.npy')))).toEqual(['bool', [3, 4], matrix.gt(0).toArray()]);
  expect(plain(io.loadNpy(made('scalar.npy')))).toEqual(['float32', [], 7.5]);
  expect(plain(io.loadNpy(made('empty.npy')))).toEqual(['float32', [0, 3], []]);
  for (const name of ['version2.npy', 'version3.npy']) {
    expect(plain(io.loadNpy(made(name)))).toEqual(['float32', [3, 4], matrix.toArray()]);
  }
  for (const code of ['i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8']) {
    const dtype = code === 'u1' ? 'uint8' : 'int32';
    expect(plain(io.loadNpy(made(`${code}.npy`)))).toEqual([dtype, [3], [0, 1, 127]]);
  }
});

test('a file has the bytes that numpy writes', () => {
  const written = (x: Tensor, options?: io.NpyOptions): Buffer => {
    io.saveNpy(path('x.npy'), x, options);
    return readFileSync(path('x.npy'));
  };
  const counts = tensor([0, 1, 127], { dtype: 'int32' });
  expect(written(matrix.div(4))).toEqual(readFileSync(made('float32.npy')));
  expect(written(matrix.gt(0))).toEqual(readFileSync(made('bool.npy')));
  expect(written(tensor(7.5))).toEqual(readFileSync(made('scalar.npy')));
  expect(written(zeros([0, 3]))).toEqual(readFileSync(made('empty.npy')));
  expect(written(io.loadNpy(made('half.npy')), { float32: 'float16' })).toEqual(
    readFileSync(made('half.npy')),
  );
  expect(written(counts)).toEqual(readFileSync(made('i4.npy')));
  expect(written(counts, { int32: 'int64' })).toEqual(readFileSync(made('i8.npy')));
  expect(written(counts, { int32: 'int16' })).toEqual(readFileSync(made('i2.npy')));
  expect(written(counts, { int32: 'int8' })).toEqual(readFileSync(made('i1.npy')));
  expect(written(counts.byte())).toEqual(readFileSync(made('u1.npy')));
  // A view is written in the order of its elements.
  io.saveNpy(path('x.npy'), matrix.t());
  expect(io.loadNpy(path('x.npy')).equal(matrix.t())).toBe(true);
});

/** A .npy file of a header's text and so many bytes. */
function write(text: string, bytes: number | Buffer = 0, version = 1): string {
  const start = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1');
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(text.length, 0, length.length);
  const data = typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes;
  writeFileSync(path('made.npy'), Buffer.concat([start, length, Buffer.from(text), data]));
  return path('made.npy');
}
const headerOf = (descr: string, shape = '(1,)', order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
const list = 'f8, f4, f2, i8, i4, i2, i1, u8, u4, u2, u1, b1 with < or > before it';

test.each<[string, () => string, string]>([
  ['another kind', () => (writeFileSync(path('made.npy'), 'abcdefghij'), path('made.npy')), 'malformed file FILE: it does not begin as a .npy file does'],
  ['a short file', () => (writeFileSync(path('made.npy'), '\x93NUMPY', 'latin1'), path('made.npy')), 'malformed file FILE: it ends too early'],
  ['version 4', () => write(headerOf("'<f4'"), 4, 4), 'malformed file FILE: version 4.0 of the format is none of 1.0, 2.0 and 3.0'],
  ['a long header', () => write(headerOf("'<f4'").padEnd(10_001), 4, 2), 'malformed file FILE: a header of 10001 bytes is larger than 10000'],
  ['a call', () => write("__import__('os').abort()"), 'malformed file FILE: the header is no dict of Python'],
  ['another key', () => write("{'descr': '<f4', 'x': 1}"), 'malformed file FILE: the header has another entry than NumPy writes'],
  ['a missing key', () => write("{'descr': '<f4', 'shape': (1,)}"), 'malformed file FILE: the header lacks fortran_order'],
  ['a key twice', () => write("{'descr': '<f4', 'descr': '<f4'}"), 'malformed file FILE: the header has descr twice'],
  ['a type that is a shape', () => write(headerOf('(1,)')), "malformed file FILE: the header's descr is (1,)"],
  ['a shape that is no tuple', () => write(headerOf("'<f4'", '(1)'), 4), 'malformed file FILE: the shape (1) is no tuple'],
  ['a shape of no sizes', () => write(headerOf("'<f4'", '(01,)'), 4), 'malformed file FILE: the shape (01,) is no tuple of sizes'],
  ['an overflow', () => write(headerOf("'<f4'", '(0, 94906267, 94906267)')), 'malformed file FILE: the shape [0, 94906267, 94906267] overflows'],
  ['many dimensions', () => write(headerOf("'<f4'", `(${'1,'.repeat(65)})`), 4), 'malformed file FILE: it has 65 dimensions, a tensor at most 64'],
  ['too few bytes', () => write(headerOf("'<f4'", '(2,)'), 4), 'malformed file FILE: shape [2] of F32 needs 8 bytes, but 4 follow the header'],
  ['too many bytes', () => write(headerOf("'<f4'"), 5), 'malformed file FILE: shape [1] of F32 needs 4 bytes, but 5 follow the header'],
  ['a huge shape', () => write(headerOf("'<f4'", '(1000000000000,)'), 4), 'malformed file FILE: shape [1000000000000] of F32 needs 4000000000000 bytes, but 4 follow the header'],
  ['booleans of 2', () => write(headerOf("'|b1'"), Buffer.from([2])), 'malformed file FILE: the array has booleans that are neither 0 nor 1'],
  ['objects', () => made('objects.npy'), 'cannot read FILE: it holds Python objects, a pickle that would run code ("|O"), not numbers'],
  ['records', () => write(headerOf("[('a', '<f4')]"), 4), 'cannot read FILE: it holds records (a structured type), not numbers'],
  ['texts', () => write(headerOf("'<U5'"), 20), 'cannot read FILE: it holds texts ("<U5"), not numbers'],
  ['complex numbers', () => write(headerOf("'<c8'"), 8), 'cannot read FILE: it holds complex numbers ("<c8"), not numbers'],
  ['dates', () => write(headerOf("'<M8[s]'"), 8), 'cannot read FILE: it holds dates ("<M8[s]"), not numbers'],
  ['long doubles', () => write(headerOf("'<f16'"), 16), `cannot read FILE: the element type "<f16" is none of ${list}`],
  ['no byte order', () => write(headerOf("'|f4'"), 4), `cannot read FILE: the element type "|f4" is none of ${list}`],
])('refuses %s', (_what, make, message) => {
  const file = make();
  expect(() => io.loadNpy(file)).toThrow(
    new RangeError(`loadNpy: ${message.replace('FILE', file)}`),
  );
}); // prettier-ignore

test('integers that int32 does not hold are refused', () => {
  const [large, unsigned] = [Buffer.alloc(8), Buffer.alloc(4)];
  large.writeBigInt64BE(-(2n ** 31n) - 1n);
  unsigned.writeUInt32LE(2 ** 31);
  expect(() => io.loadNpy(write(headerOf("'>i8'"), large))).toThrow(
    'loadNpy: the array holds -2147483649, which does not fit int32',
  );
  expect(() => io.loadNpy(write(headerOf("'<u4'"), unsigned))).toThrow(
    'loadNpy: the array holds 2147483648, which does not fit int32',
  );
  expect(() =>
    io.saveNpy(path('no.npy'), tensor([128], { dtype: 'int32' }), { int32: 'int8' }),
  ).toThrow('saveNpy: x holds 128, which does not fit int8');
  expect(() => io.saveNpy(path('no.npy'), tensor([1]), { float32: 'bfloat16' } as never)).toThrow(
    "saveNpy: float32 must be 'float32' or 'float16', got 'bfloat16'",
  );
  expect(readdirSync(folder)).not.toContain('no.npy');
});

test('archives that numpy wrote: stored, deflated, zip64', () => {
  for (const name of ['stored.npz', 'deflated.npz', 'zip64.npz']) {
    const loaded = io.loadNpz(made(name));
    expect(Object.fromEntries([...loaded].map(([key, x]) => [key, plain(x)]))).toEqual({
      weights: ['float32', [3, 4], matrix.div(4).toArray()],
      fortran: ['float64', [3, 4], matrix.toArray()],
      größe: ['int32', [2], [1, 2]],
      'layer/0/flags': ['bool', [3, 4], matrix.gt(0).toArray()],
      scalar: ['float64', [], 0.1],
      empty: ['int32', [2, 0], [[], []]],
    });
  }
});

test('archives come back as they were, also by zip64', () => {
  const arrays = new Map([
    ['a/b', matrix.div(3)],
    ['größe', tensor([1, -1], { dtype: 'int32' })],
    ['', tensor(1)],
    ['x.npy', zeros([0, 2], { dtype: 'float64' })],
    ['large', arange(300_000)],
  ]);
  const check = (): void => {
    const loaded = io.loadNpz(path('x.npz'));
    expect([...loaded.keys()]).toEqual([...arrays.keys()]);
    for (const [name, x] of arrays) expect(plain(loaded.get(name)!)).toEqual(plain(x));
  };
  for (const compress of [false, true]) {
    io.saveNpz(path('x.npz'), arrays, { compress });
    check();
  }
  const members = [...arrays].map(([name, x]) => {
    io.saveNpy(path('x.npy'), x);
    const bytes = readFileSync(path('x.npy'));
    return { name: `${name}.npy`, parts: () => [bytes] };
  });
  for (const compress of [false, true]) {
    writeFileSync(path('x.npz'), Buffer.concat([...zipped(members, { compress, longFrom: 2 })]));
    check();
  }
  io.saveNpz(path('x.npz'), new Map());
  expect(io.loadNpz(path('x.npz')).size).toBe(0);
  for (const name of ['../x', '/x', 'C:x', 'a\\..\\x', 'a\0', '\ud800']) {
    expect(() => io.saveNpz(path('x.npz'), new Map([[name, matrix]]))).toThrow(
      `saveNpz: a tensor cannot be called ${JSON.stringify(name)}`,
    );
  }
  expect(() => io.saveNpz(path('x.npz'), { x: matrix } as never)).toThrow(
    'saveNpz: takes a Map from names to tensors, such as model.stateDict(), got an object',
  );
});
