// fmaPeak and readPeak say how much they did; how long that takes is the benches' matter.
import { fmaPeak, readPeak } from '../../src/native/probe';

test('fmaPeak counts operations in proportion to its rounds', () => {
  const once = fmaPeak(100);
  expect(once).toBeGreaterThan(0);
  expect(fmaPeak(300)).toBe(3 * once);
  expect(fmaPeak(0)).toBe(0);
});

test('readPeak counts the bytes of whole vectors, once for each round', () => {
  const array = new Float32Array(1024).fill(1);
  expect(readPeak(array, 1)).toBe(4096);
  expect(readPeak(array, 5)).toBe(5 * 4096);
  expect(readPeak(array.subarray(0, 3), 2)).toBe(0);
  // What the numbers are does not matter, nor where the array begins in its buffer.
  array.fill(Number.NaN);
  expect(readPeak(array.subarray(1, 1 + 512), 2)).toBe(4096);
});
