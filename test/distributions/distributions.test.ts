// Distributions against PyTorch 2.13 (test/fixtures/distributions.py): densities, moments, gradients to 1e-9, draws of a seed to 1e-6.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  autograd,
  compile,
  distributions,
  manualSeed,
  ones,
  tensor,
  varMean,
  type DType,
  type Tensor,
} from 'ostinato';

interface Packed {
  s: number[];
  v: (number | string)[];
}
interface Case {
  class: string;
  parameters: Record<string, Packed>;
  at: Packed;
  p: Packed;
  logProb: Packed;
  grads: Packed[];
  mean: Packed;
  mode: Packed;
  variance: Packed;
  stddev: Packed;
  entropy: Packed | null;
  cdf: Packed | null;
  icdf: Packed | null;
  draws: [Packed, Packed, Packed];
  rsample?: Packed;
  pathGrads?: Packed[];
  /** Parameters that draws have no gradients in. */
  fixed?: string[];
  other?: Record<string, Packed>;
  kl?: Packed;
}
const cases = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/distributions.json'), 'utf8'),
) as Case[];

const number = (v: number | string): number => Number(String(v).replace('inf', 'Infinity'));
const decoded = ({ s, v }: Packed, dtype: DType): Tensor =>
  tensor(v.map(number), { dtype }).reshape(s).clone();

function expectClose(actual: Tensor | null, expected: Packed, tolerance: number): void {
  expect(actual!.shape).toEqual(expected.s);
  const values = [...actual!.toTypedArray()];
  expected.v.map(number).forEach((value, i) => {
    const close =
      Object.is(values[i], value) ||
      values[i] === value ||
      Math.abs(values[i] - value) <= tolerance * Math.max(1, Math.abs(value));
    if (!close) throw new Error(`element ${i} is ${values[i]}, PyTorch has ${value}`);
  });
}

const byLogits = new Set(['Bernoulli', 'Categorical']);
function made(name: string, given: Record<string, Tensor>): distributions.Distribution {
  const Class = (distributions as unknown as Record<string, unknown>)[name] as new (
    ...args: unknown[]
  ) => distributions.Distribution;
  const { probs = null, logits = null, total_count: count } = given as Partial<typeof given>;
  if (name === 'NegativeBinomial') return new Class(count, probs, { logits });
  if (!byLogits.has(name)) return new Class(...Object.values(given));
  return new Class(probs, { logits });
}
const parametersOf = (one: Case, dtype: DType): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(one.parameters).map(([name, x]) => [name, decoded(x, dtype).requiresGrad_()]),
  );

describe.each(
  cases.map((one, i) => [`${i} ${one.class}(${Object.keys(one.parameters).join()})`, one] as const),
)('%s', (_, one) => {
  const isWhole = one.class === 'Categorical';
  const at = decoded(one.at, isWhole ? 'int32' : 'float64');

  it('has its densities and their gradients', () => {
    const given = parametersOf(one, 'float64');
    const logs = made(one.class, given).logProb(at);
    expectClose(logs, one.logProb, 1e-9);
    const grads = autograd.grad([logs.sum()], Object.values(given));
    one.grads.forEach((expected, i) => {
      expectClose(grads[i], expected, 1e-9);
    });
  });

  it('has second derivatives', () => {
    const given = parametersOf(one, 'float64');
    const names = Object.keys(given);
    const of = (...values: Tensor[]): Tensor =>
      made(one.class, Object.fromEntries(values.map((x, i) => [names[i], x]))).logProb(at);
    expect(autograd.gradcheck(of, Object.values(given))).toBe(true);
    expect(autograd.gradgradcheck(of, Object.values(given))).toBe(true);
  });

  it('has its moments, entropy, cdf and icdf', () => {
    const law = made(one.class, parametersOf(one, 'float64'));
    for (const name of ['mean', 'mode', 'variance', 'stddev'] as const) {
      expectClose(law[name], one[name], 1e-9);
    }
    if (one.entropy !== null) expectClose(law.entropy(), one.entropy, 1e-9);
    if (one.cdf !== null) expectClose(law.cdf(at), one.cdf, 1e-9);
    else
      expect(() => law.cdf(at)).toThrow(
        new Error(
          one.class === 'Gamma'
            ? 'Gamma.cdf: not available: there is no incomplete gamma function here'
            : `${one.class}.cdf: not available, as in PyTorch`,
        ),
      );
    if (one.icdf !== null) {
      expectClose(law.icdf(decoded(one.p, 'float64')), one.icdf, 1e-9);
    }
  });

  it('draws what PyTorch draws', () => {
    const law = made(one.class, parametersOf(one, 'float32'));
    for (const [i, shape] of [[], [3], [4, 5]].entries()) {
      manualSeed(11);
      const drawn = law.sample(shape);
      expect(drawn.requiresGrad).toBe(false);
      expectClose(drawn, one.draws[i], 2e-6);
    }
    if (one.rsample === undefined || one.fixed !== undefined) {
      expect(law.hasRsample).toBe(false);
      expect(() => law.rsample()).toThrow(
        new Error(
          `${one.class}.rsample: samples have no gradients in the parameters; use sample()`,
        ),
      );
    }
    if (one.rsample === undefined) return;
    const given = parametersOf(one, 'float64');
    for (const name of one.fixed ?? []) given[name].requiresGrad_(false);
    manualSeed(11);
    const drawn = made(one.class, given).rsample([3]);
    expectClose(drawn, one.rsample, 1e-9);
    const weights = tensor(
      Array.from({ length: drawn.numel }, (_unused, i) => (((i * 7) % 11) - 5) / 4),
      { dtype: 'float64' },
    );
    const grads = autograd.grad(
      [drawn.mul(weights.reshape(drawn.shape)).sum()],
      Object.values(given).filter((x) => x.requiresGrad),
    );
    one.pathGrads!.forEach((expected, i) => {
      expectClose(grads[i], expected, 1e-9);
    });
  });

  it('expands, and has its divergence', () => {
    const law = made(one.class, parametersOf(one, 'float64'));
    const shape = [2, ...law.batchShape];
    const wide = law.expand(shape);
    expect(wide.batchShape).toEqual(shape);
    expect(wide.logProb(at.unsqueeze(1)).shape).toEqual([at.shape[0], ...shape]);
    expect(wide.sample().shape).toEqual(shape);
    if (one.other === undefined) {
      expect(() => distributions.klDivergence(law, law)).toThrow(
        /^klDivergence: there is no formula for (\w+) and \1; .*$/,
      );
      return;
    }
    const other = Object.fromEntries(
      Object.entries(one.other).map(([name, x]) => [name, decoded(x, 'float64')]),
    );
    expectClose(distributions.klDivergence(law, made(one.class, other)), one.kl!, 1e-9);
  });
});

it('takes numbers', () => {
  const normal = new distributions.Normal(1, 2);
  expect(normal.batchShape).toEqual([]);
  expect(normal.mean.item()).toBe(1);
  expect(new distributions.Bernoulli(0.25).mean.item()).toBe(0.25);
  expect(String(new distributions.Normal(0, ones([3])))).toBe('Normal(batchShape: [3])');
});

it('compiles: a likelihood as a loss, its conditions looked at in each run', () => {
  const loss = compile((m: Tensor, s: Tensor, x: Tensor) =>
    new distributions.Normal(m, s).logProb(x).sum().neg(),
  );
  const [m, s, x] = [tensor([0, 1]), tensor([1, 2]), tensor([0.5, -1])];
  const plain = new distributions.Normal(m, s).logProb(x).sum().neg().item();
  for (let round = 0; round < 2; round++) expect(loss(m, s, x).item()).toBe(plain);
  expect(() => loss(m, s.neg(), x)).toThrow(
    new RangeError('Normal: every element of scale must be above 0'),
  );
});

it('draws no values where there are none, and of a rate or a count of 0', () => {
  const { Gamma, StudentT, Poisson, NegativeBinomial } = distributions;
  const laws = [new Gamma(1, 1), new StudentT(2), new Poisson(1), new NegativeBinomial(2, 0.5)];
  for (const law of laws) expect(law.sample([0, 3]).shape).toEqual([0, 3]);
  expect(new Poisson(0).sample([2]).toArray()).toEqual([0, 0]);
  expect(new NegativeBinomial(0, 0.5).sample([2]).toArray()).toEqual([0, 0]);
  expect(new NegativeBinomial(0, 0.5).logProb(tensor(0)).item()).toBe(0);
});

it('has densities of counts in the wider type of both', () => {
  const { Poisson, NegativeBinomial } = distributions;
  const [one, double] = (['float32', 'float64'] as const).map((dtype) => tensor([3], { dtype }));
  for (const dtype of ['float32', 'float64', 'int32'] as const) {
    const at = tensor([2], { dtype });
    const wide = dtype === 'float64' ? dtype : 'float32';
    expect(new Poisson(one).logProb(at).dtype).toBe(wide);
    expect(new Poisson(double).logProb(at).dtype).toBe('float64');
    expect(new NegativeBinomial(one, 0.5).logProb(at).dtype).toBe(wide);
    expect(new NegativeBinomial(double, 0.5).logProb(at).dtype).toBe('float64');
  }
});

it('has no gradients in what requires them since it was made', () => {
  const [c, df] = [tensor([2]), tensor([3])];
  const laws = [new distributions.Gamma(c, 1), new distributions.StudentT(df)];
  for (const law of laws) expect(law.hasRsample).toBe(true);
  for (const x of [c, df]) x.requiresGrad_();
  for (const law of laws) {
    expect(law.hasRsample).toBe(false);
    expect(() => law.rsample()).toThrow(
      /^.*: samples have no gradients in the parameters; use sample\(\)$/,
    );
  }
});

it('ends where parameters are not checked and there is nothing to draw', () => {
  const options = { validateArgs: false };
  for (const bad of [-2, NaN]) {
    expect(new distributions.Gamma(bad, 1, options).sample().item()).toBeNaN();
    expect(new distributions.StudentT(bad, 0, 1, options).sample().item()).toBeNaN();
    const laws = [
      new distributions.Poisson(bad, options),
      new distributions.NegativeBinomial(bad, 0.5, options),
    ];
    for (const law of laws) {
      expect(() => law.sample()).toThrow(/^poisson: a rate must be at least 0, got (-2|NaN)$/);
    }
  }
});

it('draws with the moments that it has', () => {
  manualSeed(3);
  const n = 20_000;
  for (const law of [
    new distributions.Gamma(0.6, 2),
    new distributions.StudentT(6, 1, 2),
    new distributions.Poisson(25),
    new distributions.NegativeBinomial(3.5, 0.4),
  ]) {
    const drawn = law.sample([n]);
    const [variance, mean] = varMean(drawn);
    const [s, m] = [law.stddev.item(), law.mean.item()];
    expect(Math.abs(mean.item() - m)).toBeLessThan((5 * s) / Math.sqrt(n));
    expect(variance.item() / s / s).toBeGreaterThan(0.9);
    expect(variance.item() / s / s).toBeLessThan(1.1);
  }
});

describe('refuses', () => {
  const { Normal, Bernoulli, Categorical, Uniform, klDivergence } = distributions;
  const normal = new Normal(0, tensor([1, 2]));
  it.each<[() => unknown, Error]>([
    [
      () => new Normal(0, -1),
      new RangeError('Normal: every element of scale must be above 0, got -1 at position 0'),
    ],
    [
      () => new Normal(NaN, 1),
      new RangeError('Normal: every element of loc must be a number, got NaN at position 0'),
    ],
    [
      () => new Normal([1] as never, 1),
      new TypeError(
        'Normal: loc must be a number or a Tensor, got [1]; make it a tensor with tensor(…)',
      ),
    ],
    [
      () => new Normal(ones([2]), ones([3])),
      new RangeError(
        'Normal: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dimension -1 must be equal, or one of them 1',
      ),
    ],
    [
      () => new Uniform(1, 1),
      new RangeError('Uniform: every element of high must be above low, got 1 at position 0'),
    ],
    [
      () => new Uniform(0, 1).logProb(tensor(2)),
      new RangeError(
        'Uniform.logProb: every element of value must be from low to high, got 2 at position 0',
      ),
    ],
    [
      () => new distributions.Gamma(0, 1),
      new RangeError('Gamma: every element of concentration must be above 0, got 0 at position 0'),
    ],
    [
      () => new distributions.Gamma(1, 1).logProb(tensor(-1)),
      new RangeError(
        'Gamma.logProb: every element of value must be at least 0, got -1 at position 0',
      ),
    ],
    [
      () => new distributions.StudentT(-1),
      new RangeError('StudentT: every element of df must be above 0, got -1 at position 0'),
    ],
    [
      () => new distributions.StudentT(1, 0, 0),
      new RangeError('StudentT: every element of scale must be above 0, got 0 at position 0'),
    ],
    [
      () => new distributions.Poisson(-1),
      new RangeError('Poisson: every element of rate must be at least 0, got -1 at position 0'),
    ],
    [
      () => new distributions.Poisson(1).logProb(tensor(0.5)),
      new RangeError(
        'Poisson.logProb: every element of value must be an integer of at least 0, got 0.5 at position 0',
      ),
    ],
    [
      () => new distributions.NegativeBinomial(1, 1),
      new RangeError(
        'NegativeBinomial: every element of probs must be at least 0 and below 1, got 1 at position 0',
      ),
    ],
    [
      () => new distributions.NegativeBinomial(-1, 0.5),
      new RangeError(
        'NegativeBinomial: every element of totalCount must be at least 0, got -1 at position 0',
      ),
    ],
    [
      () => new distributions.NegativeBinomial(1),
      new TypeError('NegativeBinomial: takes either probs or logits, got neither'),
    ],
    [
      () => new Bernoulli(1.5),
      new RangeError(
        'Bernoulli: every element of probs must be from 0 to 1, got 1.5 at position 0',
      ),
    ],
    [() => new Bernoulli(), new TypeError('Bernoulli: takes either probs or logits, got neither')],
    [
      () => new Bernoulli(0.5, { logits: tensor(0) }),
      new TypeError('Bernoulli: takes either probs or logits, got both'),
    ],
    [
      () => new Bernoulli(0.5).logProb(tensor(0.5)),
      new RangeError(
        'Bernoulli.logProb: every element of value must be 0 or 1, got 0.5 at position 0',
      ),
    ],
    [
      () => new Categorical(0.5),
      new RangeError('Categorical: probs must have at least one dimension, of the classes'),
    ],
    [
      () => new Categorical(tensor([0.5, -0.5])),
      new RangeError(
        'Categorical: every element of probs must be at least 0, got -0.5 at position 1',
      ),
    ],
    [
      () => new Categorical(tensor([0, 0])),
      new RangeError(
        'Categorical: every element of the sums of probs must be above 0, got 0 at position 0',
      ),
    ],
    [
      () => new Categorical(ones([3])).logProb(tensor(3)),
      new RangeError(
        'Categorical.logProb: every element of value must be an integer from 0 to 2, got 3 at position 0',
      ),
    ],
    [
      () => normal.logProb(ones([3])),
      new RangeError(
        'Normal.logProb: shapes [3] and [2] do not broadcast: sizes 3 and 2 at dimension -1 must be equal, or one of them 1',
      ),
    ],
    [
      () => normal.logProb(1 as never),
      new TypeError('Normal.logProb: value must be a Tensor, got 1'),
    ],
    [
      () => normal.sample(3 as never),
      new TypeError('Normal.sample: sampleShape must be an array of sizes, got 3'),
    ],
    [
      () => klDivergence(normal, new Bernoulli(0.5)),
      new TypeError(
        'klDivergence: there is no formula for Normal and Bernoulli; estimate it from samples: the mean of p.logProb(x) - q.logProb(x) for x = p.sample([n])',
      ),
    ],
    [
      () => klDivergence(normal, 1 as never),
      new TypeError('klDivergence: q must be a Distribution, got 1'),
    ],
  ])('%#', (call, error) => {
    expect(call).toThrow(error);
  });

  it('nothing without validateArgs', () => {
    expect(new Normal(0, -1, { validateArgs: false }).scale.item()).toBe(-1);
  });
});

// torch refuses these: infinity is no integer, Inf/Inf no probability, and logits are compared once normalized.
describe('infinities', () => {
  const { Poisson, NegativeBinomial, Categorical, Exponential } = distributions;

  it.each([
    ['Poisson', () => new Poisson(2)],
    ['NegativeBinomial', () => new NegativeBinomial(3, 0.5)],
  ])('%s counts to no infinity', (name, make) => {
    expect(() => make().logProb(tensor(Infinity))).toThrow(
      `${name}.logProb: every element of value must be an integer of at least 0, got Infinity at position 0`,
    );
  });

  it.each([
    [[Infinity, 1], null, 'the sums of probs must be finite, got Infinity'],
    [null, [Infinity, 1], 'the logsumexp of logits must be finite, got Infinity'],
    [null, [-Infinity, -Infinity], 'the logsumexp of logits must be finite, got -Infinity'],
  ])('Categorical(%p, { logits: %p })', (probs, logits, words) => {
    const make = (): unknown =>
      new Categorical(probs && tensor(probs), { logits: logits && tensor(logits) });
    expect(make).toThrow(new RangeError(`Categorical: every element of ${words} at position 0`));
    const possible = new Categorical(null, { logits: tensor([-Infinity, 1]) });
    expect(possible.probs.toArray()).toEqual([0, 1]);
  });

  it('an exponential distribution of an infinite rate is all at 0', () => {
    const d = new Exponential(Infinity);
    expect([d.mean, d.mode, d.variance, d.sample()].map((x) => x.item())).toEqual([0, 0, 0, 0]);
    expect([d.entropy().item(), d.logProb(tensor(1)).item()]).toEqual([-Infinity, NaN]);
  });
});
