// Files that are none, or that hold what is not computed: one sentence each, and no more memory than their bytes allow.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, randn, tensor } from 'ostinato';
import type { GraphProto, ModelProto, TensorProto } from '../../../src/io/onnx/schema';
import { attribute, fileOf, floats, graphOf, node, value } from './support';

let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ostinato-'));
  mkdirSync(join(folder, 'models'));
  path = join(folder, 'models', 'x.onnx');
});
afterAll(() => rmSync(folder, { recursive: true }));

function expectRefused(bytes: Buffer, sentence: string): void {
  writeFileSync(path, bytes);
  expect(() => io.loadOnnx(path)).toThrow(new RangeError(`loadOnnx: ${sentence}`));
}
const malformed = (graph: Partial<GraphProto>, what: string, model?: Partial<ModelProto>): void =>
  expectRefused(fileOf(graph, model), `malformed file ${path}: ${what}`);
const unreadable = (graph: Partial<GraphProto>, what: string, model?: Partial<ModelProto>): void =>
  expectRefused(fileOf(graph, model), `cannot read ${path}: ${what}`);

const relu = { input: [value('x')], output: [value('y')], node: [node('Relu', ['x'], ['y'])] };
const weighted = (w: Partial<TensorProto>): Partial<GraphProto> => ({
  ...{ input: [value('x')], output: [value('y')], node: [node('Add', ['x', 'w'], ['y'])] },
  initializer: [{ ...floats('w', [2], [1, 2]), ...w }],
});

test('a good file, and every one of its beginnings', () => {
  const bytes = fileOf(weighted({}));
  writeFileSync(path, bytes);
  expect(
    io
      .loadOnnx(path)
      .forward({ x: tensor([1, 1]) })
      .y.toArray(),
  ).toEqual([2, 3]);
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    expect(() => io.loadOnnx(path)).toThrow(/^loadOnnx: malformed file [^]*$/);
  }
});

test('what protocol buffers are not', () => {
  const begins = `malformed file ${path}: `;
  expectRefused(Buffer.from([0x08]), `${begins}it ends too early`);
  expectRefused(Buffer.from([0x3a, 0x7f, 0]), `${begins}it ends too early`);
  expectRefused(Buffer.from([0x0b]), `${begins}irVersion has the wire type 3, not 0`);
  expectRefused(Buffer.from([0xfb, 0x07]), `${begins}a field has the wire type 3`);
  expectRefused(Buffer.from([0x00, 0x01]), `${begins}a field has the number 0`);
  expectRefused(Buffer.from([8, ...Array<number>(10).fill(0xff), 1]), `${begins}a number has more than 64 bits`); // prettier-ignore
  expectRefused(Buffer.from([0x12, 1, 0xff]), `${begins}a text is not UTF-8`);
  expectRefused(Buffer.concat([fileOf(relu), fileOf(relu)]), `${begins}there are two graph`);
  expectRefused(Buffer.alloc(0), `${begins}it has no graph`);
  let deep = graphOf(relu);
  for (let i = 0; i < 40; i++) {
    const branch = node('If', ['x'], ['y'], { attribute: [attribute('then_branch', { g: deep })] });
    deep = graphOf({ ...relu, node: [branch] });
  }
  expectRefused(fileOf(deep), `${begins}its messages are more than 100 deep`);
});

test('versions and what no table has', () => {
  const opset = (version: number): Partial<ModelProto> => ({ opsetImport: [{ version }] });
  unreadable(relu, 'its operator set is 6; 7 to 25 are read', opset(6));
  unreadable(relu, 'its operator set is 26; 7 to 25 are read', opset(26));
  malformed(relu, 'it names no operator set', { opsetImport: [] });
  malformed(relu, 'it says no version of the format', { irVersion: undefined });
  unreadable(relu, 'it has functions of its own', { functions: [{}] });
});

test('all unknown operators at once, with their nodes', () => {
  const branch = graphOf({ node: [node('Loop', [], [], { name: 'inner' })] });
  const nodes = [
    node('Foo', ['x'], ['a'], { name: 'first' }),
    node('Relu', ['x'], ['b']),
    node('Foo', ['x'], ['c']),
    node('Foo', ['x'], ['d']),
    node('Foo', ['x'], ['e']),
    node('Relu', ['x'], ['f'], { domain: 'com.microsoft' }),
    node('If', ['x'], ['y'], { attribute: [attribute('then_branch', { g: branch })] }),
  ];
  unreadable(
    { ...relu, node: nodes },
    'these operators are not computed here: Foo (node "first", 2, 3 and 1 more), com.microsoft.Relu (node 5), Loop (node "inner")',
  );
  unreadable({ ...relu, node: [node('constructor', ['x'], ['y'])] }, 'these operators are not computed here: constructor (node 0)'); // prettier-ignore
});

test('names, order and cycles', () => {
  const cycle = [node('Relu', ['b'], ['a']), node('Relu', ['a'], ['b'])];
  malformed({ ...relu, node: cycle }, 'node 0 (Relu): it takes "b" before a node has computed it: the nodes are not in order, or form a cycle'); // prettier-ignore
  malformed({ ...relu, node: [node('Relu', ['y'], ['y'])] }, 'node 0 (Relu): it takes "y" before a node has computed it: the nodes are not in order, or form a cycle'); // prettier-ignore
  malformed({ ...relu, node: [node('Relu', ['z'], ['y'])] }, 'node 0 (Relu): it takes "z", which nothing computes'); // prettier-ignore
  malformed({ ...relu, node: [node('Relu', ['x'], ['x'])] }, 'node 0 (Relu): two values are called "x"'); // prettier-ignore
  malformed({ ...relu, output: [value('z')] }, 'nothing computes the output "z"');
  malformed({ ...relu, output: [] }, 'it has no outputs');
  malformed({ ...relu, node: [node('Relu', ['x', 'x'], ['y'])] }, 'node 0 (Relu): it has 2 inputs');
  malformed({ ...relu, node: [node('Relu', [''], ['y'])] }, 'node 0 (Relu): its input 0 is missing'); // prettier-ignore
  malformed(
    { ...relu, node: [node('Relu', ['x'], ['y', 'z'])] },
    'node 0 (Relu): it has 2 outputs',
  );
  malformed({ ...relu, input: [value('x'), value('x')] }, 'two values are called "x"');
});

test('attributes', () => {
  const of = (opType: string, ...attributes: ReturnType<typeof attribute>[]): Partial<GraphProto> => ({
    ...relu,
    node: [node(opType, ['x'], ['y'], { attribute: attributes })],
  }); // prettier-ignore
  const lstm = (...attributes: ReturnType<typeof attribute>[]): Partial<GraphProto> => ({
    ...{ ...relu, initializer: [floats('w', [1], [1])] },
    node: [node('LSTM', ['x', 'w', 'w'], ['y'], { attribute: attributes })],
  });
  const text = (s: string): Buffer => Buffer.from(s);
  unreadable(of('Relu', attribute('alpha', { f: 1 })), 'node 0 (Relu): it has the attribute alpha, which is not known'); // prettier-ignore
  malformed(of('Elu', attribute('alpha', { i: 1, type: 2 })), 'node 0 (Elu): the attribute alpha is of type int, not float'); // prettier-ignore
  malformed(of('Elu', attribute('alpha', {}), attribute('alpha', {})), 'node 0 (Elu): there are two attributes "alpha"'); // prettier-ignore
  malformed(of('Concat'), 'node 0 (Concat): it has no axis');
  malformed(of('If'), 'node 0 (If): it has no graph then_branch');
  malformed(of('Cast', attribute('to', { i: 99 })), 'node 0 (Cast): it has the element type 99');
  unreadable(of('Cast', attribute('to', { i: 8 })), 'node 0 (Cast): it holds texts');
  unreadable(lstm(attribute('clip', { f: 1 })), 'node 0 (LSTM): it clips');
  unreadable(lstm(attribute('direction', { s: text('up') })), 'node 0 (LSTM): direction is up');
  unreadable(lstm(attribute('input_forget', { i: 1 })), 'node 0 (LSTM): input_forget is 1; only 0 is computed'); // prettier-ignore
  unreadable(
    lstm(attribute('activations', { strings: ['HardSigmoid', 'Tanh', 'Tanh'].map(text) })),
    'node 0 (LSTM): activations are HardSigmoid, Tanh, Tanh; only Sigmoid, Tanh, Tanh are computed',
  );
});

test('tensors', () => {
  malformed(weighted({ dims: [3] }), '"w" has 8 bytes, not 12');
  malformed(weighted({ dims: [-1] }), '"w" has the shape [-1]');
  malformed(weighted({ dims: [2 ** 30, 2 ** 30] }), '"w" has the shape [1073741824, 1073741824]');
  malformed(weighted({ dims: [2 ** 40], rawData: undefined }), '"w" has 0 elements, not 1099511627776'); // prettier-ignore
  malformed(weighted({ dims: Array<number>(65).fill(1), rawData: Buffer.alloc(4) }), '"w" has 65 dimensions'); // prettier-ignore
  malformed(weighted({ dataType: undefined }), '"w": it has the element type undefined');
  unreadable(weighted({ dataType: 8 }), '"w": it holds texts');
  unreadable(weighted({ dataType: 14 }), '"w": it holds complex64');
  unreadable(weighted({ segment: {} }), '"w" is in segments');
  malformed(weighted({ dataType: 9, dims: [2], rawData: Buffer.from([1, 2]) }), '"w" has booleans that are neither 0 nor 1'); // prettier-ignore
  unreadable(weighted({ dataType: 7, rawData: undefined, int64Data: [1, 2 ** 40] }), '"w" holds 1099511627776, which does not fit int32'); // prettier-ignore
  unreadable(weighted({ dataType: 2, rawData: undefined, int32Data: [1, 256] }), '"w" holds 256, which does not fit uint8'); // prettier-ignore
  malformed(weighted({ dataLocation: 2 }), '"w" has its data at the location 2');
  unreadable({ ...relu, sparseInitializer: [{}] }, 'it has sparse tensors');
});

test('data in other files: only below the folder of the file', () => {
  const outside = join(folder, 'outside.data');
  writeFileSync(outside, Buffer.alloc(64));
  writeFileSync(join(folder, 'models', 'w.data'), Buffer.from(Float32Array.of(0, 3, 4).buffer));
  symlinkSync(outside, join(folder, 'models', 'link.data'));
  const external = (location: string, more: Record<string, string> = {}): Partial<GraphProto> => {
    const entries = Object.entries({ location, ...more }).map(([key, text]) => ({ key, value: text })); // prettier-ignore
    return weighted({ rawData: undefined, dataLocation: 1, externalData: entries });
  };
  writeFileSync(path, fileOf(external('w.data', { offset: '4', length: '8' })));
  expect(
    io
      .loadOnnx(path)
      .forward({ x: tensor([0, 0]) })
      .y.toArray(),
  ).toEqual([3, 4]);
  for (const location of ['../outside.data', outside, 'a/../../outside.data', '..']) {
    malformed(external(location), `the data of "w" is in ${JSON.stringify(location)}, outside of the folder of the file`); // prettier-ignore
  }
  malformed(external('link.data'), 'the data of "w" is in "link.data", which links to a place outside of the folder'); // prettier-ignore
  malformed(external(''), '"w" says no file that its data is in');
  malformed(external('w.data', { length: '4' }), '"w" has 4 bytes, not 8');
  malformed(external('w.data', { offset: '-4' }), 'the offset of "w" is "-4"');
  const other = join(folder, 'models', 'w.data');
  expectRefused(fileOf(external('w.data', { offset: '8' })), `malformed file ${other}: it has 12 bytes, "w" ends at 16`); // prettier-ignore
  writeFileSync(path, fileOf(external('none.data')));
  expect(() => io.loadOnnx(path)).toThrow(/^loadOnnx: cannot read [^]*none\.data[^]*$/);
});

test('what is found as it runs: the node, and no memory that is read beyond', () => {
  const run = (graph: Partial<GraphProto>, x = randn([2, 3])): (() => unknown) => {
    writeFileSync(path, fileOf(graph));
    const model = io.loadOnnx(path);
    return () => model.forward({ x });
  };
  const short: Partial<GraphProto> = {
    ...relu,
    initializer: [floats('w', [1, 16, 3], Array<number>(48).fill(0))],
    node: [node('LSTM', ['x', 'w', 'w'], ['y'], { name: 'rnn', attribute: [attribute('hidden_size', { i: 4 })] })],
  }; // prettier-ignore
  expect(run(short, randn([2, 1, 3]))).toThrow(
    new RangeError('OnnxModel.forward: node "rnn" (LSTM): R must have shape [1, 16, 4], got [1, 16, 3]'), // prettier-ignore
  );
  expect(run(short)).toThrow(
    new RangeError('OnnxModel.forward: node "rnn" (LSTM): X must be [T, N, I], got [2, 3]'),
  );
  expect(run({ ...relu, node: [node('MatMul', ['x', 'x'], ['y'])] })).toThrow(
    new RangeError(
      "OnnxModel.forward: node 0 (MatMul): matmul: inner sizes differ: a is [2, 3], b is [2, 3]; a's last size (3) must equal b's first (2)",
    ),
  );
});

test('the size of a result does not count as memory before it runs', () => {
  // Of 10^12 elements: nothing is computed at loading.
  const huge: Partial<GraphProto> = {
    ...{ input: [], output: [value('y')], node: [node('ConstantOfShape', ['s'], ['y'])] },
    initializer: [{ ...floats('s', [2], []), dataType: 7, rawData: undefined, int64Data: [1e6, 1e6] }], // prettier-ignore
  };
  writeFileSync(path, fileOf(huge));
  expect(readFileSync(path).length).toBeLessThan(200);
  expect(io.loadOnnx(path).inputs).toEqual([]);
});

test('values that an operator refuses when it is made', () => {
  const output = [value('y')];
  const constant = (given: Parameters<typeof attribute>[1]): void =>
    unreadable(
      {
        output,
        node: [node('Constant', [], ['y'], { attribute: [attribute('value_int', given)] })],
      },
      'node 0 (Constant): tensor: 4294967296 does not fit int32 (-2147483648 to 2147483647); use dtype float64',
    );
  constant({ type: 2, i: 2 ** 32 });
  const shaped = attribute('value', { type: 4, t: floats('v', [3], [1, 2, 3]) });
  unreadable(
    {
      input: [value('x')],
      output,
      node: [node('ConstantOfShape', ['x'], ['y'], { attribute: [shaped] })],
    },
    'node 0 (ConstantOfShape): takes one number, got shape [3]',
  );
});
