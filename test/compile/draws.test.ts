// A whole training loss compiles: dropout and other draws, integer targets, checks of values. The bits are those of the
// uncompiled function, and so are the draws, call after call.
import {
  arange,
  autograd,
  bernoulli,
  compile,
  eye,
  Generator,
  getRngState,
  linspace,
  manualSeed,
  multinomial,
  nn,
  normal,
  ones,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
  tensor,
  type Tensor,
  zeros,
} from 'ostinato';
import { expectNear, expectSameBits } from '../support';

const F = nn.functional;
const ints = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });
type Loss = (...xs: Tensor[]) => Tensor;

/** Values and gradients, second derivatives, and the generator afterwards, in three calls. */
function runs(
  f: Loss,
  inputs: readonly Tensor[],
): [(Tensor | null)[], (Tensor | null)[], Uint8Array] {
  manualSeed(11);
  const found: (Tensor | null)[] = [];
  const seconds: (Tensor | null)[] = [];
  for (let call = 0; call < 3; call++) {
    const y = f(...inputs);
    const leaves = inputs.filter((x) => x.requiresGrad);
    found.push(y);
    if (!y.requiresGrad) continue;
    const options = { retainGraph: true, allowUnused: true };
    const recorded = autograd.grad(y.square().sum(), leaves, { ...options, createGraph: true });
    found.push(...recorded, ...autograd.grad(y.square().sum(), leaves, options));
    const squares = recorded.flatMap((g) => (g?.requiresGrad ? [g.square().sum()] : []));
    if (squares.length > 0) seconds.push(...autograd.grad(squares, leaves, options));
    // Another draw between the calls.
    found.push(rand([3]));
  }
  return [found, seconds, getRngState()];
}

const own = new Generator();
const target = ints(1, 0, 3, -100);
const weight = tensor([1, 2, 0.5, 3]);
const losses: [string, Loss, () => Tensor[]][] = [
  ['dropout', (x) => F.dropout(x, 0.4), () => [leaf(5, 7)]],
  ['dropout of a strided tensor', (x) => F.dropout(x.t(), 0.4), () => [leaf(5, 7)]],
  ['draws whose result is not used', (x) => (rand([3]), randn([20]), x.mul(2)), () => [leaf(3)]],
  ['randn, few and many', (x) => x.add(randn([5])).mul(randn([40, 5]).sum(0)), () => [leaf(5)]],
  ['rand, randint, randperm', (x) => x.mul(rand([4])).add(randint(0, 9, [4])).at(randperm(4)), () => [leaf(4)]],
  ['exponential, uniform', (x) => x.mul(ones([4]).exponential_()).add(ones([4]).uniform_(1, 2)), () => [leaf(4)]],
  ['bernoulli', (x) => x.mul(bernoulli(x.detach().sigmoid())), () => [leaf(9)]],
  ['normal', (x) => x.mul(normal(x.detach(), x.detach().abs())), () => [leaf(9)]],
  ['multinomial', (x) => x.mul(multinomial(x.detach().exp(), 4)), () => [leaf(4)]],
  ['multinomial with replacement', (x) => x.mul(multinomial(x.detach().exp(), 9, { replacement: true })), () => [leaf(9)]],
  ['oneHot, eye', (x, i) => x.mul(F.oneHot(i, 4)).matmul(eye(4)), () => [leaf(3, 4), ints(1, 3, 0)]],
  ['crossEntropy', (x, t) => F.crossEntropy(x, t), () => [leaf(4, 4), target]],
  ['crossEntropy, options', (x, t) => F.crossEntropy(x, t, { weight, ignoreIndex: 3, labelSmoothing: 0.1, reduction: 'sum' }), () => [leaf(3, 4), ints(1, 3, 0)]],
  ['crossEntropy, images', (x, t) => F.crossEntropy(x, t.reshape([2, 2]), { reduction: 'none' }), () => [leaf(2, 4, 2), target]],
  ['nllLoss', (x, t) => F.nllLoss(x.logSoftmax(1), t, { weight }), () => [leaf(4, 4), target]],
  ['binaryCrossEntropy', (x, t) => F.binaryCrossEntropy(x.sigmoid(), t), () => [leaf(6), rand([6])]],
  ['division of integers', (x, i, j) => x.mul(i.div(j, { roundingMode: 'trunc' })).add(i.fmod(j)).add(i.remainder(j)).add(i.floorDivide(j)), () => [leaf(4), ints(7, -7, 9, 0), ints(2, 2, -4, 1)]],
  ['linspace between tensors', (x, i) => x.mul(linspace(x.detach().sum(), i, 7)).mul(linspace(0.3, i, 7, { dtype: 'int32' })), () => [leaf(7), ints(9).squeeze()]],
  ['prod', (x) => x.prod(), () => [leaf(6)]],
  ['prod with a zero', (x) => x.mul(tensor([1, 0, 2])).prod(1), () => [leaf(4, 3)]],
  ['take', (x, i) => x.take(i), () => [leaf(2, 3), ints(-1, 0, 5, -6)]],
  ['indices from the end', (x, i) => x.at(i, ':', ints(0, -1)), () => [leaf(4, 2, 3), ints(-1, -4)]],
]; // prettier-ignore

it.each(losses)('%s', (_name, f, make) => {
  manualSeed(5);
  const inputs = make();
  const [plain, plainSeconds, stateAfter] = runs(f, inputs);
  const [compiled, seconds, compiledState] = runs(compile(f), inputs);
  expectSameBits(compiled, plain);
  // The same terms, some of them added in another order.
  seconds.forEach((g, i) => {
    expectNear(g?.toTypedArray() ?? [], plainSeconds[i]?.toTypedArray() ?? [], 1e-6);
  });
  expect(compiledState).toEqual(stateAfter);
});

// ctcLoss has no second derivatives.
it.each<[string, Tensor, Tensor]>([
  ['rows', ints(1, 2, 3, 1, 1, 2, 0, 0).reshape([2, 4]), ints(3, 2)],
  ['one after the other', ints(1, 2, 3, 1, 1), ints(3, 2)],
  ['no labels', zeros([2, 0], { dtype: 'int32' }), ints(0, 0)],
])('ctcLoss of lengths in tensors, labels in %s', (_name, labels, lengths) => {
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    const f = (x: Tensor, steps: Tensor, count: Tensor): Tensor =>
      F.ctcLoss(x.logSoftmax(2), labels, steps, count, { reduction, zeroInfinity: true });
    const outs = [f, compile(f)].map((one) => {
      manualSeed(2);
      const x = leaf(9, 2, 4);
      return [ints(9, 7), ints(2, 9)].flatMap((steps) => {
        const y = one(x, steps, lengths);
        return [y, ...autograd.grad(y.sum(), [x])];
      });
    });
    expectSameBits(outs[1], outs[0]);
  }
});

it('a whole loss: a recurrent net with dropout, integer targets, its own generator', () => {
  const lstm = new nn.LSTM(3, 8, { numLayers: 2, dropout: 0.3, batchFirst: true });
  const [embedding, head] = [new nn.Embedding(6, 3), new nn.Linear(8, 5)];
  const parameters = [...lstm.parameters(), ...embedding.parameters(), ...head.parameters()];
  const loss = (x: Tensor, t: Tensor): Tensor => {
    const [out] = lstm.forward(embedding.forward(x));
    const dropped = F.dropout(out, 0.2, { generator: own });
    return F.crossEntropy(head.forward(dropped).reshape([-1, 5]), t.reshape([-1]));
  };
  const train = (f: typeof loss): (Tensor | null)[] => {
    manualSeed(3);
    own.manualSeed(4);
    const found: (Tensor | null)[] = [];
    for (let step = 0; step < 3; step++) {
      const y = f(arange(12).remainder(6).to('int32').reshape([2, 6]), ints(0, 1, 2, 3, 4, -100, 0, 1, 2, 3, 4, 0).reshape([2, 6])); // prettier-ignore
      found.push(y, ...autograd.grad(y, parameters));
    }
    return found;
  };
  const plain = train(loss);
  expectSameBits(train(compile(loss)), plain);
  expect(plain[0]!.item()).not.toBe(plain[1 + parameters.length]!.item());
});

it('nn.Recurrent replays a cell with dropout', () => {
  const cell = new nn.GRUCell(3, 4);
  const step = (x: Tensor, h?: Tensor | null): Tensor => F.dropout(cell.forward(x, h), 0.5);
  const outs = [true, false].map((compiles) => {
    manualSeed(2);
    const unrolled = new nn.Recurrent(step, { compile: compiles });
    const x = ones([5, 2, 3]);
    return [unrolled.forward(x)[0], unrolled.forward(x)[0]];
  });
  expectSameBits(outs[0], outs[1]);
});

it.each<[string, Loss, Tensor[], Tensor[]]>([
  [
    'crossEntropy: a target is not a class: the input has 2 (0 to 1), and ignoreIndex is -100',
    (x, t) => F.crossEntropy(x, t),
    [ones([2, 2]), ints(0, 1)],
    [ones([2, 2]), ints(0, 2)],
  ],
  [
    'binaryCrossEntropy: every element of input must be from 0 to 1; pass logits to binaryCrossEntropyWithLogits() instead',
    (x, t) => F.binaryCrossEntropy(x, t),
    [tensor([0.5]), ones([1])],
    [tensor([NaN]), ones([1])],
  ],
  [
    'bernoulli: probabilities must be in 0 … 1',
    (x) => bernoulli(x),
    [tensor([0.5])],
    [tensor([2])],
  ],
  [
    "floorDivide: an integer cannot be divided by 0; convert with to('float32') to get Infinity or NaN",
    (i, j) => i.floorDivide(j).float(),
    [ints(5, 6), ints(2, -1)],
    [ints(5, 6), ints(2, 0)],
  ],
  ...(
    [
      ['inputLengths', 6, ' (the steps of logProbs)', ints(7)],
      ['targetLengths', 4, ' (the columns of targets)', ints(5)],
    ] as const
  ).map(([name, most, is, wrong]): [string, Loss, Tensor[], Tensor[]] => [
    `ctcLoss: every length of ${name} must be an integer from 0 to ${most}${is}`,
    (x, steps, labels) => F.ctcLoss(x, ones([1, 4]).int(), steps, labels),
    [randn([6, 1, 3]), ints(6), ints(2)],
    [
      randn([6, 1, 3]),
      name === 'inputLengths' ? wrong : ints(6),
      name === 'inputLengths' ? ints(2) : wrong,
    ],
  ]),
  [
    'ctcLoss: targetLengths sum to another number, so targets must have as many labels, got 4',
    (x, labels) => F.ctcLoss(x, ones([4]).int(), [6, 6], labels),
    [randn([6, 2, 3]), ints(3, 1)],
    [randn([6, 2, 3]), ints(3, 2)],
  ],
  [
    'linspace: an end does not fit int32 (-2147483648 to 2147483647); use dtype float64',
    (x) => linspace(0, x, 3, { dtype: 'int32' }).float(),
    [tensor(5.5)],
    [tensor(1e12)],
  ],
  [
    'normal: every standard deviation must be at least 0',
    (x) => normal(0, x),
    [tensor([0.5])],
    [tensor([-1])],
  ],
  [
    'multinomial: weights must be finite, at least 0 and not all 0 in a row',
    (x) => multinomial(x, 2, { replacement: true }).float(),
    [tensor([[0.5, 1]])],
    [tensor([[0, 0]])],
  ],
  [
    'multinomial: weights must be finite, at least 0 and not all 0 in a row',
    (x) => multinomial(x, 1).float(),
    [tensor([0.5, 1])],
    [tensor([NaN, 1])],
  ],
  [
    'compile: a tensor of indices holds a value outside 0 … 2, the range that the function indexes with it',
    (t) => F.oneHot(t, 3).float(),
    [ints(0, 2)],
    [ints(3)],
  ],
  [
    'take: an index is out of range for dimension 0 of size 3 (shape [3])',
    (x, i) => x.take(i),
    [ones([3]), ints(-1)],
    [ones([3]), ints(-4)],
  ],
])('each run looks at its values: %s', (message, f, good, bad) => {
  const compiled = compile(f);
  compiled(...good);
  expect(() => compiled(...bad)).toThrow(new RangeError(message));
  expect(() => compiled(...good)).not.toThrow();
  expect(() => compile(f)(...bad)).toThrow(new RangeError(message));
});

it.each<[string, () => unknown]>([
  ['compile: new Generator cannot be traced: each run would start from the same seed; make it outside', () => new Generator()],
  ['compile: seeding cannot be traced: it changes a generator for good; do it outside', () => manualSeed(1)],
  ['compile: getState cannot be traced: a state is known in a run only; take it outside', () => getRngState()],
])('%s', (message, act) => {
  const f = compile((x: Tensor) => (act(), x.mul(2)));
  expect(() => f(ones([1]))).toThrow(new Error(message));
}); // prettier-ignore

// Numbers are drawn in the order of memory, which differs from that of a contiguous argument.
describe('draws over an argument that is not contiguous', () => {
  const permuted = (): Tensor => randn([3, 2]).t();
  const draws: [string, Loss][] = [
    ['dropout', (x) => F.dropout(x, 0.4)],
    ['alphaDropout', (x) => F.alphaDropout(x, 0.4, { training: true })],
    ['randLike', (x) => randLike(x)],
    ['randnLike', (x) => randnLike(x)],
    ['randintLike', (x) => randintLike(x, 9).mul(x)],
    ['bernoulli', (x) => bernoulli(x.sigmoid())],
  ];
  it.each(draws)('%s', (_, f) => {
    const x = permuted().requiresGrad_();
    const compiled = compile(f);
    for (const one of [x, x.detach().contiguous(), x]) {
      manualSeed(3);
      const plain = f(one);
      manualSeed(3);
      expectSameBits([compiled(one)], [plain]);
    }
  });
});
