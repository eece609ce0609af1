/** Pooling of signals against its definition, written as loops; gradients by gradcheck. */
import { autograd, nn, tensor, type Tensor } from 'ostinato';
import { sample } from '../../support';

const F = nn.functional;
const [N, C, L] = [2, 3, 11];
const signal = (): Tensor => sample([N, C, L]).to('float64');

/** Where the windows of one row start, and which of their places are inside. */
function windows(
  size: number,
  { stride = size, padding = 0, dilation = 1, ceilMode = false }: {
    stride?: number; padding?: number; dilation?: number; ceilMode?: boolean;
  }, // prettier-ignore
): { start: number; inside: number[] }[] {
  const span = dilation * (size - 1) + 1;
  const found: { start: number; inside: number[] }[] = [];
  for (let start = -padding; ; start += stride) {
    const fits = start + span <= L + padding;
    // With ceilMode a last window may reach beyond, when it starts inside the signal or its left padding.
    if (!fits && (!ceilMode || start >= L || start + span - stride >= L + padding)) break;
    const places = Array.from({ length: size }, (_, i) => start + i * dilation);
    found.push({ start, inside: places.filter((at) => at >= 0 && at < L) });
  }
  return found;
}

const rowsOf = (x: Tensor): number[][] => x.reshape([-1, x.shape[x.ndim - 1]]).toArray();

test.each([
  [3, {}],
  [3, { stride: 2 }],
  [3, { stride: 2, padding: 1 }],
  [2, { stride: 1, dilation: 3 }],
  [4, { stride: 3, padding: 2, ceilMode: true }],
  [5, { stride: 4, ceilMode: true }],
  [1, {}],
  [11, {}],
])('maxPool1d of %d with %j: values and places', (size, options) => {
  const x = signal();
  const [values, indices] = F.maxPool1d(x, size, { ...options, returnIndices: true });
  const places = windows(size, options);
  for (const [r, row] of rowsOf(x).entries()) {
    const best = places.map(({ inside }) => inside.reduce((a, b) => (row[b] > row[a] ? b : a)));
    expect(rowsOf(indices)[r]).toEqual(best);
    expect(rowsOf(values)[r]).toEqual(best.map((at) => row[at]));
  }
});

test.each([
  [3, {}],
  [3, { stride: 2, padding: 1 }],
  [3, { stride: 2, padding: 1, countIncludePad: false }],
  [5, { stride: 3 }],
  [11, {}],
])('avgPool1d of %d with %j', (size, options) => {
  const x = signal();
  const { countIncludePad = true } = options as { countIncludePad?: boolean };
  const y = F.avgPool1d(x, size, options);
  const places = windows(size, options);
  for (const [r, row] of rowsOf(x).entries()) {
    const means = places.map(
      ({ inside }) =>
        inside.reduce((sum, at) => sum + row[at], 0) / (countIncludePad ? size : inside.length),
    );
    rowsOf(y)[r].forEach((value, i) => expect(value).toBeCloseTo(means[i], 12));
  }
});

test.each([1, 2, 5, 7, 11])('adaptive pooling to %d', (size) => {
  const x = signal();
  const [low, high] = [0, 1].map(
    (add) => (i: number) =>
      add === 0 ? Math.floor((i * L) / size) : Math.ceil(((i + 1) * L) / size),
  );
  const slices = (row: number[]): number[][] =>
    Array.from({ length: size }, (_, i) => row.slice(low(i), high(i)));
  const [means, most] = [F.adaptiveAvgPool1d(x, size), F.adaptiveMaxPool1d(x, size)];
  for (const [r, row] of rowsOf(x).entries()) {
    slices(row).forEach((part, i) => {
      expect(rowsOf(means)[r][i]).toBeCloseTo(part.reduce((a, b) => a + b, 0) / part.length, 12);
      expect(rowsOf(most)[r][i]).toBe(Math.max(...part));
    });
  }
});

test.each([
  ['max', (x: Tensor) => F.maxPool1d(x, 3, { stride: 2, padding: 1 })],
  ['mean', (x: Tensor) => F.avgPool1d(x, 3, { stride: 2, padding: 1 })],
  ['adaptive mean', (x: Tensor) => F.adaptiveAvgPool1d(x, 4)],
])('gradients to second order: %s', (_, f) => {
  expect(autograd.gradcheck(f, [signal().requiresGrad_()])).toBe(true);
  expect(autograd.gradgradcheck(f, [signal().requiresGrad_()])).toBe(true);
});

test('the first of equal values, and NaN before all', () => {
  const [values, indices] = F.maxPool1d(tensor([[1, 1, NaN, 3, NaN, 5]]), 3, {
    returnIndices: true,
  });
  expect([values.toArray(), indices.toArray()]).toEqual([[[NaN, NaN]], [[2, 4]]]);
  const [, ties] = F.maxPool1d(tensor([[2, 2, 1]]), 3, { returnIndices: true });
  expect(ties.toArray()).toEqual([[0]]);
});

test('a window of padding alone is refused, and no other', () => {
  for (let length = 1; length <= 6; length++)
    for (const size of [2, 3])
      for (let dilation = 1; dilation <= 6; dilation++) {
        const places = Array.from({ length: size }, (_, j) => j * dilation - 1);
        if (places[size - 1] > length) continue;
        const inside = places.filter((at) => at >= 0 && at < length);
        const pool = (): Tensor =>
          F.maxPool1d(tensor([Array.from({ length }, (_, i) => i)]), size, {
            padding: 1,
            dilation,
          });
        if (inside.length > 0) expect([...pool().toTypedArray()]).toContain(Math.max(...inside));
        else
          expect(pool).toThrow(
            new RangeError(
              `maxPool1d: the window that begins at -1 holds padding alone, with dilation ${dilation} and ${length} positions; take a smaller padding or dilation`,
            ),
          );
      }
});
