// The padded classifier finds the rare class, stops early, and goes on after a stop with the same numbers.
import { setNumThreads } from 'ostinato';
import { run, sample } from '../../examples/padded-classifier';

beforeAll(() => setNumThreads(1));

test('padded-classifier: the rare class is found; a run that was stopped goes on to the same bits', () => {
  const { losses, resumed, recall, precision } = run({}, () => undefined);
  // Of 44 rare sequences and 356 others in the test: who finds all or none by chance has a recall of r and a precision of 0.11.
  expect(recall).toBeGreaterThan(0.8);
  expect(precision).toBeGreaterThan(0.6);
  // Early stopping: the best epoch is neither the last one nor one of those of the limit.
  expect(losses.length).toBeLessThan(100);
  expect(losses.length - losses.indexOf(Math.min(...losses))).toBe(7);
  // A network that knows nothing has ln 2 = 0.69, as the classes weigh the same.
  expect(losses[0]).toBeGreaterThan(0.6);
  expect(Math.min(...losses)).toBeLessThan(0.25);
  expect(resumed).toEqual(losses);
}, 120_000);

test('padded-classifier: one in ten sequences is of the rare class, and lengths differ', () => {
  const samples = Array.from({ length: 500 }, sample);
  const rare = samples.filter(([, ill]) => ill === 1).length / samples.length;
  // Its standard deviation is 0.013.
  expect(Math.abs(rare - 0.1)).toBeLessThan(0.04);
  const lengths = samples.map(([beats]) => beats.shape[0]);
  expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([30, 90]);
});
