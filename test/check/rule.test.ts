// Rules: what they let through, and the whole sentence for what they refuse.
import {
  arrayOf,
  boolean,
  count,
  either,
  finite,
  finiteFrom,
  functionOf,
  instanceOf,
  integer,
  integerBetween,
  isInstance,
  iterableOf,
  nonNegative,
  number,
  numberBelow,
  objectOf,
  oneOf,
  pairOf,
  positive,
  positiveInteger,
  probability,
  string,
  type Rule,
} from '../../src/check';

class Point {}
const reduction = oneOf('none', 'mean', 'sum');

const accepted: [string, Rule<unknown>, unknown[]][] = [
  ['boolean', boolean, [true, false]],
  ['string', string, ['', 'a']],
  ['number', number, [0, -1, NaN, Infinity]],
  ['finite', finite, [0, -1.5]],
  ['positive', positive, [1e-300, Infinity]],
  ['nonNegative', nonNegative, [0, 2]],
  ['probability', probability, [0, 0.5, 1]],
  ['integer', integer, [-3, 0, 2 ** 53 - 1]],
  ['count', count, [0, 7]],
  ['positiveInteger', positiveInteger, [1]],
  ['integerBetween', integerBetween(-2, 1), [-2, 1]],
  ['numberBelow', numberBelow(0, 1), [0, 0.999]],
  ['oneOf', reduction, ['mean', 'sum']],
  ['functionOf', functionOf(), [() => 0, function () {}]],
  ['instanceOf', instanceOf(Point), [new Point()]],
  ['orNull', count.orNull, [null, 1]],
  ['either', either<unknown>(boolean, count), [true, 2]],
];

test.each(accepted)('%s accepts', (_, rule, values) => {
  for (const value of values) {
    expect(rule.check('f', 'x', value)).toBe(value);
    expect(rule.accepts(value)).toBe(true);
  }
});

test.each<[Rule<unknown>, unknown, typeof TypeError | typeof RangeError, string]>([
  [boolean, 'false', TypeError, "f: x must be true or false, got 'false'"],
  [boolean, 1, TypeError, 'f: x must be true or false, got 1'],
  [string, 1, TypeError, 'f: x must be a string, got 1'],
  [number, '1', TypeError, "f: x must be a number, got '1'"],
  [number, 1n, TypeError, 'f: x must be a number, got 1n'],
  [finite, NaN, RangeError, 'f: x must be a finite number, got NaN'],
  [finiteFrom(0), Infinity, RangeError, 'f: x must be a finite number of at least 0, got Infinity'],
  [positive, 0, RangeError, 'f: x must be a number above 0, got 0'],
  [nonNegative, NaN, RangeError, 'f: x must be a number of at least 0, got NaN'],
  [probability, 1.5, RangeError, 'f: x must be a probability from 0 to 1, got 1.5'],
  [probability, true, TypeError, 'f: x must be a probability from 0 to 1, got true'],
  [integer, 1.5, RangeError, 'f: x must be an integer, got 1.5'],
  [integer, 2 ** 53, RangeError, 'f: x must be an integer, got 9007199254740992'],
  [count, -1, RangeError, 'f: x must be an integer of at least 0, got -1'],
  [positiveInteger, 0, RangeError, 'f: x must be an integer of at least 1, got 0'],
  [positiveInteger, null, TypeError, 'f: x must be an integer of at least 1, got null'],
  [integerBetween(-2, 1), 2, RangeError, 'f: x must be an integer from -2 to 1, got 2'],
  [numberBelow(0, 1), 1, RangeError, 'f: x must be a number from 0 to below 1, got 1'],
  [reduction, 'max', RangeError, "f: x must be 'none', 'mean' or 'sum', got 'max'"],
  [reduction, null, TypeError, "f: x must be 'none', 'mean' or 'sum', got null"],
  [functionOf(), 'f', TypeError, "f: x must be a function, got 'f'"],
  [functionOf(), Point, TypeError, 'f: x must be a function, got the class Point'],
  [instanceOf(Point), {}, TypeError, 'f: x must be a Point, got an object'],
  [count.orNull, 'a', TypeError, "f: x must be an integer of at least 0 or null, got 'a'"],
  [count.orNull, -1, RangeError, 'f: x must be an integer of at least 0 or null, got -1'],
  [arrayOf(count), 3, TypeError, 'f: x must be an array, got 3'],
  [arrayOf(count), [1, -1], RangeError, 'f: x[1] must be an integer of at least 0, got -1'],
  // eslint-disable-next-line no-sparse-arrays
  [arrayOf(count), [1, , 2], TypeError, 'f: x[1] must be an integer of at least 0, got undefined'],
  [pairOf(finite, 'two numbers'), [1], RangeError, 'f: x must be two numbers, got [1]'],
  [objectOf('a size', { n: count }), 3, TypeError, 'f: x must be a size, got 3'],
  [
    objectOf('a size', { n: count }),
    { n: 'a' },
    TypeError,
    "f: x.n must be an integer of at least 0, got 'a'",
  ],
  [iterableOf(count), 'abc', TypeError, "f: x must be an iterable, got 'abc'"],
  [iterableOf(count), [0, 'a'], TypeError, "f: x[1] must be an integer of at least 0, got 'a'"],
])('refuses: %#', (rule, value, Kind, message) => {
  expect(() => rule.check('f', 'x', value)).toThrow(new Kind(message));
  expect(rule.accepts(value)).toBe(false);
});

test('copies arrays and iterables in one reading', () => {
  const array = [1, 2];
  const copy = arrayOf(count).check('f', 'x', array);
  array[0] = -1;
  expect(copy).toEqual([1, 2]);
  let reads = 0;
  const proxy = new Proxy([1, 2], {
    get(target, key) {
      if (key === '0') reads++;
      return Reflect.get(target, key) as unknown;
    },
  });
  arrayOf(count).check('f', 'x', proxy);
  expect(reads).toBe(1);
  expect(objectOf('a size', { n: count }).check('f', 'x', { n: 1, m: 2 })).toEqual({ n: 1 });
  expect(iterableOf(count).check('f', 'x', new Set([3, 4]))).toEqual([3, 4]);
});

test('takes a revoked Proxy for none of its kinds', () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  const got = 'got an object that cannot be read';
  expect(() => arrayOf(count).check('f', 'x', proxy)).toThrow(`f: x must be an array, ${got}`);
  expect(() => iterableOf(count).check('f', 'x', proxy)).toThrow(
    `f: x must be an iterable, ${got}`,
  );
  expect(() => instanceOf(Point).check('f', 'x', proxy)).toThrow(`f: x must be a Point, ${got}`);
  expect(isInstance(proxy, Point)).toBe(false);
});
