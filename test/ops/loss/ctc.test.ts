// ctcLoss and nn.CTCLoss against PyTorch 2.13 (test/fixtures/ctc.json, made by ctc.py): losses, gradients, refusals; what
// compile, strided inputs, tensors of lengths and a second derivative do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, compile, nn, noGrad, tensor, type DType, type Tensor } from 'ostinato';
import { bitsOf, expectNear, flat } from '../../support';

const { ctcLoss } = nn.functional;

type Nested = number | readonly Nested[];
type Numbers = readonly (number | 'NaN' | 'Infinity')[];
interface Options {
  blank?: number;
  zeroInfinity?: boolean;
  reduction?: 'none' | 'mean' | 'sum';
}
interface Result {
  loss: Numbers;
  shape: number[];
  gradient: Numbers;
}
interface Fixture {
  cases: [
    T: number,
    N: number,
    C: number,
    targets: Nested,
    steps: number[],
    lengths: number[],
    options: Options,
    results: Record<'float32' | 'float64', Result>,
  ][];
  refused: [
    shape: number[],
    targets: Nested,
    steps: number[],
    lengths: number[],
    options: Options,
  ][];
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/ctc.json'), 'utf8'),
) as Fixture;

// The numbers of ctc.py's wave().
function wave(shape: readonly number[], dtype: DType = 'float64'): Tensor {
  const count = shape.reduce((n, size) => n * size, 1);
  const values = Float64Array.from({ length: count }, (_, i) => (((i * 37) % 127) - 63) / 32);
  return tensor(values, { dtype }).reshape(shape);
}
const logProbsOf = (shape: readonly number[], dtype: DType = 'float64'): Tensor =>
  wave(shape, dtype).logSoftmax(-1).requiresGrad_();
const whole = (values: Nested): Tensor => tensor(values, { dtype: 'int32' });
const weightsFor = (loss: Tensor): Tensor =>
  tensor(
    Array.from({ length: loss.numel }, (_, i) => 1 + i / 2),
    { dtype: loss.dtype },
  ).reshape(loss.shape);

/** The finite ones within a tolerance; NaN and infinities where they are expected. */
function expectNumbers(actual: Tensor, expected: Numbers, tolerance: number): void {
  const values = Array.from(actual.toTypedArray());
  expect(values.map((v) => (Number.isFinite(v) ? 0 : String(v)))).toEqual(
    expected.map((v) => (typeof v === 'number' ? 0 : v)),
  );
  const finite = (all: readonly unknown[]): number[] =>
    all.map((v) => (Number.isFinite(v) ? (v as number) : 0));
  expectNear(finite(values), finite(expected), tolerance);
}

describe.each([
  ['float32', 1e-5],
  ['float64', 1e-9],
] as const)('%s', (dtype, tolerance) => {
  it.each(fixture.cases)(
    '%j %j %j %j %j %j %j',
    (T, N, C, targets, steps, lengths, options, results) => {
      const right = results[dtype];
      const x = logProbsOf(N > 0 ? [T, N, C] : [T, C], dtype);
      const loss = ctcLoss(x, whole(targets), steps, lengths, options);
      expect(loss.shape).toEqual(right.shape);
      expect(loss.dtype).toBe(dtype);
      expectNumbers(loss, right.loss, tolerance);
      loss.backward({ gradient: weightsFor(loss) });
      expectNumbers(x.grad!, right.gradient, tolerance);
      const without = noGrad(() => ctcLoss(x, whole(targets), steps, lengths, options));
      expect(bitsOf(without)).toEqual(bitsOf(loss.detach()));
      const layer = new nn.CTCLoss(options);
      const tensors = [whole(steps), whole(lengths)] as const;
      expect(bitsOf(layer.forward(x, whole(targets), ...tensors).detach())).toEqual(
        bitsOf(loss.detach()),
      );
    },
  );
});

// Our sentence for each line of "refused", in its order.
const sentences = [
  'inputLengths[1] must be an integer from 0 to 5 (the steps of logProbs), got 6',
  'inputLengths[1] must be an integer of at least 0, got -1',
  'inputLengths must have one length for each of the 2 sequences, got 1',
  'targetLengths must have one length for each of the 2 sequences, got 1',
  'targetLengths[1] must be an integer from 0 to 2 (the columns of targets), got 3',
  'targetLengths[1] must be an integer of at least 0, got -1',
  'targets must be [2, S] or 1-dimensional with one sequence after the other, got [3, 2]',
  'targets must be [2, S] or 1-dimensional with one sequence after the other, got [1, 2, 2]',
  'targets must be [2, S] or 1-dimensional with one sequence after the other, got []',
  'targetLengths sum to 4, so targets must have as many labels, got 3',
  'targetLengths sum to 4, so targets must have as many labels, got 5',
  'blank must be an integer from 0 to 3, got -1',
  'blank must be an integer from 0 to 3, got 4',
  "reduction must be 'mean', 'sum' or 'none', got 'max'",
  'logProbs must be [T, N, C] or [T, C] and not empty, got [5]',
  'logProbs must be [T, N, C] or [T, C] and not empty, got [1, 5, 2, 4]',
  'logProbs must be [T, N, C] or [T, C] and not empty, got [0, 2, 4]',
  'logProbs must be [T, N, C] or [T, C] and not empty, got [5, 0, 4]',
  'logProbs must be [T, N, C] or [T, C] and not empty, got [5, 2, 0]',
];
it('has a sentence for everything that PyTorch refuses', () => {
  expect(sentences).toHaveLength(fixture.refused.length);
});
it.each(fixture.refused.map((call, i) => [call, sentences[i]] as const))(
  'refuses %j',
  (call, sentence) => {
    const [shape, targets, steps, lengths, options] = call;
    expect(() => ctcLoss(wave(shape), whole(targets), steps, lengths, options)).toThrow(
      new RangeError(`ctcLoss: ${sentence}`),
    );
  },
);

// What PyTorch computes with, from memory beside the row or by conversion.
it.each([
  [whole([[1, 2], [3, 4]]), RangeError, 'label 4 at position 1 of sequence 1 is not a class: logProbs has 4 (0 to 3)'], // prettier-ignore
  [whole([[1, -1], [3, 3]]), RangeError, 'label -1 at position 1 of sequence 0 is not a class: logProbs has 4 (0 to 3)'], // prettier-ignore
  [whole([[1, 0], [3, 3]]), RangeError, 'label 0 at position 1 of sequence 0 is the blank; labels are the other classes'], // prettier-ignore
  [tensor([[1, 2], [3, 3]]), TypeError, "targets must be int32 labels, got float32; convert them with to('int32')"], // prettier-ignore
])('refuses labels that are none', (targets, Kind, sentence) => {
  expect(() => ctcLoss(wave([5, 2, 4]), targets, [5, 5], [2, 2])).toThrow(
    new Kind(`ctcLoss: ${sentence}`),
  );
});
it('refuses lengths and log-probabilities of another type', () => {
  const targets = whole([[1, 2], [3, 3]]); // prettier-ignore
  expect(() => ctcLoss(wave([5, 2, 4]), targets, tensor([5, 5]), [2, 2])).toThrow(
    new TypeError("ctcLoss: inputLengths must be int32, got float32; convert it with to('int32')"),
  );
  expect(() => ctcLoss(wave([5, 2, 4], 'int32'), targets, [5, 5], [2, 2])).toThrow(
    new TypeError("ctcLoss: takes float32 or float64, got int32; convert with to('float32')"),
  );
});

const targets = whole([[1, 2, 2], [3, 1, 9]]); // prettier-ignore

it('takes strided log-probabilities and targets, and passes gradcheck', () => {
  const x = wave([2, 8, 4]).requiresGrad_();
  const strided = (y: Tensor, labels: Tensor): Tensor =>
    ctcLoss(y.transpose(0, 1).logSoftmax(2), labels, [8, 7], [3, 2]);
  expect(autograd.gradcheck((y) => strided(y, targets.t().contiguous().t()), [x])).toBe(true);
  const dense = ctcLoss(x.transpose(0, 1).logSoftmax(2).contiguous(), targets, [8, 7], [3, 2]);
  expect(strided(x, targets.t().contiguous().t()).item()).toBe(dense.item());
});

it('takes lengths of one sequence as a number in a tensor', () => {
  const [x, labels] = [wave([5, 4]).logSoftmax(1), whole([1, 2])];
  const loss = ctcLoss(x, labels, whole(5), whole(2), { reduction: 'none' });
  expect(loss.shape).toEqual([]);
  expect(loss.item()).toBe(ctcLoss(x, labels, [5], [2], { reduction: 'sum' }).item());
});

it('has a gradient of 0 where a log-probability is minus infinity', () => {
  const scores = wave([5, 2, 4]);
  scores.setAt([':', ':', 1], -Infinity);
  const x = scores.logSoftmax(2).requiresGrad_();
  ctcLoss(x, whole([[2, 3], [3, 2]]), [5, 5], [2, 2]).backward(); // prettier-ignore
  expect(flat(x.grad!.at(':', ':', 1)).every((v) => v === 0)).toBe(true);
  expect(flat(x.grad!).some(Number.isNaN)).toBe(false);
});

it('reads log-probabilities and targets again in backward, and refuses those that changed', () => {
  const x = logProbsOf([8, 2, 4]);
  for (const change of [(labels: Tensor) => labels.fill_(100), () => noGrad(() => x.add_(1))]) {
    const labels = targets.clone();
    const loss = ctcLoss(x, labels, [8, 7], [3, 2]);
    change(labels);
    expect(() => loss.backward()).toThrow(
      /^backward: a tensor of shape \[.*\] that ctcLoss needs for its gradient was changed in place since \(version 1, saved at 0\); change a clone\(\) instead, or do it before ctcLoss$/,
    );
  }
});

it('gives a first gradient with createGraph, and refuses the second in a sentence', () => {
  const x = logProbsOf([8, 2, 4]);
  const loss = ctcLoss(x, targets, [8, 7], [3, 2]);
  const [plain] = autograd.grad(loss, [x], { retainGraph: true });
  const [g] = autograd.grad(loss, [x], { createGraph: true });
  expect(bitsOf(g!.detach())).toEqual(bitsOf(plain));
  expect(() => g!.square().sum().backward()).toThrow(
    new Error('ctcLoss: has no second derivatives; differentiate it once, without createGraph'),
  );
});

it('names its node as PyTorch does', () => {
  const x = logProbsOf([8, 2, 4]);
  const node = ctcLoss(x, targets, [8, 7], [3, 2], { reduction: 'none' }).gradFn!;
  expect(node.name).toBe('CtcLossBackward0');
});

describe('compile', () => {
  const f = (x: Tensor, labels: Tensor): Tensor =>
    ctcLoss(x.logSoftmax(2), labels, [8, 7], [3, 2], { zeroInfinity: true });

  it('gives the same bits, looks at labels in each run', () => {
    const compiled = compile(f);
    const gradient = (g: typeof f, labels: Tensor): [Tensor, Tensor] => {
      const x = wave([8, 2, 4]).requiresGrad_();
      const loss = g(x, labels);
      loss.backward();
      return [loss.detach(), x.grad!];
    };
    const other = whole([[3, 3, 1], [1, 2, -7]]); // prettier-ignore
    for (const labels of [targets, other]) {
      expect(gradient(compiled, labels).map(bitsOf)).toEqual(gradient(f, labels).map(bitsOf));
    }
    expect(() =>
      compiled(
        wave([8, 2, 4]),
        whole([
          [3, 3, 4],
          [1, 2, 0],
        ]),
      ),
    ).toThrow(
      // prettier-ignore
      new RangeError('ctcLoss: a label is the blank or no class: logProbs has 4 (0 to 3), the blank is 0'),
    );
  });

  it('looks at lengths in each run', () => {
    const compiled = compile((x: Tensor, steps: Tensor) =>
      ctcLoss(x.logSoftmax(2), targets, steps, [3, 2]),
    );
    const expected = ctcLoss(wave([8, 2, 4]).logSoftmax(2), targets, whole([8, 7]), [3, 2]);
    expect(compiled(wave([8, 2, 4]), whole([8, 7])).item()).toBe(expected.item());
    expect(() => compiled(wave([8, 2, 4]), whole([8, 9]))).toThrow(
      new RangeError(
        'ctcLoss: every length of inputLengths must be an integer from 0 to 8 (the steps of logProbs)',
      ),
    );
  });
});
