// The listener learns with CTC where in the sound each letter is, and makes almost no mistakes in sounds that it has not heard.
import { setNumThreads } from 'ostinato';
import { distance, letters, run, speak } from '../../examples/speech';

beforeAll(() => setNumThreads(1));

test('speech: the error rate falls from that of a deaf listener to below 2 %', () => {
  const { before, after, spectra, probabilities } = run({ steps: 100 }, () => undefined);
  // Who hears nothing misses every letter, who guesses adds some: about 1.
  expect(before).toBeGreaterThan(0.8);
  // 100 words have about 550 letters: 2 % are 11 of them.
  expect(after).toBeLessThan(0.02);
  const [frames, bands] = spectra.shape;
  expect(bands).toBe(32);
  expect(probabilities.shape).toEqual([frames, letters.length]);
  for (const sum of probabilities.sum(1).toTypedArray()) expect(sum).toBeCloseTo(1, 5);
});

test('speech: a spectrum shows the two tones of a letter, whatever the speaker', () => {
  for (let i = 0; i < 20; i++) {
    const { spectra, labels } = speak(0);
    expect(labels.length).toBeGreaterThanOrEqual(3);
    expect(spectra.shape[0]).toBeGreaterThan(labels.length * 3);
    expect(spectra.max().item()).toBeGreaterThan(1);
  }
});

test('speech: distance counts letters changed, left out and put in', () => {
  expect(distance([1, 2, 3], [1, 2, 3])).toBe(0);
  expect(distance([1, 2, 3], [1, 3])).toBe(1);
  expect(distance([], [1, 2])).toBe(2);
  expect(distance([1, 2, 3, 4], [2, 3, 5])).toBe(2);
});
