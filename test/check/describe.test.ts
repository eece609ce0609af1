// describe: any value in a few words, whatever it is made to throw.
import { ones } from 'ostinato';
import { describe as described } from '../../src/check';

const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

class Point {
  x = 1;
}

test.each<[unknown, string]>([
  [3, '3'],
  [-0, '-0'],
  [NaN, 'NaN'],
  [5n, '5n'],
  ['sum', "'sum'"],
  ['it\'s "so"\n', `'it's "so"\\n'`],
  ['x'.repeat(100), `'${'x'.repeat(60)}…'`],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'undefined'],
  [Symbol('s'), 'Symbol(s)'],
  [[], '[]'],
  [[1, '2', null], "[1, '2', null]"],
  [[[1]], 'an array of 1'],
  [new Array(100).fill(0), 'an array of 100'],
  [{ lr: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Point(), 'a Point'],
  [new Map(), 'a Map'],
  [Promise.resolve(), 'a Promise'],
  [new Float32Array(2), 'a Float32Array'],
  [() => 0, 'a function'],
  [Point, 'the class Point'],
  [class {}, 'a class'],
])('%p', (value, text) => {
  expect(described(value)).toBe(text);
});

test('does not throw for what throws when it is looked at', () => {
  const fail = (): never => {
    throw new Error('no');
  };
  expect(described(revoked({}))).toBe('an object that cannot be read');
  expect(described(revoked([]))).toBe('an object that cannot be read');
  expect(described(revoked(() => 0))).toBe('a function');
  expect(described({ toString: fail })).toBe('an object');
  expect(
    described(
      Object.create({
        get constructor() {
          return fail();
        },
      }),
    ),
  ).toBe('an object that cannot be read');
});

test('names a tensor of another copy of the package, whatever else it is', () => {
  const foreign = 'a Tensor of another copy of ostinato in this process';
  class Tensor {}
  const mark = { copy: {}, name: 'Tensor', remedy: undefined };
  Object.defineProperty(Tensor.prototype, Symbol.for('ostinato.copy'), { value: mark });
  class Parameter extends Tensor {}
  expect(described(new Tensor())).toContain(foreign);
  expect(described(new Parameter())).toContain(foreign);
  expect(described(ones([2]))).toBe('a Tensor');
});
