// Accumulation over micro-batches is the step of the large batch.
import { run } from '../../examples/gradient-accumulation';

test.each([2, 4, 8])('%d parts', (parts) => {
  const lines: string[] = [];
  const { difference, before, after } = run({ parts }, (line) => lines.push(line));
  expect(difference).toBeLessThan(1e-3);
  expect(after).toBeLessThan(0.2 * before);
  expect(lines).toHaveLength(2);
});

test('one step differs by rounding alone', () => {
  expect(run({ steps: 1 }, () => undefined).difference).toBeLessThan(1e-4);
});
