// Bilinear, Dropout1d, AlphaDropout, Unflatten and ParameterDict beside PyTorch's numbers (test/fixtures/bilinear-dropout.py).
import {
  autograd,
  compile,
  deepcopy,
  manualSeed,
  nn,
  ones,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { expectClose, sample } from '../../support';

const F = nn.functional;

it('bilinear: strided, and differentiated again', () => {
  const inputs = [sample([5, 3]), sample([5, 4]), sample([2, 3, 4]), sample([2])] as const;
  const [x1, x2, w, b] = inputs;
  const plain = F.bilinear(x1, x2, w, b);
  const strided = F.bilinear(x1.t().clone().t(), x2.t().clone().t(), w.permute(2, 0, 1).clone().permute(1, 2, 0), b); // prettier-ignore
  expectClose(strided, plain, 1e-12);
  for (let o = 0; o < 2; o++) {
    const row = x1.matmul(w.select(0, o)).mul(x2).sum(1).add(b.at(o));
    expectClose(plain.select(1, o), row, 1e-12);
  }
  const leaves = inputs.map((x) => x.detach().requiresGrad_());
  const f = (...xs: Tensor[]): Tensor => F.bilinear(xs[0], xs[1], xs[2], xs[3]);
  expect(autograd.gradcheck(f, leaves)).toBe(true);
  expect(autograd.gradgradcheck(f, leaves)).toBe(true);
  expectClose(compile(f)(...inputs), plain, 1e-12);
});

it('in place, dropouts draw the same', () => {
  for (const drop of [F.dropout1d, F.alphaDropout]) {
    const x = randn([6, 5]);
    manualSeed(3);
    const out = drop(x, 0.4, { training: true });
    manualSeed(3);
    const same = x.clone();
    expect(drop(same, 0.4, { training: true, inplace: true })).toBe(same);
    expect(same.toArray()).toEqual(out.toArray());
  }
});

it('AlphaDropout keeps mean and variance', () => {
  manualSeed(1);
  const out = new nn.AlphaDropout(0.3).forward(randn([200_000]));
  expect(Math.abs(out.mean().item())).toBeLessThan(0.01);
  expect(Math.abs(out.var().item() - 1)).toBeLessThan(0.02);
});

it('they print as PyTorch does', () => {
  expect(String(new nn.Bilinear(2, 3, 4))).toBe('Bilinear(in1Features=2, in2Features=3, outFeatures=4, bias=True)'); // prettier-ignore
  expect(String(new nn.Dropout1d(0.2))).toBe('Dropout1d(p=0.2, inplace=False)');
  expect(String(new nn.AlphaDropout())).toBe('AlphaDropout(p=0.5, inplace=False)');
  expect(String(new nn.Unflatten(1, [2, 3]))).toBe('Unflatten(dim=1, unflattenedSize=(2, 3))');
  expect(String(new nn.ParameterDict({ b: ones([1]), a: ones([2, 3]) }))).toBe(
    'ParameterDict(\n  (a): Parameter containing: [float32 of size 2x3]\n  (b): Parameter containing: [float32 of size 1]\n)',
  );
});

describe('ParameterDict', () => {
  class Net extends nn.Module {
    scales = new nn.ParameterDict({ b: ones([1]), a: zeros([2]) });
  }

  it('belongs to its owner, in the order of insertion, that of names for an object', () => {
    const net = new Net();
    expect([...net.stateDict().keys()]).toEqual(['scales.a', 'scales.b']);
    const dict = new nn.ParameterDict(new Map([['b', ones([1])]]));
    dict.update([['a', zeros([2])]]).update(new nn.ParameterDict({ c: ones([]) }));
    expect([...dict.keys()]).toEqual(['b', 'a', 'c']);
    expect(dict.parameters().map(({ shape }) => shape)).toEqual([[1], [2], []]);
    dict.loadStateDict(new Map([['a', ones([2])], ['b', ones([1])], ['c', ones([])]])); // prettier-ignore
    expect(dict.get('a').toArray()).toEqual([1, 1]);
    expect(dict.to('float64').get('b').dtype).toBe('float64');
  });

  it('takes and gives as a dict', () => {
    const dict = new nn.ParameterDict({ a: ones([1]), b: ones([2]) });
    const own = dict.get('a');
    expect(dict.setdefault('a', zeros([3]))).toBe(own);
    expect(dict.setdefault('c', zeros([3])).shape).toEqual([3]);
    expect(dict.popitem()[0]).toBe('c');
    expect(dict.pop('a')).toBe(own);
    expect([dict.size, dict.has('a'), dict.delete('a'), dict.delete('b')]).toEqual([1, false, false, true]); // prettier-ignore
    const shared = new nn.Parameter(ones([1]));
    const made = dict.fromkeys(['x', 'y'], shared);
    expect(made.parameters()).toHaveLength(1);
    expect(made.get('y')).toBe(shared);
    expect(made.copy().get('x')).toBe(shared);
    const apart = deepcopy(made);
    expect(apart.get('x')).not.toBe(shared);
    expect(apart.get('x')).toBe(apart.get('y'));
    made.clear();
    expect([...made]).toEqual([]);
  });
});

it.each<[string, () => unknown, Error]>([
  ['other dimensions', () => F.bilinear(ones([2, 3]), ones([2, 2, 4]), ones([5, 3, 4])), new RangeError('bilinear: input1 and input2 must have the same sizes but for the last one, got [2, 3] and [2, 2, 4]')],
  ['another batch', () => F.bilinear(ones([2, 3]), ones([1, 4]), ones([5, 3, 4])), new RangeError('bilinear: input1 and input2 must have the same sizes but for the last one, got [2, 3] and [1, 4]')],
  ['no dimensions', () => F.bilinear(ones([]), ones([]), ones([5, 3, 4])), new RangeError('bilinear: input1 and input2 must have the same sizes but for the last one, got [] and []')],
  ['other features', () => F.bilinear(ones([2, 3]), ones([2, 5]), ones([5, 3, 4])), new RangeError('bilinear: weight [5, 3, 4] takes 3 and 4 features, got [2, 3] and [2, 5]')],
  ['a weight of two dimensions', () => F.bilinear(ones([2, 3]), ones([2, 4]), ones([5, 3])), new RangeError('bilinear: weight must have shape [out features, in1 features, in2 features], got [5, 3]')],
  ['another bias', () => F.bilinear(ones([2, 3]), ones([2, 4]), ones([5, 3, 4]), ones([4])), new RangeError('bilinear: bias must have shape [5] to go with weight [5, 3, 4], got [4]')],
  ['another type', () => F.bilinear(ones([2, 3]), ones([2, 4], { dtype: 'float64' }), ones([5, 3, 4])), new TypeError("bilinear: input2 must be float32, as input1 is, got float64; convert it with to('float32')")],
  ['no features', () => new nn.Bilinear(0, 3, 4), new RangeError('Bilinear: in1Features must be an integer of at least 1, got 0')],
  ['one dimension', () => F.dropout1d(ones([3]), 0.5, { training: false }), new RangeError('dropout1d: input must be [C, L] or [N, C, L], got shape [3]')],
  ['four dimensions', () => new nn.Dropout1d().forward(ones([1, 2, 3, 4])), new RangeError('dropout1d: input must be [C, L] or [N, C, L], got shape [1, 2, 3, 4]')],
  ['no probability', () => F.dropout1d(ones([2, 3]), 1.2), new RangeError('dropout1d: p must be a probability from 0 to 1, got 1.2')],
  ['integers', () => F.dropout1d(tensor([[1]], { dtype: 'int32' })), new TypeError('dropout1d: takes float tensors, got int32')],
  ['no probability of alpha dropout', () => new nn.AlphaDropout(-0.1), new RangeError('AlphaDropout: p must be a probability from 0 to 1, got -0.1')],
  ['integers in alpha dropout', () => F.alphaDropout(tensor([1], { dtype: 'int32' }), 0.5, { training: true }), new TypeError('alphaDropout: takes float tensors, got int32')],
  ['a leaf in place', () => F.alphaDropout(ones([2], { requiresGrad: true }), 0.5, { training: true, inplace: true }), new Error('mul_: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()')],
  ['a size in place of sizes', () => new nn.Unflatten(1, 6 as never), new TypeError('Unflatten: unflattenedSize must be an array of integers, got 6')],
  ['sizes that do not fit', () => new nn.Unflatten(1, [4, -1]).forward(ones([2, 6])), new RangeError('unflatten: shape [4, -1] does not fit 6 elements')],
  ['no tensor', () => new nn.ParameterDict({ a: 1 as never }), new TypeError('ParameterDict: parameter must be a Tensor, got 1')],
  ['no pairs', () => new nn.ParameterDict([1] as never), new TypeError('ParameterDict: parameters must be an object, a Map, a ParameterDict or pairs of a name and a Tensor, got 1')],
  ['a name that is none', () => new nn.ParameterDict().set('a.b', ones([1])), new RangeError("ParameterDict.set: name must be a string of at least one character without dots, got 'a.b'")],
  ['a missing name', () => new nn.ParameterDict({ a: ones([1]) }).pop('b'), new RangeError("ParameterDict.pop: there is no 'b'; there are a")],
  ['nothing to take', () => new nn.ParameterDict().popitem(), new RangeError('ParameterDict.popitem: there are no parameters')],
])('refuses %s', (_, run, error) => {
  expect(run).toThrow(error);
}); // prettier-ignore
