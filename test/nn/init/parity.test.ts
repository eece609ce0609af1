// Initializations against PyTorch 2.13 (test/fixtures/nn.py).
import * as nn from '../../../src/nn';
import { empty } from '../../../src/ops';
import { manualSeed } from '../../../src/random';
import type { Tensor } from '../../../src/tensor/tensor';
import { relativeError } from '../../support';
import { fixture } from '../fixture';

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
