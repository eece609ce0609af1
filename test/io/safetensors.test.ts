// Safetensors: round trips, the bytes of the format, and every way in which a file can be malformed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arange, io, tensor, zeros, type Tensor } from 'ostinato';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name = 'x.safetensors'): string => join(folder, name);

/** A file of a header (JSON text or object) and data. */
function write(header: unknown, data: number | Buffer = 0, headerLength?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerLength ?? BigInt(text.length));
  const bytes = typeof data === 'number' ? Buffer.alloc(data) : data;
  writeFileSync(path('made'), Buffer.concat([length, text, bytes]));
  return path('made');
}
const entry = (shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32'): unknown => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('tensors of every type, shape and layout come back as they were', () => {
  const tensors = new Map<string, Tensor>([
    [
      'weights',
      tensor([
        [1, -0, 3.5],
        [NaN, Infinity, 1e-40],
      ]),
    ],
    [
      'a view',
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).t(),
    ],
    ['doubles', tensor([Math.PI, -1], { dtype: 'float64' })],
    ['counts', tensor([1, -2147483648], { dtype: 'int32' })],
    ['flags', tensor([true, false, true])],
    ['scalar', tensor(7)],
    ['empty', zeros([0, 3])],
    ['größe', tensor([1])],
  ]);
  io.saveSafetensors(path(), tensors, { metadata: { note: 'ü "x"' } });
  const loaded = io.loadSafetensors(path());
  expect([...loaded.keys()].sort()).toEqual([...tensors.keys()].sort());
  for (const [name, x] of tensors) {
    const y = loaded.get(name)!;
    expect([y.dtype, y.shape]).toEqual([x.dtype, x.shape]);
    expect(Object.is(y.toTypedArray()[1], x.toTypedArray()[1])).toBe(true);
    expect(y.toArray()).toEqual(x.toArray());
  }
  expect({ ...io.readSafetensorsMetadata(path()) }).toEqual({ note: 'ü "x"' });
  expect(readdirSync(folder)).toEqual(['x.safetensors']);
});

test('the header is padded to 8 bytes and wide types come first', () => {
  io.saveSafetensors(
    path(),
    new Map([
      ['flag', tensor([true])],
      ['d', tensor([1], { dtype: 'float64' })],
    ]),
  );
  const bytes = readFileSync(path());
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({
    d: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
    flag: { dtype: 'BOOL', shape: [1], data_offsets: [8, 9] },
  });
});

test('half precision, bfloat16 and other integers are converted', () => {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt16LE(0x3c00, 0); // 1
  bytes.writeUInt16LE(0xc000, 2); // -2
  bytes.writeUInt16LE(0x0001, 4); // 2^-24
  bytes.writeUInt16LE(0x3fc0, 6); // 1.5 as bfloat16
  bytes.writeBigInt64LE(-5n, 8);
  bytes.writeInt16LE(-300, 16);
  bytes.writeInt8(-1, 18);
  bytes.writeUInt8(255, 19);
  bytes.writeUInt16LE(0x7c00, 20); // infinity
  const loaded = io.loadSafetensors(
    write(
      {
        half: entry([3], 0, 6, 'F16'),
        b: entry([1], 6, 8, 'BF16'),
        long: entry([1], 8, 16, 'I64'),
        short: entry([], 16, 18, 'I16'),
        i: entry([1], 18, 19, 'I8'),
        u: entry([1], 19, 20, 'U8'),
        inf: entry([1], 20, 22, 'F16'),
      },
      bytes,
    ),
  );
  const values = Object.fromEntries([...loaded].map(([name, x]) => [name, x.toArray()]));
  expect(values).toEqual({
    half: [1, -2, 2 ** -24],
    b: [1.5],
    long: [-5],
    short: -300,
    i: [-1],
    u: [255],
    inf: [Infinity],
  });
  bytes.writeBigInt64LE(2n ** 40n, 8);
  expect(() =>
    io.loadSafetensors(write({ long: entry([1], 0, 8, 'I64') }, bytes.subarray(8, 16))),
  ).toThrow('loadSafetensors: "long" holds 1099511627776, which does not fit int32');
});

test('every type of a file that the Python package wrote is read', () => {
  const files = join(__dirname, 'files');
  const loaded = io.loadSafetensors(join(files, 'all-types.safetensors'));
  const values = Object.fromEntries([...loaded].map(([name, x]) => [name, [x.dtype, x.toArray()]]));
  const single = Math.fround;
  const floats = [
    [1, -2.5, single(0.1)],
    [Infinity, single(1e-7), 0],
  ];
  expect(values).toEqual({
    f64: ['float64', floats],
    f32: ['float32', floats],
    // torch.tensor([0.1, 1e-7]).half().tolist(), .bfloat16(), .to(torch.float8_e4m3fn), .to(torch.float8_e5m2)
    f16: ['float32', [[1, -2.5, 0.0999755859375], [Infinity, 1.1920928955078125e-7, 0]]],
    bf16: ['float32', [[1, -2.5, 0.10009765625], [Infinity, 1.0011717677116394e-7, 0]]],
    f8_e4m3: ['float32', [[1, -2.5, 0.1015625], [448, 0, 0]]],
    f8_e5m2: ['float32', [[1, -2.5, 0.09375], [Infinity, 0, 0]]],
    i64: ['int32', [2147483647, -2147483648]],
    i32: ['int32', [1, -2]],
    i16: ['int32', [1, -300]],
    i8: ['int32', [1, -128]],
    u16: ['int32', [65535]],
    u32: ['int32', [7]],
    u64: ['int32', [9]],
    u8: ['uint8', [0, 255]],
    bool: ['bool', [true, false]],
    scalar: ['float32', 7],
    empty: ['float32', []],
  }); // prettier-ignore
  for (const [name, type] of [
    ['f8-e8m0', 'F8_E8M0'],
    ['complex', 'C64'],
  ]) {
    const file = join(files, `${name}.safetensors`);
    expect(() => io.loadSafetensors(file)).toThrow(
      `loadSafetensors: cannot read ${file}: "x" is of type ${type}, which is not read; F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL are`,
    );
  }
  expect(() => io.loadSafetensors(join(files, 'large-integer.safetensors'))).toThrow(
    'loadSafetensors: "x" holds 1099511627776, which does not fit int32',
  );
});

test('files hold tensors in the types that are asked for', () => {
  const floats = [1, -2.5, 0.1, 65519.99, 65520, 1e-7, 2 ** -25, 2049, 2051, NaN, -Infinity, -0];
  const x = new Map([
    ['x', tensor(floats)],
    ['d', tensor([0.1, 1e300], { dtype: 'float64' })],
    ['n', tensor([127, -128], { dtype: 'int32' })],
  ]);
  const reloaded = (types: io.FileTypes): Record<string, unknown> => {
    io.saveSafetensors(path(), x, types);
    return Object.fromEntries([...io.loadSafetensors(path())].map(([k, v]) => [k, v.toArray()]));
  };
  expect(reloaded({ float32: 'float16', float64: 'float16', int32: 'int8' })).toEqual({
    // torch.tensor(floats).half().tolist()
    x: [
      1, -2.5, 0.0999755859375, 65504, Infinity, 1.1920928955078125e-7, 0, 2048, 2052, NaN, -Infinity, -0,
    ],
    d: [0.0999755859375, Infinity],
    n: [127, -128],
  }); // prettier-ignore
  expect(reloaded({ float32: 'bfloat16', float64: 'float32', int32: 'int64' })).toEqual({
    // torch.tensor(floats).bfloat16().tolist()
    x: [
      1, -2.5, 0.10009765625, 65536, 65536, 1.0011717677116394e-7, 2 ** -25, 2048, 2048, NaN, -Infinity, -0,
    ],
    d: [Math.fround(0.1), Infinity],
    n: [127, -128],
  }); // prettier-ignore
  x.set('n', tensor([128], { dtype: 'int32' }));
  expect(() => reloaded({ int32: 'int8' })).toThrow(
    'saveSafetensors: "n" holds 128, which does not fit int8',
  );
});

test('what is converted in pieces comes back whole', () => {
  // Several pieces of a megabyte, and a part of one.
  const x = new Map([
    ['n', arange(-300_000, 300_001, 1, { dtype: 'int32' })],
    ['x', arange(-1024, 1024, 1 / 512)],
  ]);
  for (const types of [{ int32: 'int64', float32: 'float16' }, { float32: 'float16' }] as const) {
    io.saveSafetensors(path(), x, types);
    const loaded = io.loadSafetensors(path());
    expect(loaded.get('n')!.equal(x.get('n')!)).toBe(true);
    expect(loaded.get('x')!.sub(x.get('x')!).abs().max().item()).toBeLessThanOrEqual(0.25);
    expect(loaded.get('x')!.at(-512).item()).toBe(1023);
  }
});

const twice =
  '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
test.each<[string, () => string, string]>([
  [
    'too short',
    () => (writeFileSync(path('made'), 'abc'), path('made')),
    'loadSafetensors: malformed file FILE: 3 bytes are too short for a header',
  ],
  [
    'empty',
    () => (writeFileSync(path('made'), ''), path('made')),
    'loadSafetensors: malformed file FILE: 0 bytes are too short for a header',
  ],
  [
    'header past the end',
    () => write('{}', 0, 50n),
    'loadSafetensors: malformed file FILE: the header of 50 bytes goes past the end of the file',
  ],
  [
    'huge header',
    () => write('{}', 0, 2n ** 63n),
    'loadSafetensors: malformed file FILE: a header of 9223372036854775808 bytes is larger than 100000000',
  ],
  [
    'not JSON',
    () => write('{"a":'),
    'loadSafetensors: malformed file FILE: the header is not JSON',
  ],
  [
    'bad string',
    () => write('{"\\x":1}'),
    'loadSafetensors: malformed file FILE: the header is not JSON',
  ],
  [
    'not an object',
    () => write('[1,2]'),
    'loadSafetensors: malformed file FILE: the header does not begin with {',
  ],
  [
    'leading space',
    () => write(' {}'),
    'loadSafetensors: malformed file FILE: the header does not begin with {',
  ],
  [
    'not UTF-8',
    () => write(''.padEnd(0), Buffer.from([0xff]), 1n),
    'loadSafetensors: malformed file FILE: the header is not UTF-8',
  ],
  [
    'entry is no object',
    () => write({ a: 3 }),
    'loadSafetensors: malformed file FILE: the entry of "a" is not an object',
  ],
  [
    'entry without shape',
    () => write({ a: { dtype: 'F32', data_offsets: [0, 0] } }),
    'loadSafetensors: malformed file FILE: the entry of "a" must have dtype, shape and data_offsets, and nothing else; it has data_offsets,dtype',
  ],
  [
    'entry with more',
    () => write({ a: { dtype: 'F32', shape: [0], data_offsets: [0, 0], x: 1 } }),
    'loadSafetensors: malformed file FILE: the entry of "a" must have dtype, shape and data_offsets, and nothing else; it has data_offsets,dtype,shape,x',
  ],
  [
    'unknown type',
    () => write({ a: entry([1], 0, 4, 'F33') }, 4),
    'loadSafetensors: malformed file FILE: "a" has the unknown type "F33"',
  ],
  [
    'inherited type',
    () => write({ a: entry([1], 0, 4, 'toString') }, 4),
    'loadSafetensors: malformed file FILE: "a" has the unknown type "toString"',
  ],
  [
    'negative size',
    () => write({ a: entry([-1], 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: the shape of "a" is not an array of sizes',
  ],
  [
    'fractional size',
    () => write({ a: entry([1.5], 0, 6) }, 6),
    'loadSafetensors: malformed file FILE: the shape of "a" is not an array of sizes',
  ],
  [
    'too many dimensions',
    () => write({ a: entry(new Array<number>(65).fill(1), 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: "a" has 65 dimensions, a tensor at most 64',
  ],
  [
    'shape is no array',
    () => write({ a: entry(1, 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: the shape of "a" is not an array of sizes',
  ],
  [
    'overflow',
    () => write({ a: entry([2 ** 30, 2 ** 30], 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: the shape of "a" overflows',
  ],
  [
    'one place',
    () => write({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4),
    'loadSafetensors: malformed file FILE: the data_offsets of "a" are not two places',
  ],
  [
    'negative place',
    () => write({ a: entry([1], -4, 0) }, 4),
    'loadSafetensors: malformed file FILE: the data_offsets of "a" are not two places',
  ],
  [
    'places reversed',
    () => write({ a: entry([1], 4, 0) }, 4),
    'loadSafetensors: malformed file FILE: "a" needs 4 bytes for shape [1] of F32, but its data_offsets span -4',
  ],
  [
    'wrong span',
    () => write({ a: entry([2], 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: "a" needs 8 bytes for shape [2] of F32, but its data_offsets span 4',
  ],
  [
    'past the end',
    () => write({ a: entry([2], 0, 8) }, 4),
    'loadSafetensors: malformed file FILE: the data of "a" ends 4 bytes past the end of the file',
  ],
  [
    'gap at the start',
    () => write({ a: entry([1], 4, 8) }, 8),
    'loadSafetensors: malformed file FILE: 4 bytes before the data of "a" belong to no tensor',
  ],
  [
    'gap',
    () => write({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, 12),
    'loadSafetensors: malformed file FILE: 4 bytes before the data of "b" belong to no tensor',
  ],
  [
    'overlap',
    () => write({ a: entry([2], 0, 8), b: entry([1], 4, 8) }, 8),
    'loadSafetensors: malformed file FILE: the data of "b" overlaps another tensor\'s',
  ],
  [
    'same place',
    () => write({ a: entry([1], 0, 4), b: entry([1], 0, 4) }, 4),
    'loadSafetensors: malformed file FILE: the data of "b" overlaps another tensor\'s',
  ],
  [
    'trailing bytes',
    () => write({ a: entry([1], 0, 4) }, 7),
    'loadSafetensors: malformed file FILE: 3 bytes at the end belong to no tensor',
  ],
  [
    'data without tensors',
    () => write('{}', 1),
    'loadSafetensors: malformed file FILE: 1 bytes at the end belong to no tensor',
  ],
  [
    'duplicate key',
    () => write(twice, 4),
    'loadSafetensors: malformed file FILE: the key "a" occurs twice',
  ],
  [
    'duplicate key, escaped',
    () => write(twice.replace(/"a":\{(?=[^}]*\}\})/, '"\\u0061":{'), 4),
    'loadSafetensors: malformed file FILE: the key "a" occurs twice',
  ],
  [
    'duplicate inner key',
    () => write('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    'loadSafetensors: malformed file FILE: the key "dtype" occurs twice',
  ],
  [
    '__proto__',
    () => write('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    'loadSafetensors: malformed file FILE: a key is called __proto__',
  ],
  [
    'metadata is no object',
    () => write({ __metadata__: 'x' }),
    'loadSafetensors: malformed file FILE: __metadata__ is not an object',
  ],
  [
    'metadata is no string',
    () => write({ __metadata__: { x: 1 } }),
    'loadSafetensors: malformed file FILE: metadata "x" is not a string',
  ],
  [
    'deep nesting',
    () => write(`{"a":${'['.repeat(50_000)}`),
    'loadSafetensors: malformed file FILE: the header is nested too deeply',
  ],
  [
    'a fractional size',
    () => write('{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}', 1),
    'loadSafetensors: malformed file FILE: the header has another number than a size or a place',
  ],
  [
    'half a surrogate pair',
    () => write('{"\\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
    'loadSafetensors: malformed file FILE: a string is not Unicode',
  ],
  [
    'a boolean of 2',
    () => write({ a: entry([1], 0, 1, 'BOOL') }, Buffer.from([2])),
    'loadSafetensors: malformed file FILE: "a" has booleans that are neither 0 nor 1',
  ],
])('refuses a malformed file: %s', (_what, make, message) => {
  const file = make();
  expect(() => io.loadSafetensors(file)).toThrow(new RangeError(message.replace('FILE', file)));
});

test('any cut or changed byte of a file is refused or gives tensors, and never crashes', () => {
  io.saveSafetensors(
    path(),
    new Map([
      ['a', tensor([1, 2, 3])],
      ['b', tensor([true])],
    ]),
    { metadata: { k: 'v' } },
  );
  const whole = readFileSync(path());
  let refused = 0;
  const attempt = (bytes: Buffer): void => {
    writeFileSync(path('made'), bytes);
    try {
      for (const x of io.loadSafetensors(path('made')).values()) x.toArray();
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      refused++;
    }
  };
  for (let end = 0; end < whole.length; end++) attempt(whole.subarray(0, end));
  expect(refused).toBe(whole.length);
  for (let at = 0; at < whole.length; at++) {
    for (const byte of [0, 0xff, whole[at] ^ 1]) {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      attempt(changed);
    }
  }
});

test('what cannot be saved is said before anything is written', () => {
  const x = tensor([1]);
  expect(() => io.saveSafetensors(path('no'), { a: x } as never)).toThrow(
    'saveSafetensors: takes a Map from names to tensors, such as model.stateDict(), got an object',
  );
  expect(() => io.saveSafetensors(path('no'), new Map([['a', 1]]) as never)).toThrow(
    'saveSafetensors: "a" must be a Tensor, got 1',
  );
  expect(() => io.saveSafetensors(path('no'), new Map([['__metadata__', x]]))).toThrow(
    'saveSafetensors: a tensor cannot be called "__metadata__"',
  );
  for (const [metadata, got] of [
    [new Map([['k', 'v']]), 'a Map'],
    [new Date(0), 'a Date'],
    [x, 'a Tensor'],
    [['v'], "['v']"],
  ]) {
    expect(() =>
      io.saveSafetensors(path('no'), new Map(), { metadata: metadata as never }),
    ).toThrow(`saveSafetensors: metadata must be an object of strings, got ${got as string}`);
  }
  expect(() => io.saveSafetensors(path('no'), new Map(), { metadata: { a: 1 as never } })).toThrow(
    'saveSafetensors: metadata "a" must be a string, got 1',
  );
  expect(readdirSync(folder)).not.toContain('no');
  expect(() => io.saveSafetensors(join(folder, 'none', 'x'), new Map([['a', x]]))).toThrow(
    `saveSafetensors: cannot write ${join(folder, 'none', 'x')}: there is no folder ${join(folder, 'none')} (ENOENT)`,
  );
  expect(() => io.loadSafetensors(path('none'))).toThrow(
    `loadSafetensors: cannot read ${path('none')}: there is no such file (ENOENT)`,
  );
});

test.each([
  ['PK\x03\x04\x00\x00\x08\x08', 'a zip archive: io.loadTorch reads those of torch.save, io.loadNpz those of NumPy'],
  ['\x80\x02\x8a\x0a\x6c\xfc\x9c\x46', 'a pickle: io.loadTorch reads those of torch.save'],
  ['\x93NUMPY\x01\x00', 'an array of NumPy, which io.loadNpy reads'],
  ['\x89HDF\r\n\x1a\n', 'HDF5, as Keras writes'],
  ['GGUF\x03\x00\x00\x00', 'GGUF'],
])('a file of another kind is named: %j', (start, what) => {
  writeFileSync(path('other'), Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(100)]));
  const length = Buffer.from(start, 'latin1').readBigUInt64LE();
  expect(() => io.loadSafetensors(path('other'))).toThrow(
    new RangeError(
      `loadSafetensors: malformed file ${path('other')}: a header of ${length} bytes is larger than 100000000; it is ${what}`,
    ),
  );
}); // prettier-ignore
