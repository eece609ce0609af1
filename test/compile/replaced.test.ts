// A tensor from outside that is given other memory, or another layout, is traced anew.
import { compile, deepcopy, nn, noGrad, randn, type Tensor } from 'ostinato';
import { expectSameBits } from '../support';

const assigned = (w: Tensor): void => {
  w.data = randn(w.shape);
};

test.each([
  ['data', assigned],
  ['t_', (w: Tensor) => w.t_()],
  ['transpose_', (w: Tensor) => w.transpose_(0, 1)],
])('a matrix: %s', (_name, change) => {
  const w = randn([5, 5]);
  const x = randn([2, 5]);
  const compiled = compile((input: Tensor) => input.matmul(w));
  compiled(x);
  change(w);
  expectSameBits([compiled(x)], [x.matmul(w.clone())]);
});

test('data that is another part of the same memory', () => {
  const [w, all, x] = [randn([3, 4]), randn([6, 4]), randn([2, 3])];
  const compiled = compile((input: Tensor) => input.matmul(w));
  for (const part of all.split(3)) {
    w.data = part;
    expectSameBits([compiled(x)], [x.matmul(part)]);
  }
});

test.each([
  ['LSTM', () => new nn.LSTM(4, 5)],
  ['GRU, normalized', () => new nn.GRU(4, 5, { layerNorm: true })],
  ['RNNCell', () => new nn.RNNCell(4, 5)],
])('weights of a layer without gradients: %s', (_name, make) => {
  const layer = make();
  const x = randn([2, 4]);
  const run = (of: typeof layer): Tensor => [of.forward(x)].flat()[0] as Tensor;
  const compiled = compile(() => run(layer));
  noGrad(() => {
    compiled();
    for (const w of layer.parameters()) assigned(w);
    expectSameBits([compiled()], [run(deepcopy(layer))]);
  });
});

test('keys of attention without gradients', () => {
  const [q, k, v] = [1, 2, 3].map(() => randn([1, 2, 3, 4]));
  const run = (): Tensor => nn.functional.scaledDotProductAttention(q, k, v);
  const compiled = compile(run);
  compiled();
  for (const one of [q, k, v]) assigned(one);
  expectSameBits([compiled()], [run()]);
});
