// uint8 tensors: where they come from and go to, what numbers become in them, and what they refuse. Expected numbers are PyTorch's;
// operations are in test/ops/uint8.test.ts, element types of results in test/ops/elementwise/promotion.test.ts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  arange,
  bernoulli,
  compile,
  crossEntropy,
  data,
  deepcopy,
  full,
  io,
  manualSeed,
  nn,
  oneHot,
  randint,
  randn,
  tensor,
  testing,
  zeros,
  type Tensor,
} from 'ostinato';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = (...values: number[]): Tensor => tensor(values, { dtype: 'uint8' });
const values = (x: Tensor): number[] => Array.from(x.toTypedArray());

describe('made', () => {
  test('of typed arrays of bytes, which they copy', () => {
    const source = Uint8Array.of(0, 7, 255);
    for (const given of [source, Uint8ClampedArray.from(source), Buffer.from(source)]) {
      const x = tensor(given);
      expect([x.dtype, x.shape, values(x)]).toEqual(['uint8', [3], [0, 7, 255]]);
      given[0] = 9;
      expect(values(x)).toEqual([0, 7, 255]);
    }
    expect(tensor(source, { dtype: 'int32' }).dtype).toBe('int32');
    expect(values(tensor(source.subarray(1)))).toEqual([7, 255]);
  });

  test('of numbers from 0 to 255, and of negative integers modulo 256', () => {
    expect(values(tensor([1, -1, -255, 1.7, 255, true], { dtype: 'uint8' }))).toEqual([
      1, 255, 1, 1, 255, 1,
    ]);
    expect(values(full([2], -1, { dtype: 'uint8' }))).toEqual([255, 255]);
    for (const value of [256, -256, 255.5, -0.5, NaN, Infinity]) {
      const sentence = `${value} does not fit uint8 (0 to 255, and -1 to -255 modulo 256); use dtype int32`;
      for (const [name, make] of [
        ['tensor', () => tensor([value], { dtype: 'uint8' })],
        ['full', () => full([1], value, { dtype: 'uint8' })],
        ['fill_', () => bytes(1).fill_(value)],
        ['setAt', () => bytes(1).setAt([0], value)],
        ['maskedFill', () => bytes(1).maskedFill(tensor([true]), value)],
      ] as const) {
        expect(make).toThrow(new RangeError(`${name}: ${sentence}`));
      }
    }
  });

  test('by conversion, modulo 256 and towards zero', () => {
    const reals = [300.7, -1, -1.5, 255.9, 256, 1e10, NaN, Infinity, -Infinity, 4294967301, -300];
    const doubles = tensor(reals, { dtype: 'float64' });
    expect(values(doubles.byte())).toEqual([44, 255, 255, 255, 0, 0, 0, 0, 0, 5, 212]);
    expect(values(doubles.float().byte())).toEqual([44, 255, 255, 255, 0, 0, 0, 0, 0, 0, 212]);
    const integers = tensor([300, -1, 2 ** 31 - 1, -256], { dtype: 'int32' });
    expect(values(integers.to('uint8'))).toEqual([44, 255, 255, 0]);
    expect(values(tensor([true, false]).byte())).toEqual([1, 0]);
    const x = bytes(0, 7, 255);
    expect(x.bool().toArray()).toEqual([false, true, true]);
    for (const dtype of ['int32', 'float32', 'float64'] as const) {
      expect([x.to(dtype).dtype, values(x.to(dtype))]).toEqual([dtype, [0, 7, 255]]);
    }
    expect(x.byte()).toBe(x);
    expect(values(x.copy_(tensor([300.7, -1, 2])))).toEqual([44, 255, 2]);
  });

  test('by factories and draws', () => {
    expect(values(arange(254, 258, 1, { dtype: 'uint8' }))).toEqual([254, 255, 0, 1]);
    expect(zeros([2], { dtype: 'uint8' }).dtype).toBe('uint8');
    expect(bytes(3).newFull([2], 7).dtype).toBe('uint8');
    manualSeed(0);
    expect(values(randint(0, 256, [8], { dtype: 'uint8' }))).toEqual([
      172, 47, 117, 192, 67, 251, 195, 103,
    ]);
    const x = zeros([8], { dtype: 'uint8' });
    expect(values(x.random_())).toEqual([9, 211, 21, 242, 36, 87, 70, 216]);
    expect(values(x.random_(5))).toEqual([1, 3, 4, 3, 1, 4, 1, 4]);
    expect(values(x.random_(3, 200))).toEqual([117, 164, 68, 197, 106, 78, 27, 80]);
    expect(values(x.bernoulli_(0.5))).toEqual([1, 1, 0, 0, 1, 0, 1, 0]);
    expect(values(x.bernoulli_(full([8], 0.3)))).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
    expect(() => randint(0, 257, [8], { dtype: 'uint8' })).toThrow(
      new RangeError('randint: high must be an integer for uint8, from 0 to 256, got 257'),
    );
    expect(() => bernoulli(x)).toThrow(
      /^bernoulli: x must be a float32 or float64 tensor, got uint8$/,
    );
    expect(() => x.uniform_()).toThrow(
      /^uniform_: x must be a float32 or float64 tensor, got uint8$/,
    );
  });
});

test('what they are outside: arrays, text, files, messages, copies, batches', () => {
  const x = bytes(1, 200, 30, 4).view(2, 2);
  expect(x.toTypedArray()).toEqual(Uint8Array.of(1, 200, 30, 4));
  expect(x.t().toTypedArray()).toEqual(Uint8Array.of(1, 30, 200, 4));
  expect(x.toArray()).toEqual([
    [1, 200],
    [30, 4],
  ]);
  expect([x.itemsize, x.nbytes, x.at(0, 1).item()]).toEqual([1, 4, 200]);
  expect(String(x)).toBe('tensor([[  1, 200],\n        [ 30,   4]], dtype=uint8)');
  expect(String(zeros([0, 3], { dtype: 'uint8' }))).toBe('tensor([], size=(0, 3), dtype=uint8)');

  const path = join(folder, 'x.safetensors');
  io.saveSafetensors(path, new Map([['x', x.t()]]));
  const loaded = io.loadSafetensors(path).get('x')!;
  const received = io.fromMessage<Tensor>(structuredClone(io.toMessage(x)));
  for (const copy of [loaded.t(), received, deepcopy(x)]) {
    testing.assertClose(copy, x);
    expect(copy.dtype).toBe('uint8');
    expect(copy.add(1).equal(x.add(1))).toBe(true);
  }
  const module = new nn.Module();
  module.registerBuffer('table', x);
  module.loadStateDict(new Map([['table', x.add(60)]]));
  expect(values(x)).toEqual([61, 4, 90, 64]);
  const samples = [Uint8Array.of(1, 2), Uint8Array.of(3, 255)];
  const batch = data.defaultCollate(samples) as Tensor;
  expect([batch.dtype, batch.toArray()]).toEqual([
    'uint8',
    [
      [1, 2],
      [3, 255],
    ],
  ]);
  expect((data.defaultCollate([x, x]) as Tensor).dtype).toBe('uint8');
});

test('in place they wrap around, and hold no result of another category', () => {
  const x = bytes(250, 3);
  expect(values(x.add_(10).mul_(3).sub_(20).neg_())).toEqual([8, 237]);
  expect(values(x.add_(tensor([-1, 300], { dtype: 'int32' })))).toEqual([7, 25]);
  expect(values(x.bitwiseLeftShift_(5).bitwiseNot_())).toEqual([31, 223]);
  expect(values(x.addcmul_(x, x, { value: -1 }))).toEqual([94, 158]);
  expect(values(x.clamp_(100, 150))).toEqual([100, 150]);
  const sentence = (operation: string, result: string, own: string): TypeError =>
    new TypeError(
      `${operation}: the result is ${result}, which a ${own} tensor cannot hold; convert it first with to('${result}')`,
    );
  expect(() => x.mul_(1.5)).toThrow(sentence('mul_', 'float32', 'uint8'));
  expect(() => x.div_(2)).toThrow(sentence('div_', 'float32', 'uint8'));
  expect(() => x.exp_()).toThrow(sentence('exp_', 'float32', 'uint8'));
  expect(() => tensor([true]).add_(bytes(1))).toThrow(sentence('add_', 'uint8', 'bool'));
  expect(values(tensor([1, 2], { dtype: 'int32' }).add_(x))).toEqual([101, 152]);
});

test('sums and products of bools are what they were beside those of bytes', () => {
  const index = tensor([0, 0, 1], { dtype: 'int32' });
  const source = tensor([true, true, false]);
  const none = tensor([false, true]);
  expect(none.scatterAdd(0, index, source).toArray()).toEqual([true, true]);
  expect(none.indexAdd(0, index, source).toArray()).toEqual([true, true]);
  expect(none.scatterReduce(0, index, source, 'prod').toArray()).toEqual([false, false]);
  expect(source.sum(0, { dtype: 'bool' }).item()).toBe(1);
  const byte = bytes(200, 100, 7);
  expect(values(bytes(1, 2).indexAdd(0, index, byte))).toEqual([45, 9]);
  expect(values(bytes(1, 3).scatterReduce(0, index, byte, 'prod'))).toEqual([32, 21]);
});

test('compiled, what has no kernel of its own is the same', () => {
  const g = (x: Tensor, y: Tensor): Tensor => x.mul(y).add(7).maximum(y).bitwiseXor(3);
  const [x, y] = [
    randint(0, 256, [50], { dtype: 'uint8' }),
    randint(0, 256, [50], { dtype: 'uint8' }),
  ];
  const compiled = compile(g);
  for (let i = 0; i < 3; i++) expect(values(compiled(x, y))).toEqual(values(g(x, y)));
  expect(compile((z: Tensor) => z.div(255).mean())(x).item()).toBe(x.div(255).mean().item());
});

test('classes may be bytes, and what else indexes may not', () => {
  const scores = randn([3, 4]);
  const target = tensor([0, 3, 1], { dtype: 'int32' });
  expect(crossEntropy(scores, target.byte()).item()).toBe(crossEntropy(scores, target).item());
  const index = bytes(1, 0);
  const weight = randn([4, 2]);
  const refused = (operation: string, f: () => unknown, sentence: string): void => {
    expect(f).toThrow(new TypeError(`${operation}: ${sentence}`));
  };
  refused('embedding', () => nn.functional.embedding(index, weight), "index must be int32, got uint8; convert it with to('int32')"); // prettier-ignore
  refused('oneHot', () => oneHot(index), "class must be int32, got uint8; convert it with to('int32')"); // prettier-ignore
  refused('at', () => weight.at(index), "an index tensor must be int32 or bool, got uint8; convert a mask with to('bool'), indices with to('int32')"); // prettier-ignore
  refused('maskedFill', () => index.maskedFill(index, 0), 'mask must be bool, got uint8; compare, for example with ne(0)'); // prettier-ignore
});

test('they have no gradients', () => {
  expect(() => bytes(1).requiresGrad_()).toThrow(
    new TypeError(
      'requiresGrad_: only float32 and float64 tensors can have gradients, this one is uint8',
    ),
  );
  const x = tensor([0.5, 2.5], { requiresGrad: true });
  expect(x.byte().requiresGrad).toBe(false);
  x.mul(bytes(3, 200)).sum().backward();
  expect(values(x.grad!)).toEqual([3, 200]);
});
