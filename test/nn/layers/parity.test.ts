// Layers and losses against PyTorch 2.13 (test/fixtures/nn.py): initial parameters to 1e-6,
// outputs and gradients to 1e-5 (float32) and 1e-9 (float64) of the largest value.
import * as nn from '../../../src/nn';
import { manualSeed } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';
import { expectPacked, expectResults, fixture, floats, inputOf, within } from '../fixture';

interface AnyLayer extends nn.Module {
  forward(...inputs: Tensor[]): Tensor | [Tensor, ...unknown[]];
}
type Constructor = new (...args: unknown[]) => AnyLayer;

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
      expectResults(
        (...inputs) => {
          const out = layer.forward(...inputs);
          return Array.isArray(out) ? out[0] : out;
        },
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
