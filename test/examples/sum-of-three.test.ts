// s3c: predictions [4, 1] against targets [4] warn and learn no more than the mean; [4] against [4] learns the sums. The
// learning rate is ten times the example's, which shows the same in a thirtieth of the time.
import { setNumThreads } from 'ostinato';
import { run } from '../../examples/s3c-sum-of-three';

// Two threads win little on 4 rows, and lose much on a machine that is busy with other tests.
beforeAll(() => setNumThreads(1));

// Of the sums 6, 15, …, 897: the loss of a network that answers with their mean.
const variance = (9 ** 2 * (100 ** 2 - 1)) / 12;

test('s3c: the broadcasting target warns and stops the learning; its corrected form learns the sums', () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    const lines: string[] = [];
    const { broadcast, corrected, predictions } = run(
      { broadcastEpochs: 25, epochs: 30, lr: 0.01 },
      (line) => lines.push(line),
    );
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /^mseLoss: input is \[4, 1\], target is \[4\]: both are broadcast to \[4, 4\]/,
    );
    expect(broadcast.at(-1)).toBeGreaterThan(0.95 * variance);
    expect(broadcast.at(-1)).toBeLessThan(1.1 * variance);
    expect(corrected.at(-1)).toBeLessThan(variance / 10);
    expect(Math.abs(predictions[0] - 6)).toBeLessThan(30);
    expect(Math.abs(predictions[1] - 303)).toBeLessThan(60);
    expect(Math.abs(predictions[2] - 753)).toBeLessThan(90);
    expect(lines).toContain('predictions [4, 1] against targets [4]:');
    // Of 25 and 30 epochs, every third.
    expect(lines.filter((line) => line.startsWith('  epoch '))).toHaveLength(8 + 10);
  } finally {
    warn.mockRestore();
  }
}, 120_000);
