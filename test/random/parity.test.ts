// Same seed, same numbers as PyTorch 2.13 (test/fixtures/random.py): integers and float32 to the last
// bit; float64 may differ where PyTorch's libm rounds a logarithm or a sine another way.
import { Generator, manualSeed, rand, randint, randn, randperm } from '../../src/random';
import { defaultGenerator, loaderSeed } from '../../src/random/generator';
import { empty, type Tensor } from '../../src/tensor/tensor';
import { fixture, make, sha256, type Draw } from './fixture';

const single = (values: readonly number[]): number[] => values.map(Math.fround);

function compare(draw: Draw, got: Tensor): void {
  const values = got.toTypedArray();
  if (draw.digest !== undefined) {
    expect(sha256(values)).toBe(draw.digest);
    return;
  }
  const expected = draw.values!.map(Number);
  if (got.dtype !== 'float64') {
    expect(Array.from(values)).toEqual(got.dtype === 'float32' ? single(expected) : expected);
    return;
  }
  // A few units in the last place, of the mean where one was added.
  const scale = Math.max(0, ...(draw.with ?? []).map(Math.abs));
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(values[i] - value)).toBeLessThanOrEqual(1e-15 * (Math.abs(value) + scale));
  });
}

/** The saved state without the kept normal, and that. */
function savedState(): { digest: string; kept: number } {
  const bytes = defaultGenerator.getState();
  const kept = new DataView(bytes.buffer).getFloat64(5024, true);
  return { digest: sha256(bytes.fill(0, 5024, 5032)), kept };
}

describe('draws of a seed are PyTorch’s, and so is the state behind them', () => {
  it.each(fixture.cases.map((one) => [`${one.name}, seed ${one.seed}`, one] as const))(
    '%s',
    (_, { seed, draws, state }) => {
      manualSeed(BigInt(seed));
      for (const draw of draws) compare(draw, make(draw));
      const { digest, kept } = savedState();
      expect(digest).toBe(state.digest);
      expect(Math.abs(kept - state.kept)).toBeLessThanOrEqual(1e-15 * Math.abs(state.kept));
    },
  );

  it('a new generator has PyTorch’s default seed', () => {
    expect(new Generator().initialSeed()).toBe(BigInt(fixture.defaultSeed));
  });
});

describe('what PyTorch’s data tools draw', () => {
  const { loaders } = fixture;
  const permutation = (generator: Generator): number[] =>
    Array.from(randperm(23, { generator }).toTypedArray());
  const shuffled = (): number[] => permutation(new Generator().manualSeed(loaderSeed()));
  const next = (n: number, generator?: Generator): number[] =>
    Array.from(rand([n], generator ? { generator } : {}).toTypedArray());

  it('a shuffling loader: a seed for workers, then one for the order of each epoch', () => {
    manualSeed(29);
    for (const epoch of loaders.default.epochs) {
      loaderSeed();
      expect(shuffled()).toEqual(epoch);
    }
    expect(next(2)).toEqual(single(loaders.default.next));
  });

  // Its sampler asks for a permutation once more, behind the last index, and takes nothing from it.
  it('a loader with its own generator draws the order from it, and nothing from the default', () => {
    manualSeed(29);
    const own = new Generator().manualSeed(31);
    for (const epoch of loaders.own.epochs) {
      loaderSeed(own);
      expect(permutation(own)).toEqual(epoch);
      permutation(own);
    }
    expect(next(2)).toEqual(single(loaders.own.next));
    expect(next(2, own)).toEqual(single(loaders.own.ownNext));
  });

  it('the seed of the order is drawn when the first batch is asked for', () => {
    manualSeed(29);
    loaderSeed();
    expect(next(1)).toEqual(single(loaders.late.between));
    expect(shuffled().slice(0, 4)).toEqual(loaders.late.first);
  });

  it('a sampler with replacement draws 32 indices at a time from a generator of its own', () => {
    manualSeed(37);
    const generator = new Generator().manualSeed(loaderSeed());
    const order = [32, 32, 6].flatMap((n) =>
      Array.from(randint(0, 23, [n], { generator }).toTypedArray()),
    );
    expect(order).toEqual(loaders.replacement.order);
  });

  it('a random split cuts one permutation', () => {
    manualSeed(41);
    const indices = Array.from(randperm(23).toTypedArray());
    expect([indices.slice(0, 15), indices.slice(15)]).toEqual(loaders.split);
  });
});

describe('seed program S3f', () => {
  const { unrolledCell } = fixture;

  it('draws its parameters in order: Wax, Waa, then the linear layer’s weight and bias', () => {
    manualSeed(123);
    const wax = randn([1, 300]);
    const waa = randn([300, 300]);
    // Linear: uniform within 1/√300 for the weight (Kaiming with a = √5) and the bias.
    const bound = 1 / Math.sqrt(300);
    const weight = empty([1, 300]).uniform_(-bound, bound);
    const bias = empty([1]).uniform_(-bound, bound);
    expect(sha256(wax.toTypedArray())).toBe(unrolledCell.wax);
    expect(sha256(waa.toTypedArray())).toBe(unrolledCell.waa);
    expect(sha256(weight.toTypedArray())).toBe(unrolledCell.weight);
    expect(Array.from(bias.toTypedArray())).toEqual(single(unrolledCell.bias));

    // a' = tanh(x·Wax + a·Waa) over the steps 1 … 5, in plain double precision.
    const [input, hidden] = [wax.toTypedArray(), waa.toTypedArray()];
    let a = new Float64Array(300);
    for (let x = 1; x <= 5; x++) {
      a = a.map((_, j) => {
        let sum = x * input[j];
        for (let i = 0; i < 300; i++) sum += a[i] * hidden[300 * i + j];
        return Math.tanh(sum);
      });
    }
    const output = Array.from(weight.toTypedArray()).reduce((sum, w, j) => sum + w * a[j], 0);
    expect(unrolledCell.printed).toBe('tensor([[-0.0731]])');
    expect(output + bias.item()).toBeCloseTo(unrolledCell.output, 5);
  });
});
