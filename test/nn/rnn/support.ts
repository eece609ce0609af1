/** What the tests of recurrent layers share. */
import type { nn, Tensor } from 'ostinato';

/** Every difference is at most `tolerance` times the largest expected value. */
export function closeTo(
  ours: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(ours.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(expected[i]));
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    // Written so that NaN fails.
    const difference = Math.abs(ours[i] - expected[i]);
    if (!(difference <= worst)) worst = difference;
  }
  expect(worst).toBeLessThanOrEqual(tolerance * Math.max(largest, 1e-30));
}

/** The bits of a tensor's elements. */
export function bitsOf(x: Tensor): number[] {
  const values = x.toTypedArray();
  return [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)];
}

/** Any layer's forward: the three take different states, which a union's call signature cannot say. */
export function forward(
  layer: nn.RNN | nn.LSTM | nn.GRU,
  x: Tensor,
  state?: unknown,
): [Tensor, Tensor | [Tensor, Tensor]] {
  return (layer as nn.RNN).forward(x, state as Tensor);
}
