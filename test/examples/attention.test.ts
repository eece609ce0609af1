// s1c: an encoder-decoder with attention learns a real mapping. Each task with one attention, in half of the example's
// steps; the four of them are `npm run example -- s1c all`.
import { setNumThreads } from 'ostinato';
import * as s1c from '../../examples/s1c-attention';

beforeAll(() => setNumThreads(1));

test('s1c: more than 99 % of held-out dates are rewritten without a mistake', () => {
  const lines: string[] = [];
  const outcome = s1c.run('dates', 'multiplicative', { steps: 400, heldOut: 300 }, (line) =>
    lines.push(line),
  );
  const { model, losses, exact, exactWithBeams, test: held } = outcome;
  expect(losses).toHaveLength(400);
  expect(exact).toBeGreaterThan(0.99);
  expect(exactWithBeams).toBeGreaterThan(0.99);
  expect(lines.some((line) => line.includes('held-out pairs exact'))).toBe(true);
  expect(s1c.write(model, ['6 december 1917', '24.8.1991'])).toEqual(['1917-12-06', '1991-08-24']);

  // The year's digits look at the year: 1 9 4 8 is at the end of the source.
  const weights = s1c.weightsOf(model, { source: '21 june 1948', target: '1948-06-21' });
  expect(weights.shape).toEqual([10, 12]);
  for (const total of weights.sum(1).toTypedArray()) expect(total).toBeCloseTo(1, 5);
  const onYear = weights.at('0:4', '8:12').sum(1).toTypedArray();
  for (const share of onYear) expect(share).toBeGreaterThan(0.5);
  expect(held).toHaveLength(300);
}, 300_000);

test('s1c: more than 99 % of held-out words are reversed without a mistake', () => {
  const outcome = s1c.run('reverse', 'additive', { steps: 400 }, () => undefined);
  expect(outcome.exact).toBeGreaterThan(0.99);
  expect(outcome.exactWithBeams).toBeGreaterThan(0.99);
  expect(outcome.test).toHaveLength(500);
  expect(s1c.write(outcome.model, ['ostinato', 'fugue'])).toEqual(['otanitso', 'euguf']);
}, 300_000);

test('s1c: no target of a test pair is trained on', () => {
  const { test: held, next } = s1c.pairsOf('reverse', 200);
  const kept = new Set(held.map(({ target }) => target));
  for (let i = 0; i < 300; i++) {
    const { source, target } = next();
    expect([...source].reverse().join('')).toBe(target);
    expect(kept.has(target)).toBe(false);
  }
});
