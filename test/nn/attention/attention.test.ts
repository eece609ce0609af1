// Attention: masks, shapes, gradients, and what is refused.
import { nn, noGrad, ones, randn, tensor, zeros, type Tensor } from 'ostinato';
import { gradcheck } from '../../../src/autograd';
import { leaf, sample } from '../../support';

const { paddingMask } = nn.functional;

const kinds: [string, () => nn.Attention][] = [
  ['additive', () => new nn.AdditiveAttention(4, 3, 5)],
  ['additive with a bias', () => new nn.AdditiveAttention(4, 3, 5, { bias: true })],
  ['general', () => new nn.MultiplicativeAttention(4, 3)],
  ['concat', () => new nn.MultiplicativeAttention(4, 3, { score: 'concat', attentionSize: 6 })],
];
const square: [string, () => nn.Attention][] = [
  ['dot', () => new nn.MultiplicativeAttention(3, 3, { score: 'dot' })],
  ['scaledDot', () => new nn.MultiplicativeAttention(3, 3, { score: 'scaledDot' })],
];

describe.each([...kinds, ...square])('%s', (_, make) => {
  const attention = make().double();
  const Q = attention.querySize;
  const mask = paddingMask([4, 1], 4);

  it.each([[[2, Q]], [[2, 3, Q]]])('differentiates with queries %j', (shape) => {
    const inputs = [leaf(shape, 1), leaf([2, 4, 3], 2), leaf([2, 4, 2], 3)];
    const run = (query: Tensor, keys: Tensor, values: Tensor): Tensor[] =>
      attention.forward(query, keys, { mask, values });
    expect(gradcheck(run, [...inputs])).toBe(true);
    const parameters = attention.parameters();
    const byParameters = (): Tensor[] => run(inputs[0].detach(), inputs[1].detach(), inputs[2]);
    if (parameters.length > 0) expect(gradcheck(byParameters, [...parameters])).toBe(true);
  });

  it('gives weights that sum to 1 over what the mask shows', () => {
    const [context, weights] = attention.forward(sample([2, 3, Q]), sample([2, 4, 3]), { mask });
    expect(context.shape).toEqual([2, 3, 3]);
    expect(weights.shape).toEqual([2, 3, 4]);
    for (const total of weights.sum(2).toTypedArray()) expect(total).toBeCloseTo(1, 12);
    expect(weights.at(1, ':', '1:4').toArray()).toEqual(zeros([3, 3]).toArray());
  });

  it('looks at a padded sequence as at the sequence alone', () => {
    const keys = sample([2, 4, 3]);
    const query = sample([2, Q]);
    const [context] = attention.forward(query, keys, { mask: paddingMask([4, 2], 4) });
    const [alone] = attention.forward(query.at('1:2'), keys.at('1:2', '0:2'));
    expect(context.at(1).toArray()).toEqual(alone.at(0).toArray());
  });

  it('takes one query at a time or all at once', () => {
    const [query, keys] = [sample([2, 3, Q]), sample([2, 4, 3])];
    const [context, weights] = attention.forward(query, keys, { mask });
    const memory = attention.prepare(keys, { mask });
    for (let i = 0; i < 3; i++) {
      const [one, its] = attention.attend(query.select(1, i), memory);
      expect(one.allclose(context.select(1, i), { rtol: 1e-12, atol: 1e-12 })).toBe(true);
      expect(its.allclose(weights.select(1, i), { rtol: 1e-12, atol: 1e-12 })).toBe(true);
    }
  });
});

describe('paddingMask', () => {
  it('is true inside a sequence', () => {
    expect(paddingMask([3, 0, 1]).toArray()).toEqual([
      [true, true, true],
      [false, false, false],
      [true, false, false],
    ]);
    expect(paddingMask(tensor([1], { dtype: 'int32' }), 2).toArray()).toEqual([[true, false]]);
  });
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => paddingMask([4], 3),
      RangeError,
      'paddingMask: lengths[0] must be an integer from 0 to 3 (the steps of the batch), got 4',
    ],
    [
      () => paddingMask([2, -1]),
      RangeError,
      'paddingMask: lengths[1] must be an integer of at least 0, got -1',
    ],
    [
      () => paddingMask([1.5], 2),
      RangeError,
      'paddingMask: lengths[0] must be an integer of at least 0, got 1.5',
    ],
    [
      () => paddingMask(3 as never),
      TypeError,
      'paddingMask: lengths must be an array of numbers or a 1-dimensional tensor, got 3',
    ],
    [
      () => paddingMask([1], -1),
      RangeError,
      'paddingMask: steps must be an integer of at least 0, got -1',
    ],
  ])('refuses', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('attention refuses', () => {
  const attention = new nn.AdditiveAttention(4, 3, 5);
  const [query, keys] = [ones([2, 4]), ones([2, 5, 3])];
  const bool = (rows: boolean[][]): Tensor => tensor(rows);
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () => attention.forward(query, keys, { mask: paddingMask([5, 0], 5) }),
      RangeError,
      'AdditiveAttention.forward: the mask hides every position of sequence 1, so that there is nothing to attend to; give each sequence at least one position',
    ],
    [
      () => attention.forward(query, keys, { mask: bool([[true], [true]]) }),
      RangeError,
      'AdditiveAttention.forward: mask has shape [2, 1], expected [2, 5] (batch, positions of the keys)',
    ],
    [
      () => attention.forward(query, keys, { mask: ones([2, 5]) }),
      TypeError,
      'AdditiveAttention.forward: mask must be bool (true where a key takes part), got float32; see paddingMask',
    ],
    [
      () => attention.forward(query, ones([2, 5, 4])),
      RangeError,
      'AdditiveAttention.forward: keys have shape [2, 5, 4], expected [N, S, 3] (batch, positions, keySize)',
    ],
    [
      () => attention.forward(query, ones([2, 0, 3])),
      RangeError,
      'AdditiveAttention.forward: there are no keys to attend to (keys [2, 0, 3])',
    ],
    [
      () => attention.forward(ones([2, 3]), keys),
      RangeError,
      'AdditiveAttention.forward: query has shape [2, 3], expected [N, 4] or [N, L, 4] (batch, queries, querySize)',
    ],
    [
      () => attention.forward(ones([3, 4]), keys),
      RangeError,
      'AdditiveAttention.forward: there are 3 queries for the keys of 2 sequences',
    ],
    [
      () => attention.forward(query, keys, { values: ones([2, 4, 3]) }),
      RangeError,
      'AdditiveAttention.forward: values have shape [2, 4, 3], expected [2, 5, V] to go with keys [2, 5, 3]',
    ],
    [
      () => attention.forward([1] as never, keys),
      TypeError,
      'AdditiveAttention.forward: query must be a Tensor, got [1]',
    ],
    [
      () => new nn.AdditiveAttention(4, 3, 0),
      RangeError,
      'AdditiveAttention: attentionSize must be an integer of at least 1, got 0',
    ],
    [
      () => new nn.MultiplicativeAttention(4, 3, { score: 'dot' }),
      RangeError,
      "MultiplicativeAttention: score 'dot' needs queries and keys of one size, got querySize 4 and keySize 3; 'general' takes any",
    ],
    [
      () => new nn.MultiplicativeAttention(4, 3, { score: 'cosine' as never }),
      RangeError,
      "MultiplicativeAttention: score must be 'dot', 'general', 'concat' or 'scaledDot', got 'cosine'",
    ],
    [
      () => new nn.MultiplicativeAttention(4, 3, { attentionSize: 2 }),
      RangeError,
      "MultiplicativeAttention: attentionSize belongs to score 'concat', not 'general'",
    ],
  ])('%#', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

test('attention prints its sizes', () => {
  expect(`${new nn.MultiplicativeAttention(4, 3).toString()}`).toBe(
    "MultiplicativeAttention(4, 3, score='general')",
  );
  expect(new nn.AdditiveAttention(4, 3, 5).toString()).toContain('AdditiveAttention(');
});

test('a row has the same bits in any batch', () => {
  const attention = new nn.AdditiveAttention(16, 24, 20);
  const [query, keys] = [randn([5, 16]), randn([5, 9, 24])];
  const all = noGrad(() => attention.forward(query, keys)[0]);
  const one = noGrad(() => attention.forward(query.at('3:4'), keys.at('3:4'))[0]);
  expect(one.toArray()).toEqual(all.at('3:4').toArray());
});
