// Tensors in tests: assertClose, and the equality tester in Jest.
import assert from 'node:assert/strict';
import { deepcopy, nn, noGrad, ones, randn, tensor, testing, zeros, type Tensor } from 'ostinato';

const { assertClose, tensorEquality } = testing;
// Missing in @types/jest.
(expect as unknown as { addEqualityTesters(testers: unknown[]): void }).addEqualityTesters([
  tensorEquality,
]);

describe('toEqual', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);

  test('compares values, shape and element type, wherever they are in memory', () => {
    expect(x).toEqual(x.clone());
    expect(x.t()).toEqual(
      tensor([
        [1, 3],
        [2, 4],
      ]),
    );
    expect(x.requiresGrad_().mul(2)).toStrictEqual(x.detach().add(x.detach()));
    expect([NaN, 0]).toEqual([tensor([NaN, 0]).at(0).item(), 0]);
    expect(tensor([NaN])).toEqual(tensor([NaN]));
    expect({ a: [zeros([])] }).toEqual({ a: [zeros([])] });
    expect(new Map([['w', x]])).toEqual(new Map([['w', x.clone()]]));
    for (const other of [
      x.add(1),
      x.to('float64'),
      x.view(4),
      x.at('0:1'),
      tensor(1),
      [
        [1, 2],
        [3, 4],
      ],
    ]) {
      expect(x).not.toEqual(other);
    }
    expect(tensor([0])).not.toEqual(tensor([-0]));
    expect(zeros([0, 2])).not.toEqual(zeros([2, 0]));
    expect(x).toMatchObject({ shape: [2, 2], dtype: 'float32' });
  });

  test('compares modules by their parameters', () => {
    const [a, b] = [new nn.LSTM(2, 3), new nn.LSTM(2, 3)];
    expect(a).not.toEqual(b);
    b.loadStateDict(a.stateDict());
    expect(a).toEqual(b);
    const copy = deepcopy(a);
    expect(copy).toEqual(a);
    noGrad(() => copy.weight_hh_l0.add_(1));
    expect(copy).not.toEqual(a);
  });

  test('shows values where it fails, whatever graph is behind them', () => {
    let deep = ones([2], { requiresGrad: true });
    for (let i = 0; i < 20_000; i++) deep = deep.mul(1);
    const message = (act: () => void): string => {
      try {
        act();
      } catch (error) {
        // eslint-disable-next-line no-control-regex -- colours
        return (error as Error).message.replace(/\u001b\[\d+m/g, '');
      }
      throw new Error('nothing was thrown');
    };
    const shown = message(() => expect({ y: deep }).toEqual({ y: tensor([1, 3]) }));
    expect(shown).toContain('-     3,');
    expect(shown).toContain('+     1,');
    expect(message(() => expect(tensor(1)).toEqual(tensor(2)))).toMatch(/- 2[^]*\+ 1/);
  });
});

describe('assertClose', () => {
  test('takes what is within the tolerance of its element type', () => {
    assertClose(tensor([1, 2]), tensor([1 + 1e-6, 2]));
    assertClose(tensor([1e6]), tensor([1e6 + 1]));
    assertClose(ones([2, 3]).t(), ones([3, 2]));
    assertClose(tensor([NaN, Infinity]), tensor([NaN, Infinity]), { equalNan: true });
    assertClose(tensor([1]), tensor([1], { dtype: 'float64' }), { checkDtype: false });
    assertClose(zeros([0]), zeros([0]));
    const double = (v: number): Tensor => tensor([v], { dtype: 'float64' });
    assertClose(double(1), double(1 + 1.5e-7));
    expect(() => assertClose(double(1), double(1 + 3e-7))).toThrow(
      'assertClose: 1 of 1 elements is not close; most: 1, expected 1.0000003 (rtol 1e-7, atol 1e-7)',
    );
  });

  test.each<[string, () => void, string]>([
    [
      'values',
      () =>
        assertClose(
          tensor([
            [1, 2],
            [3, 4],
          ]),
          tensor([
            [1, 2.5],
            [3, 5],
          ]),
        ),
      'assertClose: 2 of 4 elements are not close; most at [1, 1]: 4, expected 5 (rtol 0.0000013, atol 0.00001)',
    ],
    [
      'NaN',
      () => assertClose(tensor(NaN), tensor(NaN)),
      'assertClose: 1 of 1 elements is not close; most: NaN, expected NaN (rtol 0.0000013, atol 0.00001)',
    ],
    [
      'infinity',
      () => assertClose(tensor([Infinity]), tensor([-Infinity]), { rtol: 1 }),
      'assertClose: 1 of 1 elements is not close; most: Infinity, expected -Infinity (rtol 1, atol 0.00001)',
    ],
    [
      'a shape',
      () => assertClose(ones([2]), ones([2, 1])),
      'assertClose: the shape is [2], expected [2, 1]',
    ],
    [
      'an element type',
      () => assertClose(tensor([1], { dtype: 'int32' }), ones([1])),
      'assertClose: the element type is int32, expected float32',
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(new assert.AssertionError({ message }));
  });

  test('refuses what is no tensor', () => {
    expect(() => assertClose([1] as never, ones([1]))).toThrow(
      new TypeError('assertClose: actual must be a Tensor, got [1]'),
    );
  });
});

test('node:assert and JSON end, whatever graph is behind a tensor', () => {
  let deep = randn([2]).requiresGrad_();
  for (let i = 0; i < 1000; i++) deep = deep.mul(1);
  expect(() => assert.deepStrictEqual(deep, tensor([9, 9]))).toThrow(
    /^Expected values to be strictly deep-equal:\n[^]*$/,
  );
  expect(JSON.parse(JSON.stringify({ y: deep }))).toEqual({ y: deep.toArray() });
  assert.deepStrictEqual(deep, deep);
});
