// Gradients of activations where they have corners and where the argument is not finite: PyTorch 2.13's, on a vector of each kernel and
// its rest, in one kernel call and in differentiable operations.
import { nn, onesLike, tensor, type Tensor } from 'ostinato';
import { relativeError } from '../../support';

const { functional: F } = nn;
const points = [NaN, Infinity, -Infinity, 0, -0, 0.5, -0.5, 1, -1, 3, -3, 6];
const s = 1.0507009873554805;
const e = (x: number): number => Math.exp(x);

type Case = readonly [name: string, f: (x: Tensor) => Tensor, gradient: readonly number[]];
// prettier-ignore
const cases: readonly Case[] = [
  ['elu', (x) => F.elu(x), [NaN, 1, 0, 1, 1, 1, e(-0.5), 1, e(-1), 1, e(-3), 1]],
  ['celu', (x) => F.celu(x, { alpha: 2 }), [NaN, 1, 0, 1, 1, 1, e(-0.25), 1, e(-0.5), 1, e(-1.5), 1]],
  ['selu', (x) => F.selu(x), [NaN, s, 0, 1.7580993408473766, 1.7580993408473766, s, 1.7580993408473766 * e(-0.5), s, 1.7580993408473766 * e(-1), s, 1.7580993408473766 * e(-3), s]],
  ['hardsigmoid', (x) => F.hardsigmoid(x), [0, 0, 0, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 0, 0, 0]],
  ['hardswish', (x) => F.hardswish(x), [NaN, 1, 0, 0.5, 0.5, 2 / 3, 1 / 3, 5 / 6, 1 / 6, 1, 0, 1]],
  ['hardtanh', (x) => F.hardtanh(x), [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0]],
  ['relu6', (x) => F.relu6(x), [0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0]],
  ['relu', (x) => F.relu(x), [1, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1]],
  ['leakyRelu', (x) => F.leakyRelu(x, { negativeSlope: 0.125 }), [0.125, 1, 0.125, 0.125, 0.125, 1, 0.125, 1, 0.125, 1, 0.125, 1]],
  ['threshold', (x) => F.threshold(x, 0.5, 7), [1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1]],
  ['softshrink', (x) => F.softshrink(x), [0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1]],
  ['hardshrink', (x) => F.hardshrink(x), [0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1]],
  ['clamp', (x) => x.clamp(-1, 1), [0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0]],
];

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  test.each(cases)('%s', (_, f, expected) => {
    for (const [repeats, createGraph] of [
      [1, false],
      [1, true],
      [5, false],
    ] as const) {
      const values = Array.from({ length: repeats }, () => points).flat();
      const x = tensor(values, { dtype, requiresGrad: true });
      const y = f(x);
      y.backward({ gradient: onesLike(y), createGraph });
      const gradient = Array.from(x.grad!.toTypedArray());
      const wanted = Array.from({ length: repeats }, () => expected).flat();
      // NaN and 0 are compared apart from the rest.
      const kind = (v: number): string => (Number.isNaN(v) ? 'NaN' : v === 0 ? '0' : 'other');
      expect(gradient.map(kind)).toEqual(wanted.map(kind));
      const finite = (list: readonly number[]): number[] => list.filter((v) => !Number.isNaN(v));
      expect(relativeError(finite(gradient), finite(wanted))).toBeLessThan(
        dtype === 'float32' ? 1e-6 : 1e-14,
      );
    }
  });
});

test.each(['float32', 'float64'] as const)(
  'hardswish lets nothing through below -3, not an infinity either: %s',
  (dtype) => {
    const gradients = (createGraph: boolean): number[] => {
      const x = tensor(new Array<number>(40).fill(-9), { dtype, requiresGrad: true });
      const y = F.hardswish(x);
      y.backward({ gradient: onesLike(y).mul(Infinity), createGraph });
      return Array.from(x.grad!.detach().toTypedArray());
    };
    const zeros = new Array<number>(40).fill(0);
    expect([gradients(false), gradients(true)]).toEqual([zeros, zeros]);
  },
);
