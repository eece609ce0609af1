// Charts: what the SVG shows, and what is refused.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arange, plot, tensor, zeros } from 'ostinato';

const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

/** The end points of the polyline of a curve, in pixels. */
function strokes(svg: string, colour: string): number[][] {
  const path = new RegExp(
    `<g clip-path[^>]*>\\s*<path d="([^"]*)" fill="none" [^>]*stroke="${colour}"`,
  ).exec(svg);
  expect(path).not.toBeNull();
  return [...path![1].matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

const cells = (svg: string): string[] =>
  [...svg.matchAll(/<path d="[^"]*" fill="(rgb\([^)]*\)|#[0-9a-f]{6})" stroke="#ffffff"/g)].map(
    ([, colour]) => colour,
  );

test('a curve falls where its values fall, under its names', () => {
  const svg = plot.curve(tensor([3, 2, 1]), { title: 'Loss', x: 'epoch', y: 'loss' });
  expect(svg).toMatch(/^<svg width="720" height="420" xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(texts(svg)).toEqual(expect.arrayContaining(['Loss', 'epoch', 'loss']));
  const [a, b, c] = strokes(svg, '#0072b2');
  expect(a[0] < b[0] && b[0] < c[0]).toBe(true);
  // Pixels count downward.
  expect(a[1] < b[1] && b[1] < c[1]).toBe(true);
  expect(b[1] - a[1]).toBeCloseTo(c[1] - b[1], 1);
});

test('several curves have a legend; points have their own abscissae; long curves are thinned', () => {
  const svg = plot.curve({
    training: arange(10_000),
    validation: [
      [0, 5000],
      [9999, 0],
    ],
  });
  expect(texts(svg)).toEqual(expect.arrayContaining(['training', 'validation']));
  expect(strokes(svg, '#d55e00')).toHaveLength(2);
  expect(strokes(svg, '#0072b2').length).toBeLessThan(1000);
});

test('a logarithmic axis spaces decades evenly, and leaves out what is not above 0', () => {
  const svg = plot.curve([100, 10, 1, 0], { logY: true });
  const points = strokes(svg, '#0072b2');
  expect(points).toHaveLength(3);
  expect(points[1][1] - points[0][1]).toBeCloseTo(points[2][1] - points[1][1], 1);
});

test('a matrix has a cell for each element, coloured by value and labelled', () => {
  const svg = plot.matrix(
    [
      [0, 1, 2],
      [2, 1, 0],
    ],
    { rows: ['top', 'bottom'], columns: ['a', 'b', 'c'], x: 'read', y: 'written' },
  );
  const [a, b, c, d, e, f] = cells(svg);
  expect([d, e, f]).toEqual([c, b, a]);
  expect(new Set([a, b, c]).size).toBe(3);
  expect(texts(svg)).toEqual(
    expect.arrayContaining(['top', 'bottom', 'a', 'b', 'c', 'read', 'written']),
  );
});

test('values of both signs are coloured about 0, and numbers are written into few cells', () => {
  const svg = plot.matrix(tensor([[-1, 0, 0.5]]));
  expect(cells(svg)[1]).toMatch(/rgb\(247,247,247\)|#f7f7f7/);
  expect(texts(svg)).toEqual(expect.arrayContaining(['-1', '0', '0.5']));
  expect(texts(plot.matrix(zeros([20, 20]), { title: 'T' }))).not.toContain('0.00');
});

test('numbers in cells have the digits that count beside the largest', () => {
  const weights = plot.matrix(tensor([[0.0000292, 0.07774, 0.9983]]), { range: [0, 1] });
  expect(texts(weights)).toEqual(expect.arrayContaining(['0', '0.078', '0.998']));
  expect(texts(plot.matrix(tensor([[1234, 2e-7]])))).toEqual(
    expect.arrayContaining(['1.23e+3', '0']),
  );
  expect(texts(plot.matrix(tensor([[0, 0]])))).toContain('0');
  expect(texts(plot.matrix(tensor([[2e-7, -1e-7]])))).toContain('-1.00e-7');
});

test('several matrices share a scale', () => {
  const svg = plot.matrices(arange(8).reshape([2, 2, 2]), { titles: ['first', 'second'] });
  const colours = cells(svg);
  expect(new Set(colours).size).toBe(8);
  expect(texts(svg)).toEqual(expect.arrayContaining(['first', 'second', '7']));
});

test('save makes the folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ostinato-plot-'));
  try {
    const path = plot.save(join(folder, 'a', 'b.svg'), plot.curve([1, 2]));
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(/<\/svg>$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('without the charting package, the error says what to install', () => {
  jest.isolateModules(() => {
    jest.doMock('echarts', () => {
      throw new Error("Cannot find module 'echarts'");
    });
    // A copy of the module that has not loaded the package yet.
    const fresh = jest.requireActual<{ plot: typeof plot }>('ostinato');
    expect(() => fresh.plot.curve([1, 2])).toThrow(
      "plot.curve: charts are drawn by the package 'echarts', which is not installed; run: npm install echarts",
    );
  });
  jest.dontMock('echarts');
});

test.each(
  [-323, -308, -300, -150, -50, -20, -8, -5, 5, 16, 20, 150, 300, 307, 308].map((k) => 10 ** k),
)('values of the size %d are drawn, with their own numbers at the axes', (size) => {
  const pairs: readonly [number, number][] = [[0, size], [-size, size], [size, 1.7 * size], [1, 1 + size]]; // prettier-ignore
  for (const [a, b] of pairs) {
    for (const svg of [
      plot.curve([a, b]),
      plot.curve([a, b], { logY: true }),
      plot.curve([
        [a, 1],
        [b, 2],
      ]),
      plot.matrix([[a, b]]),
    ]) {
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  }
});

test('small and large values have their powers of ten at the axes', () => {
  expect(plot.curve([0, 2e-20])).toContain('>1.5e-20<');
  expect(plot.curve([[0, 1], [1e-5, 2]])).toContain('>8e-6<'); // prettier-ignore
  expect(plot.curve([1, 1e300], { logY: true })).toMatch(/>1e\d+</);
});

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
test.each<[string, () => unknown, string]>([
  ['no points', () => plot.curve([]), "plot.curve: 'curve' has no points"],
  ['no curves', () => plot.curve({}), 'plot.curve: there are no curves'],
  [
    'a matrix as a curve',
    () => plot.curve({ loss: zeros([2, 2]) }),
    "plot.curve: 'loss' must have one dimension, got [2, 2]; plot.matrix draws two",
  ],
  [
    'text',
    () => plot.curve(['a'] as never),
    "plot.curve: 'curve' must hold numbers or points [x, y]; point 0 is neither",
  ],
  [
    'null',
    () => plot.curve(null as never),
    'plot.curve: curves must be a curve, or several by name, got null',
  ],
  [
    'options',
    () => plot.curve([1], null as never),
    'plot.curve: options must be an object, got null; the options are x, y, logY, dots, title, width, height',
  ],
  [
    'a width',
    () => plot.curve([1], { width: NaN }),
    'plot.curve: width must be from 50 to 20000 pixels, got NaN',
  ],
  [
    'a vector as a matrix',
    () => plot.matrix(zeros([3])),
    'plot.matrix: the matrix must have two dimensions, [rows, columns], got [3]',
  ],
  ['an empty matrix', () => plot.matrix(zeros([0, 3])), 'plot.matrix: the matrix is empty: [0, 3]'],
  [
    'ragged rows',
    () => plot.matrix([[1, 2], [3]]),
    'plot.matrix: the matrix has rows of different lengths: row 0 has 2 elements, row 1 has 1',
  ],
  [
    'labels',
    () => plot.matrix(zeros([2, 2]), { rows: ['a'] }),
    'plot.matrix: rows has 1 labels for 2 rows',
  ],
  [
    'a range',
    () => plot.matrix(zeros([2, 2]), { range: [1, 0] }),
    'plot.matrix: range must be two finite numbers, the smaller first, got [1, 0]',
  ],
  ['no matrices', () => plot.matrices([]), 'plot.matrices: there are no matrices'],
  [
    'a matrix as matrices',
    () => plot.matrices(zeros([2, 2])),
    'plot.matrices: a tensor must have three dimensions, [count, rows, columns], got [2, 2]',
  ],
  [
    'titles',
    () => plot.matrices(zeros([2, 1, 1]), { titles: ['a'] }),
    'plot.matrices: titles has 1 entries for 2 matrices',
  ],
  [
    'perRow',
    () => plot.matrices(zeros([2, 1, 1]), { perRow: 0 }),
    'plot.matrices: perRow must be an integer of at least 1, got 0',
  ],
  [
    'a hole among matrices',
    () => plot.matrices(Object.assign([], { 1: [[1]] })),
    'plot.matrices: matrix 0 must be a tensor or nested arrays, got undefined',
  ],
  [
    'a curve that cannot be read',
    () => plot.curve({ loss: revoked as never }),
    "plot.curve: 'loss' must be a tensor or an array of numbers, got an object that cannot be read",
  ],
  [
    'no path',
    () => plot.save(1 as never, ''),
    'plot.save: path must be the path of a file, a string or a file: URL, got 1',
  ],
])('bad input: %s', (_what, act, message) => {
  expect(act).toThrow(message);
});

test('texts that name properties of every object are drawn, and those properties stay as they are', () => {
  const methods = ['toString', 'valueOf'].map(
    (name) => Reflect.get(Object.prototype, name) as object,
  );
  const inherited = [Object.prototype, Object, ...methods];
  const before = inherited.map((each) => Object.getOwnPropertyNames(each));
  for (const text of ['__proto__', 'constructor', 'toString', 'two lines\nvalueOf']) {
    const curves = Object.fromEntries([
      ['a', [1, 2]],
      [text, [2, 1]],
    ]);
    const svg = plot.curve(curves, { title: text, x: text, y: text });
    expect(svg).toContain(text.split('\n').at(-1));
    plot.matrix(tensor([[1, 2], [3, 4]]), { title: text, x: text, rows: [text, 'b'], columns: ['b', text] }); // prettier-ignore
  }
  expect(inherited.map((each) => Object.getOwnPropertyNames(each))).toEqual(before);
});
