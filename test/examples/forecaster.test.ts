// The forecaster's bands hold what they promise, and its median is near to the best that can be said.
import { setNumThreads } from 'ostinato';
import { forecast, run, series } from '../../examples/forecaster';

beforeAll(() => setNumThreads(1));

test('forecaster: about 80 % of the values are in the 80 % band, and noise alone is left of the error', () => {
  const { model, coverage, error, first, bands } = run({ epochs: 25, paths: 100 }, () => undefined);
  // Bands of a standard deviation that is a third too small or too large hold 66 % or 91 %.
  expect(coverage).toBeGreaterThan(0.66);
  expect(coverage).toBeLessThan(0.91);
  // Yesterday's values have their own noise besides: an error √2 times that of the true mean, which is 0.71. Without the wave
  // (the mean of the past) it would be above 2.
  expect(error).toBeLessThan(0.8);
  expect(error).toBeGreaterThan(0.68);
  expect(first.shape).toEqual([216]);
  expect(bands.shape).toEqual([3, 48]);
  expect(
    bands
      .narrow(0, 1, 2)
      .sub(bands.narrow(0, 0, 2))
      .min()
      .item(),
  ).toBeGreaterThan(0);

  // What is forecast has the size of the series.
  const past = series(1).narrow(1, 0, 168);
  const [small, large] = [past, past.mul(1000)].map((each) => forecast(model, each, 50));
  expect(small.shape).toEqual([1, 50, 48]);
  expect(large.mean().div(small.mean()).item() / 1000).toBeCloseTo(1, 1);
}, 120_000);
