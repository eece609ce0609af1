// Arrays as arguments: read once and checked item by item, whatever they are; sizes and views at the edges.
import {
  cat,
  empty,
  expand,
  flip,
  full,
  hstack,
  meshgrid,
  movedim,
  nn,
  normal,
  ones,
  permute,
  rand,
  randint,
  randn,
  reshape,
  roll,
  split,
  squeeze,
  stack,
  sum,
  tensor,
  tile,
  unflatten,
  vstack,
  zeros,
  type Tensor,
} from 'ostinato';
import { flat } from '../../support';

const x = ones([8, 1]);

type WithList = (list: never) => unknown;
/** Each operation that takes an array of numbers, with one that it accepts. */
const numbers: [string, WithList, number[]][] = [
  ['zeros', (list) => zeros(list), [8, 1]],
  ['expand', (list) => expand(x, list), [8, 2]],
  ['x.expand', (list) => x.expand(list), [8, 2]],
  ['broadcastTo', (list) => x.broadcastTo(list), [8, 2]],
  ['reshape', (list) => reshape(x, list), [4, 2]],
  ['x.view', (list) => x.view(list), [4, 2]],
  ['permute', (list) => permute(x, list), [1, 0]],
  ['flip', (list) => flip(x, list), [0, 1]],
  ['squeeze', (list) => squeeze(x, list), [0, 1]],
  ['tile', (list) => tile(x, list), [2, 1]],
  ['x.repeat', (list) => x.repeat(list), [2, 1]],
  ['roll, shifts', (list) => roll(x, list, [0, 1]), [1, 0]],
  ['roll, dims', (list) => roll(x, [1, 0], list), [0, 1]],
  ['movedim, source', (list) => movedim(x, list, [1, 0]), [0, 1]],
  ['movedim, destination', (list) => movedim(x, [0, 1], list), [1, 0]],
  ['split', (list) => split(x, list), [5, 3]],
  ['unflatten', (list) => unflatten(x, 0, list), [4, 2]],
  ['sum', (list) => sum(x, list), [0, 1]],
  ['mean', (list) => x.mean(list), [0, 1]],
  ['amax', (list) => x.amax(list), [0, 1]],
  ['logsumexp', (list) => x.logsumexp(list), [0, 1]],
  ['norm', (list) => x.norm(2, list), [0, 1]],
  ['var', (list) => x.var(list), [0, 1]],
  ['any', (list) => x.any(list), [0, 1]],
  ['layerNorm', (list) => nn.functional.layerNorm(x, list), [8, 1]],
];

/** Where an object is the options. */
const takesOptions = new Set(['roll, dims', 'var']);

const thrownBy = (call: () => unknown): Error => {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

const results = (value: unknown): unknown =>
  (Array.isArray(value) ? (value as Tensor[]) : [value as Tensor]).map((t) => [t.shape, flat(t)]);

describe('arrays of numbers', () => {
  test.each(numbers)('%s: a hole is refused', (_, f, good) => {
    const list = new Array<number>(good.length);
    list[1] = good[1];
    expect(() => f(list as never)).toThrow(/^\w+: \w+\[0\] must be an? \w+, got undefined$/);
  });

  test.each(numbers)('%s: each item is read once', (_, f, good) => {
    const reads = good.map(() => 0);
    const changing = new Proxy(good, {
      get(list, key) {
        const i = typeof key === 'string' ? Number(key) : NaN;
        if (Number.isNaN(i)) return Reflect.get(list, key) as unknown;
        return reads[i]++ === 0 ? list[i] : 2 ** 40;
      },
    });
    expect(results(f(changing as never))).toEqual(results(f(good as never)));
    expect(reads).toEqual(good.map(() => 1));
  });

  test.each(numbers)('%s: an own slice or map is not called', (_, f, good) => {
    const called = (): never => {
      throw new Error('called');
    };
    const list = Object.assign([...good], { slice: called, map: called, every: called });
    expect(results(f(list as never))).toEqual(results(f(good as never)));
  });

  test.each(numbers)('%s: what is no array of numbers', (name, f) => {
    const { proxy, revoke } = Proxy.revocable([0, 1], {});
    revoke();
    const kinds =
      'an array|an array of sizes(?: such as .*)?|an? (?:number|integer) or an array of (?:number|integer)s';
    const noArrays: [unknown, string][] = [
      ['01', "'01'"],
      [null, 'null'],
      ...(takesOptions.has(name) ? [] : [[{}, 'an object'] as [unknown, string]]),
      [proxy, 'an object that cannot be read'],
      [() => 1, 'a function'],
    ];
    for (const [wrong, given] of noArrays) {
      const error = thrownBy(() => f(wrong as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(
        new RegExp(
          `^\\w+: \\w+ must be (?:${kinds}), got ${given}(?:; options such as { keepdim } come after it)?$`,
        ),
      );
    }
    const noNumbers: [unknown, string][] = [
      [['0', '1'], "'0'"],
      [[0n, 1n], '0n'],
      [[null, null], 'null'],
    ];
    for (const [wrong, given] of noNumbers) {
      const error = thrownBy(() => f(wrong as never));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(
        new RegExp(`^\\w+: \\w+\\[0\\] must be an? (?:number|integer), got ${given}$`),
      );
    }
    for (const wrong of [[0.5, 1], [NaN, 0], [Infinity, 0], [2 ** 53, 1], new Array(100).fill(0)]) {
      const error = thrownBy(() => f(wrong as never));
      const [all, first] = [`\\[${wrong.join(', ')}\\]`, String(wrong[0])];
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toMatch(
        new RegExp(
          `^\\w+: (?:${[
            `every size must be an integer from 0 to 2\\^53 - 1, got ${first} in ${all}`,
            `every size must be -1 or an integer of at least 0, got ${all}`,
            `dim must be an integer from -2 to 1 for a tensor of 2 dimensions, got ${first}`,
            `sizes\\[0\\] must be an integer, got ${first}`,
            `takes an integer shift for each dimension, got shifts ${all} for dims \\[0, 1\\]`,
            `sizes must be integers that add up to 8, the size of dimension 0, got ${all}`,
            `the last sizes of the input must be ${all}, got input \\[8, 1\\]`,
            '\\w+ has 100 items; a tensor has at most 64 dimensions',
          ].join('|')})$`,
        ),
      );
    }
  });
});

describe('numbers one by one, as methods', () => {
  const y = ones([2, 3]);
  const forms: [string, () => Tensor, () => Tensor][] = [
    ['permute', () => y.permute(1, 0), () => y.permute([1, 0])],
    ['view', () => y.view(3, 2), () => y.view([3, 2])],
    ['view of one', () => y.view(-1), () => y.view([-1])],
    ['reshape', () => y.reshape(3, -1), () => y.reshape([3, -1])],
    ['expand', () => y.expand(4, -1, 3), () => y.expand([4, -1, 3])],
    ['expand of one', () => tensor(1).expand(3), () => tensor(1).expand([3])],
    ['broadcastTo', () => y.broadcastTo(4, 2, 3), () => y.broadcastTo([4, 2, 3])],
    ['flip', () => y.flip(0, 1), () => y.flip([0, 1])],
    ['flip of one', () => y.flip(0), () => y.flip([0])],
    ['repeat', () => y.repeat(2, 1), () => y.repeat([2, 1])],
    ['tile', () => y.tile(2, 1, 1), () => y.tile([2, 1, 1])],
    ['tile of one', () => y.tile(2), () => y.tile([2])],
  ];
  test.each(forms)('%s', (_, one, other) => {
    expect(results(one())).toEqual(results(other()));
  });

  test('mixtures are refused', () => {
    expect(() => y.view([3, 2] as never, 1)).toThrow(
      new TypeError('view: takes an array of numbers or several numbers, got [3, 2] and 1'),
    );
    expect(() => y.permute(1, '0' as never)).toThrow(
      new TypeError("permute: dims[1] must be a number, got '0'"),
    );
    expect(() => y.view()).toThrow(
      new TypeError('view: shape must be an array of sizes such as [2, -1], got undefined'),
    );
  });
});

describe('arrays of tensors', () => {
  const parts = (): Tensor[] => [tensor([1, 2]), tensor([3, 4])];
  test.each([
    ['cat', cat],
    ['stack', stack],
    ['hstack', hstack],
    ['vstack', vstack],
    ['meshgrid', meshgrid],
  ] as [string, (list: readonly Tensor[]) => unknown][])('%s reads each once', (name, join) => {
    let reads = 0;
    const changing = new Proxy(parts(), {
      get(list, key) {
        if (key !== '1') return Reflect.get(list, key) as unknown;
        return reads++ === 0 ? list[1] : 'no tensor';
      },
    });
    expect(results(join(changing))).toEqual(results(join(parts())));
    expect(reads).toBe(1);
    // eslint-disable-next-line no-sparse-arrays
    expect(() => join([parts()[0], , parts()[1]] as never)).toThrow(
      new TypeError(`${name}: tensors[1] must be a Tensor, got undefined`),
    );
  });
});

describe('sizes', () => {
  test('several numbers for a shape name the right spelling', () => {
    expect(() => zeros(2 as never, 3 as never)).toThrow(
      new TypeError(
        'zeros: shape must be an array of sizes such as [2, 3] ([] for a single number), got 2; write zeros([2, 3])',
      ),
    );
    expect(() => ones(4 as never)).toThrow(
      'ones: shape must be an array of sizes such as [2, 3] ([] for a single number), got 4; write ones([4])',
    );
  });

  test.each<[string, (...sizes: never[]) => unknown]>([
    ['zeros([2, 3, 4, 5])', zeros],
    ['ones([2, 3, 4, 5])', ones],
    ['empty([2, 3, 4, 5])', empty],
    ['rand([2, 3, 4, 5])', rand],
    ['randn([2, 3, 4, 5])', randn],
    ['randint(…, [2, 3, 4, 5])', (...sizes) => randint(0, 9 as never, ...sizes)],
    ['normal(…, [2, 3, 4, 5])', (...sizes) => normal(0, 1, ...sizes)],
    ['newZeros([2, 3, 4, 5])', (...sizes) => zeros([1]).newZeros(...(sizes as [never]))],
    ['newOnes([2, 3, 4, 5])', (...sizes) => zeros([1]).newOnes(...(sizes as [never]))],
    ['newEmpty([2, 3, 4, 5])', (...sizes) => zeros([1]).newEmpty(...(sizes as [never]))],
  ])('all sizes are in %s', (right, call) => {
    const operation = right.slice(0, right.indexOf('('));
    const sizes = [2, 3, 4, 5] as never[];
    expect(() => call(...sizes)).toThrow(
      new TypeError(
        `${operation}: shape must be an array of sizes such as [2, 3] ([] for a single number), got 2; write ${right}`,
      ),
    );
  });

  test.each<[string, (two: never, three: never) => unknown]>([
    ['zeros([2, 3])', zeros],
    ['ones([2, 3])', ones],
    ['empty([2, 3])', empty],
    ['rand([2, 3])', rand],
    ['randn([2, 3])', randn],
    ['randint(…, [2, 3])', (two, three) => randint(0, 9, two, three)],
    ['newZeros([2, 3])', (two, three) => zeros([1]).newZeros(two, three)],
    ['newOnes([2, 3])', (two, three) => zeros([1]).newOnes(two, three)],
    ['newEmpty([2, 3])', (two, three) => zeros([1]).newEmpty(two, three)],
    ['full([2], …)', full],
    ['newFull([2], …)', (two, three) => zeros([1]).newFull(two, three)],
    ['normal(…, [2])', (two) => normal(0, 1, two)],
  ])('no size is lost in %s', (right, call) => {
    const operation = right.slice(0, right.indexOf('('));
    expect(() => call(2 as never, 3 as never)).toThrow(
      `${operation}: shape must be an array of sizes such as [2, 3] ([] for a single number), got 2; write ${right}`,
    );
  });

  test('as many chunks of nothing as fit', () => {
    expect(zeros([0]).chunk(3)).toHaveLength(3);
    expect(() => zeros([0]).chunk(2 ** 31)).toThrow(
      new RangeError('chunk: 2147483648 chunks of an empty dimension are more than 1048576'),
    );
  });

  test('views of empty tensors begin within them', () => {
    const none = zeros([1000, 0, 8]);
    for (const view of [
      none.select(0, 999),
      none.at('999:'),
      none.narrow(2, 7, 1),
      none.unbind()[999],
      none.split(1)[999],
      none.flip(0),
    ]) {
      expect(view.numel).toBe(0);
      expect(view.toTypedArray()).toHaveLength(0);
      expect(flat(view.add(1))).toEqual([]);
    }
  });

  test('more than eight dimensions that do not merge', () => {
    const shape = [2, 1, 2, 2, 1, 2, 2, 2, 2, 2, 2];
    const values = randn(shape);
    const turned = values.permute(shape.map((_, d) => shape.length - 1 - d));
    const copy = turned.contiguous();
    expect(copy.isContiguous()).toBe(true);
    expect(copy.toArray()).toEqual(turned.toArray());
    expect(turned.contiguous().add(1).sum().item()).toBeCloseTo(values.add(1).sum().item(), 3);
    expect(flat(turned.sum(0))).toEqual(flat(copy.sum(0)));
  });
});
