// CRF against all sequences of tags, gone through one by one (test/fixtures/crf.py, float64): likelihoods, gradients, best tags.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, compile, manualSeed, nn, randn, tensor, type Tensor } from 'ostinato';
import { expectPacked, floats, within, type Float } from '../fixture';

interface Case {
  sizes: [steps: number, batch: number, tags: number];
  emissions: number[];
  start: number[];
  end: number[];
  transitions: number[];
  tags: number[][];
  mask: boolean[][] | null;
  out: number[];
  grads: Record<'emissions' | 'start' | 'end' | 'transitions', number[]>;
  best: number[][];
}
const cases = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/crf.json'), 'utf8'),
) as Case[];

const ints = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
const sequences: [number, number][] = [[1, 2], [0, 3], [2, 2], [1, 0]]; // prettier-ignore
const tagsOf = (): Tensor => ints(sequences);

function made(one: Case, dtype: Float, batchFirst: boolean): nn.CRF {
  const { sizes, start, end, transitions } = one;
  const k = sizes[2];
  const crf = new nn.CRF(k, { batchFirst, dtype });
  crf.loadStateDict(
    new Map([
      ['start_transitions', tensor(start, { dtype })],
      ['end_transitions', tensor(end, { dtype })],
      ['transitions', tensor(transitions, { dtype }).reshape([k, k])],
    ]),
  );
  return crf;
}

describe.each(floats)('%s', (dtype) => {
  describe.each([false, true])('batchFirst %s', (batchFirst) => {
    const laidOut = (x: Tensor): Tensor => (batchFirst ? x.transpose(0, 1) : x);

    it.each(cases.map((one) => [one.sizes.join(), one] as const))('%s', (_, one) => {
      const [, n, k] = one.sizes;
      const crf = made(one, dtype, batchFirst);
      const leaf = tensor(one.emissions, { dtype }).reshape(one.sizes).clone().requiresGrad_();
      const emissions = laidOut(leaf);
      const tags = laidOut(ints(one.tags));
      const mask = one.mask === null ? null : laidOut(tensor(one.mask));
      const out = crf.forward(emissions, tags, { mask, reduction: 'none' });
      expectPacked(out, { shape: [n], values: one.out }, within[dtype]);
      const weights = tensor(
        Array.from({ length: n }, (_unused, i) => (((i * 7) % 11) - 5) / 4),
        { dtype },
      );
      const leaves = [leaf, crf.startTransitions, crf.endTransitions, crf.transitions];
      const grads = autograd.grad([out.mul(weights).sum()], leaves, { allowUnused: true });
      const { grads: expected } = one;
      const shapes = [one.sizes, [k], [k], [k, k]];
      Object.values(expected).forEach((values, i) => {
        // One step has no transitions.
        if (i === 3 && one.sizes[0] === 1) return;
        expectPacked(grads[i], { shape: [...shapes[i]], values }, within[dtype]);
      });
      expect(crf.decode(emissions, { mask })).toEqual(one.best);

      const total = one.out.reduce((a, b) => a + b);
      const steps = one.mask === null ? one.sizes[0] * n : one.mask.flat().filter(Boolean).length;
      for (const [reduction, value] of [
        ['sum', total],
        ['mean', total / n],
        ['token_mean', total / steps],
      ] as const) {
        const reduced = crf.forward(emissions, tags, { mask, reduction });
        expectPacked(reduced, { shape: [], values: [value] }, within[dtype]);
      }
      expectPacked(
        crf.forward(emissions, tags, { mask }),
        { shape: [], values: [total] },
        within[dtype],
      );
    });
  });
});

it('has second derivatives', () => {
  manualSeed(0);
  const crf = new nn.CRF(3, { dtype: 'float64' });
  const mask = tensor([[true, true], [true, true], [false, true], [false, true]]); // prettier-ignore
  const of = (emissions: Tensor): Tensor =>
    crf.forward(emissions, tagsOf().clamp(0, 2), { mask, reduction: 'none' });
  const inputs = [randn([4, 2, 3], { dtype: 'float64' }).requiresGrad_()];
  expect(autograd.gradcheck(of, inputs)).toBe(true);
  expect(autograd.gradgradcheck(of, inputs)).toBe(true);
});

it('draws its parameters as pytorch-crf: starts, ends, transitions, uniform in ±0.1', () => {
  manualSeed(3);
  const crf = new nn.CRF(4);
  manualSeed(3);
  const drawn = [4, 4, 16].map((n) => tensor(new Float32Array(n)).uniform_(-0.1, 0.1));
  expect([...crf.stateDict().keys()]).toEqual([
    'start_transitions',
    'end_transitions',
    'transitions',
  ]);
  [...crf.stateDict().values()].forEach((x, i) => {
    expect([...x.reshape([-1]).toTypedArray()]).toEqual([...drawn[i].toTypedArray()]);
  });
});

it('does not look at what the mask leaves out', () => {
  const crf = new nn.CRF(3);
  const mask = tensor([[true], [true], [false]]);
  const emissions = tensor([[[1, 2, 3]], [[3, 1, 0]], [[NaN, NaN, NaN]]]).requiresGrad_();
  const loss = crf.forward(emissions, ints([[0], [2], [-100]]), { mask });
  loss.backward();
  const short = crf.forward(emissions.narrow(0, 0, 2), ints([[0], [2]]));
  expect(loss.item()).toBe(short.item());
  expect([...emissions.grad!.select(0, 2).toTypedArray()]).toEqual(
    new Array(3).fill(expect.closeTo(0)),
  );
  expect(crf.decode(emissions, { mask })[0]).toHaveLength(2);
});

it('compiles, with the same bits', () => {
  const crf = new nn.CRF(4);
  const emissions = randn([4, 2, 4]).requiresGrad_();
  const mask = tensor([[true, true], [true, true], [true, false], [true, false]]); // prettier-ignore
  const loss = compile((x: Tensor, tags: Tensor, m: Tensor) => crf.forward(x, tags, { mask: m }));
  for (let round = 0; round < 2; round++) {
    const [plain] = autograd.grad([crf.forward(emissions, tagsOf(), { mask })], [emissions]);
    const [compiled] = autograd.grad([loss(emissions, tagsOf(), mask)], [emissions]);
    expect([...compiled!.toTypedArray()]).toEqual([...plain!.toTypedArray()]);
  }
  expect(() => loss(emissions, tagsOf().add(9), mask)).toThrow(
    new RangeError('CRF.forward: every tag must be from 0 to 3'),
  );
  expect(() => loss(emissions, tagsOf(), mask.logicalNot())).toThrow(
    new RangeError('CRF.forward: the mask of every first step must be true'),
  );
});

describe('refuses', () => {
  const crf = new nn.CRF(4);
  const emissions = randn([4, 2, 4]);
  const tags = tagsOf();
  it.each<[() => unknown, Error]>([
    [() => new nn.CRF(0), new RangeError('CRF: numTags must be an integer of at least 1, got 0')],
    [
      () => crf.forward(randn([4, 2, 3]), tags),
      new RangeError(
        'CRF.forward: emissions must be [T, N, K] with K = 4 tags and at least one step of one sequence, got [4, 2, 3]',
      ),
    ],
    [
      () => crf.decode(randn([0, 2, 4])),
      new RangeError(
        'CRF.decode: emissions must be [T, N, K] with K = 4 tags and at least one step of one sequence, got [0, 2, 4]',
      ),
    ],
    [
      () => crf.forward(emissions.double(), tags),
      new TypeError(
        "CRF.forward: emissions are float64, the layer is float32; convert one with to('float32')",
      ),
    ],
    [
      () => crf.forward(emissions, tags.narrow(0, 0, 3)),
      new RangeError('CRF.forward: emissions are [4, 2, 4], so tags must be [4, 2], got [3, 2]'),
    ],
    [
      () => crf.forward(emissions, tags.float()),
      new TypeError("CRF.forward: tags must be int32, got float32; convert them with to('int32')"),
    ],
    [
      () => crf.forward(emissions, tags.add(2)),
      new RangeError(
        'CRF.forward: every tag must be from 0 to 3, got 4; where there is no step, the mask is false',
      ),
    ],
    [
      () => crf.forward(emissions, tags, { mask: tags }),
      new TypeError('CRF.forward: mask must be bool, got int32; convert it with bool()'),
    ],
    [
      () => crf.forward(emissions, tags, { mask: tags.ge(0).t() }),
      new RangeError('CRF.forward: emissions are [4, 2, 4], so mask must be [4, 2], got [2, 4]'),
    ],
    [
      () => crf.decode(emissions, { mask: tags.lt(0) }),
      new RangeError(
        'CRF.decode: the mask of every first step must be true; leave out sequences without steps',
      ),
    ],
    [
      () => crf.decode(emissions.mul(NaN)),
      new RangeError('CRF.decode: scores are NaN, so that no tags are the best'),
    ],
  ])('%#', (call, error) => {
    expect(call).toThrow(error);
  });
});
