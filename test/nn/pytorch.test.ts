// Layers, losses, functions and initializations against PyTorch 2.13 (test/fixtures/nn.py): initial parameters to 1e-6,
// outputs and gradients to 1e-5 (float32) and 1e-9 (float64) of the largest value.
import * as nn from '../../src/nn';
import { empty, sum } from '../../src/ops';
import { manualSeed } from '../../src/random';
import type { Tensor } from '../../src/tensor/tensor';
import { relativeError } from '../support';
import { expectPacked, fixture, floats, inputOf, wave, type Results } from './fixture';

const within = { float32: 1e-5, float64: 1e-9 };

type AnyLayer = nn.Module & { forward(...inputs: Tensor[]): Tensor };
type Constructor = new (...args: unknown[]) => AnyLayer;

function check(
  call: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
  expected: Results,
  tolerance: number,
): void {
  const out = call(...inputs);
  expectPacked(out, expected.output, tolerance);
  sum(out.mul(wave(out.shape, 9, out.dtype))).backward();
  inputs.forEach((x, i) => expectPacked(x.grad, expected.inputs[i], tolerance));
}

describe('layers', () => {
  it.each(
    fixture.layers.map(
      (one) => [`${one.layer}(${JSON.stringify(one.args).slice(1, -1)})`, one] as const,
    ),
  )('%s', (_, one) => {
    manualSeed(one.seed);
    const Layer = (nn as unknown as Record<string, Constructor>)[one.layer];
    const layer = new Layer(...one.args).train(one.train);
    const state = layer.stateDict();
    expect([...state.keys()]).toEqual(Object.keys(one.state));
    for (const [key, expected] of Object.entries(one.state)) {
      expectPacked(state.get(key)!, expected, 1e-6);
    }
    const start = new Map([...state].map(([key, value]) => [key, value.clone()]));
    for (const dtype of floats) {
      layer.to(dtype);
      layer.loadStateDict(start);
      layer.zeroGrad();
      manualSeed(one.seed);
      const expected = one.results[dtype];
      check(
        (...inputs) => layer.forward(...inputs),
        one.inputs.map((input) => inputOf(input, dtype)),
        expected,
        within[dtype],
      );
      const grads = Object.fromEntries(
        layer.namedParameters().flatMap(([key, { grad }]) => (grad === null ? [] : [[key, grad]])),
      ) as Record<string, Tensor>;
      expect(Object.keys(grads)).toEqual(Object.keys(expected.parameters));
      for (const [key, grad] of Object.entries(grads)) {
        expectPacked(grad, expected.parameters[key], within[dtype]);
      }
    }
  });
});

describe('functions', () => {
  const F = nn.functional as unknown as Record<string, (...args: unknown[]) => Tensor>;
  it.each(
    fixture.functions.map((one) => [`${one.function}(${JSON.stringify(one.args)})`, one] as const),
  )('%s', (_, one) => {
    for (const dtype of floats) {
      manualSeed(one.seed);
      check(
        (...inputs) => F[one.function](...inputs, ...one.args),
        one.inputs.map((input) => inputOf(input, dtype)),
        one.results[dtype],
        within[dtype],
      );
    }
  });
});

describe('initializations', () => {
  const init = nn.init as unknown as Record<string, (x: Tensor, ...args: unknown[]) => Tensor>;
  it.each(
    fixture.inits.map(
      (one) =>
        [`${one.init} of [${one.shape.join(', ')}] ${JSON.stringify(one.args)}`, one] as const,
    ),
  )('%s', (_, one) => {
    manualSeed(one.seed);
    const x = empty(one.shape);
    expect(init[one.init](x, ...one.args)).toBe(x);
    // Two orders of rounding in a QR factorization part by more than two in an elementwise formula.
    const tolerance = one.init === 'orthogonal_' ? 1e-5 : 1e-6;
    expect(relativeError(x.toTypedArray(), one.values)).toBeLessThanOrEqual(tolerance);
  });

  it.each(fixture.gains)('calculateGain(%s, %s)', (name, slope, expected) => {
    const gain = nn.init.calculateGain(name as nn.init.Nonlinearity, slope ?? undefined);
    expect(gain).toBeCloseTo(expected, 14);
  });
});
