// AWD-LSTM's recipe keeps a model of a small text from learning it by heart, which the plain LSTM does.
import { setNumThreads } from 'ostinato';
import { run } from '../../examples/awd-lstm';

beforeAll(() => setNumThreads(1));

test('awd-lstm: the held-out perplexity goes on falling, below the best of a plain LSTM, whose own rises', () => {
  const { plain, awd, averagedFrom, least } = run({ epochs: 50 }, () => undefined);
  expect(plain).toHaveLength(50);
  expect(averagedFrom).toBeLessThan(25);
  // The plain LSTM, at its best and later: it learns the 200 sentences by heart.
  expect(Math.min(...plain)).toBeLessThan(10);
  expect(plain.at(-1)! / Math.min(...plain)).toBeGreaterThan(2);
  // The recipe is ahead of its best, and stays there.
  expect(awd.at(-1)! / Math.min(...plain)).toBeLessThan(0.95);
  expect(awd.at(-1)! / Math.min(...awd)).toBeLessThan(1.02);
  expect(awd.at(-1)).toBeGreaterThan(0.99 * least);
}, 120_000);
