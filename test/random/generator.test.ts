import {
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  rand,
  randn,
  randperm,
  seed,
  setRngState,
} from '../../src/random';
import { loaderSeed } from '../../src/random/generator';

const list = (generator: Generator, n = 5): number[] =>
  Array.from(rand([n], { generator }).toTypedArray());

describe('Generator', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const [a, b] = [new Generator().manualSeed(3), new Generator().manualSeed(3n)];
    expect(list(a)).toEqual(list(b));
    expect(list(new Generator().manualSeed(4))).not.toEqual(list(a.manualSeed(3)));
  });

  it('starts with the same numbers every time it is made', () => {
    expect(list(new Generator())).toEqual(list(new Generator()));
  });

  it('forgets a kept normal when it is seeded', () => {
    const generator = new Generator().manualSeed(1);
    const first = randn([1], { generator }).item();
    generator.manualSeed(1);
    expect(randn([1], { generator }).item()).toBe(first);
  });

  it('reads its seed as an unsigned 64-bit integer', () => {
    const generator = new Generator();
    expect(generator.manualSeed(123).initialSeed()).toBe(123n);
    expect(generator.manualSeed(-1).initialSeed()).toBe(2n ** 64n - 1n);
    expect(generator.manualSeed(2 ** 53).initialSeed()).toBe(2n ** 53n);
    expect(generator.manualSeed(-(2n ** 63n)).initialSeed()).toBe(2n ** 63n);
    expect(generator.manualSeed(2n ** 64n - 1n).initialSeed()).toBe(2n ** 64n - 1n);
  });

  it('takes a random seed and says which', () => {
    const generator = new Generator();
    const taken = generator.seed();
    expect(generator.initialSeed()).toBe(taken);
    expect(generator.seed()).not.toBe(taken);
    expect(list(generator.manualSeed(taken))).toEqual(list(new Generator().manualSeed(taken)));
  });

  it.each([
    [
      1.5,
      RangeError,
      'manualSeed: seed must be an integer of at most 2^53 in size, got 1.5; pass a larger one as a bigint',
    ],
    [
      NaN,
      RangeError,
      'manualSeed: seed must be an integer of at most 2^53 in size, got NaN; pass a larger one as a bigint',
    ],
    [
      Infinity,
      RangeError,
      'manualSeed: seed must be an integer of at most 2^53 in size, got Infinity; pass a larger one as a bigint',
    ],
    [
      2 ** 54,
      RangeError,
      'manualSeed: seed must be an integer of at most 2^53 in size, got 18014398509481984; pass a larger one as a bigint',
    ],
    [
      2n ** 64n,
      RangeError,
      'manualSeed: seed must be an integer from -2^63 to 2^64 - 1, got 18446744073709551616n',
    ],
    [
      -(2n ** 63n) - 1n,
      RangeError,
      'manualSeed: seed must be an integer from -2^63 to 2^64 - 1, got -9223372036854775809n',
    ],
    ['1', TypeError, "manualSeed: seed must be an integer, got '1'"],
    [true, TypeError, 'manualSeed: seed must be an integer, got true'],
    [undefined, TypeError, 'manualSeed: seed must be an integer, got undefined'],
  ])('refuses %p as a seed', (bad, kind, message) => {
    const before = initialSeed();
    expect(() => manualSeed(bad as number)).toThrow(new kind(message));
    expect(initialSeed()).toBe(before);
  });
});

describe('the state of a generator', () => {
  it('continues where it was saved, in the middle of a block and of a pair of normals', () => {
    const generator = new Generator().manualSeed(9);
    list(generator, 700);
    randn([1], { generator });
    const state = generator.getState();
    const after = [randn([3], { generator }).toArray(), list(generator, 1000)];
    const other = new Generator().setState(state);
    expect([randn([3], { generator: other }).toArray(), list(other, 1000)]).toEqual(after);
    expect(other.initialSeed()).toBe(9n);
  });

  it('survives every position in a block, the first and the last included', () => {
    for (const drawn of [0, 1, 623, 624, 625, 1248]) {
      const generator = new Generator().manualSeed(2);
      list(generator, drawn);
      const other = new Generator().setState(generator.getState());
      expect(list(other, 3)).toEqual(list(generator, 3));
    }
  });

  it('is a copy', () => {
    const generator = new Generator().manualSeed(2);
    const state = generator.getState();
    const untouched = state.slice();
    list(generator, 10);
    expect(state).toEqual(untouched);
    state.fill(0);
    expect(list(generator.manualSeed(2), 1)).toEqual(list(new Generator().manualSeed(2), 1));
  });

  it('is refused when it is none, and the old one kept', () => {
    const generator = new Generator().manualSeed(5);
    const good = generator.getState();
    const broken = (change: (view: DataView) => void): Uint8Array => {
      const bytes = good.slice();
      change(new DataView(bytes.buffer));
      return bytes;
    };
    const states: [Uint8Array, string][] = [
      [good.slice(1), 'setState: state must have 5056 bytes, got 5055'],
      [
        broken((view) => view.setInt32(12, 0, true)),
        "setState: these are not the bytes of a generator's state: seeded 0, left 1, next 0",
      ],
      [
        broken((view) => view.setInt32(8, 0, true)),
        "setState: these are not the bytes of a generator's state: seeded 1, left 0, next 0",
      ],
      [
        broken((view) => view.setInt32(8, 625, true)),
        "setState: these are not the bytes of a generator's state: seeded 1, left 625, next 0",
      ],
      [
        broken((view) => view.setInt32(8, 624, true)),
        "setState: these are not the bytes of a generator's state: seeded 1, left 624, next 0",
      ],
      [
        broken((view) => view.setBigUint64(16, 2n ** 40n, true)),
        "setState: these are not the bytes of a generator's state: seeded 1, left 1, next 1099511627776",
      ],
    ];
    for (const [state, message] of states) {
      expect(() => generator.setState(state)).toThrow(new RangeError(message));
    }
    expect(() => generator.setState([] as unknown as Uint8Array)).toThrow(
      'setState: state must be a Uint8Array, got []',
    );
    expect(generator.getState()).toEqual(good);
  });
});

describe('the default generator', () => {
  it('is what manualSeed, seed and the state functions speak of', () => {
    expect(manualSeed(6)).toBe(defaultGenerator);
    expect(initialSeed()).toBe(6n);
    const state = getRngState();
    const numbers = rand([4]).toArray();
    setRngState(state);
    expect(rand([4]).toArray()).toEqual(numbers);
    expect(seed()).toBe(initialSeed());
  });

  it('is left alone by draws from another', () => {
    manualSeed(7);
    const state = getRngState();
    const generator = new Generator();
    randn([20], { generator });
    randperm(20, { generator });
    loaderSeed(generator);
    expect(getRngState()).toEqual(state);
  });

  it('gives loaders seeds of 63 bits', () => {
    manualSeed(8);
    for (let i = 0; i < 20; i++) expect(loaderSeed() >> 63n).toBe(0n);
  });
});

it.each<[string, (generator: Generator) => unknown]>([
  ['manualSeed', (generator) => generator.manualSeed(1)],
  ['seed', (generator) => generator.seed()],
  ['initialSeed', (generator) => generator.initialSeed()],
  ['getState', (generator) => generator.getState()],
  ['setState', (generator) => generator.setState(new Generator().getState())],
  ['rand', (generator) => rand([3], { generator })],
  ['randn', (generator) => randn([30], { generator })],
])('%s of what the constructor did not make', (_, act) => {
  const refusal = new TypeError(
    'Generator: must be made by new Generator(), and be no Proxy of one',
  );
  const made = Object.create(Generator.prototype) as Generator;
  expect(() => act(made)).toThrow(refusal);
  expect(() => act(new Proxy(new Generator(), {}))).toThrow(refusal);
});
