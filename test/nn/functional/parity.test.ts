// Functions against PyTorch 2.13 (test/fixtures/nn.py): outputs and gradients to 1e-5 (float32) and 1e-9 (float64) of the largest value.
import * as nn from '../../../src/nn';
import { manualSeed } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';
import { expectResults, fixture, floats, inputOf, within } from '../fixture';

describe('functions', () => {
  const F = nn.functional as unknown as Record<string, (...args: unknown[]) => Tensor>;
  it.each(
    fixture.functions.map((one) => [`${one.function}(${JSON.stringify(one.args)})`, one] as const),
  )('%s', (_, one) => {
    for (const dtype of floats) {
      manualSeed(one.seed);
      expectResults(
        (...inputs) => F[one.function](...inputs, ...one.args),
        one.inputs.map((input) => inputOf(input, dtype)),
        one.results[dtype],
        within[dtype],
      );
    }
  });
});
