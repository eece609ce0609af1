// conv1d and convTranspose1d against sums of products of slices: values, first and second derivatives, for outputs of a few
// positions and of many, both element types, every way to cut the work.
import {
  autograd,
  cat,
  conv1d,
  convTranspose1d,
  getNumThreads,
  nn,
  setNumThreads,
  zeros,
  type Conv1dOptions,
  type ConvTranspose1dOptions,
  type Tensor,
} from 'ostinato';
import { expectClose, expectGradients, flat, leaf, sample } from '../../support';

interface Sizes {
  batch: number;
  channels: number;
  outChannels: number;
  length: number;
  taps: number;
  stride: number;
  padding: number;
  dilation: number;
  groups: number;
}

const plain: Sizes = {
  batch: 2,
  channels: 4,
  outChannels: 6,
  length: 11,
  taps: 3,
  stride: 1,
  padding: 0,
  dilation: 1,
  groups: 1,
};

const cases: Partial<Sizes>[] = [
  {},
  { taps: 1 },
  { padding: 2 },
  { stride: 2, padding: 1 },
  { stride: 3, taps: 2 },
  { dilation: 3 },
  { stride: 2, dilation: 2, padding: 3 },
  { stride: 4, dilation: 6, padding: 9, taps: 4 },
  { groups: 2, padding: 1 },
  { channels: 6, outChannels: 6, groups: 6 },
  { length: 80, padding: 1 },
  { length: 81, stride: 2, taps: 5, padding: 4 },
  { length: 200, stride: 3, dilation: 2, groups: 2, taps: 4, batch: 3 },
  { length: 70, batch: 1, outChannels: 40 },
  { length: 40, taps: 7, padding: 12 },
];

const sizesOf = (some: Partial<Sizes>): Sizes => ({ ...plain, ...some });
const optionsOf = ({ stride, padding, dilation, groups }: Sizes): Conv1dOptions => ({
  stride,
  padding,
  dilation,
  groups,
});

/** Σ over taps of weight[:, :, j] · x at the positions that tap j sees. */
function reference(x: Tensor, weight: Tensor, bias: Tensor, sizes: Sizes): Tensor {
  const { taps, stride, padding, dilation, groups } = sizes;
  const padded = nn.functional.pad(x, [padding, padding]);
  const outLength = Math.floor((padded.shape[2] - dilation * (taps - 1) - 1) / stride) + 1;
  const [inputs, outputs] = [x.shape[1] / groups, weight.shape[0] / groups];
  const parts = Array.from({ length: groups }, (_, g) => {
    const own = padded.narrow(1, g * inputs, inputs);
    const w = weight.narrow(0, g * outputs, outputs);
    let sum = zeros([x.shape[0], outputs, outLength], { dtype: x.dtype });
    for (let j = 0; j < taps; j++) {
      const from = j * dilation;
      const seen = own.at(':', ':', `${from}:${from + (outLength - 1) * stride + 1}:${stride}`);
      sum = sum.add(w.select(2, j).matmul(seen));
    }
    return sum;
  });
  return cat(parts, 1).add(bias.unsqueeze(1));
}

/** The transposed one, as the gradient of the reference for its input. */
function transposedReference(g: Tensor, weight: Tensor, length: number, sizes: Sizes): Tensor {
  const shape = [g.shape[0], weight.shape[1] * sizes.groups, length];
  const x = zeros(shape, { dtype: g.dtype }).requiresGrad_();
  const bias = zeros([weight.shape[0]], { dtype: g.dtype });
  const y = reference(x, weight, bias, sizes);
  return autograd.grad([y], [x], { gradOutputs: [g] })[0]!;
}

const show = (some: object): string => JSON.stringify(some);

describe.each(cases.map((some) => [show(some), sizesOf(some)] as const))(
  'conv1d %s',
  (_, sizes) => {
    const { batch, channels, outChannels, length, taps, groups } = sizes;
    const x = (): Tensor => leaf([batch, channels, length], 1);
    const weight = (): Tensor => leaf([outChannels, channels / groups, taps], 2);
    const bias = (): Tensor => leaf([outChannels], 3);

    it('computes the sums and their gradients', () => {
      for (const dtype of ['float32', 'float64'] as const) {
        const inputs = [x(), weight(), bias()].map((one) => one.detach().to(dtype).requiresGrad_());
        const again = inputs.map((one) => one.detach().clone().requiresGrad_());
        const y = conv1d(inputs[0], inputs[1], inputs[2], optionsOf(sizes));
        const expected = reference(again[0], again[1], again[2], sizes);
        const within = dtype === 'float32' ? 1e-5 : 1e-12;
        expectClose(y, expected, within);
        const g = sample(y.shape, { seed: 4, dtype });
        y.mul(g).sum().backward();
        expected.mul(g).sum().backward();
        inputs.forEach((one, i) => expectClose(one.grad!, again[i].grad!, within));
      }
    });

    it('is the gradient of its own transposition', () => {
      const w = weight();
      const y = conv1d(x(), w, null, optionsOf(sizes));
      const g = sample(y.shape, { seed: 4 });
      const whole = (y.shape[2] - 1) * sizes.stride + sizes.dilation * (taps - 1) + 1;
      const outputPadding = length + 2 * sizes.padding - whole;
      if (outputPadding >= Math.max(sizes.stride, sizes.dilation)) return;
      const back = convTranspose1d(g, w, null, { ...optionsOf(sizes), outputPadding } as object);
      expectClose(back, transposedReference(g, w, length, sizes), 1e-12);
    });

    it('has the bits of any number of threads and any batch', () => {
      const [a, w, b] = [x(), weight(), bias()].map((one) => one.detach().to('float32'));
      const run = (): Tensor[] => {
        const inputs = [a, w, b].map((one) => one.detach().requiresGrad_());
        const y = conv1d(inputs[0], inputs[1], inputs[2], optionsOf(sizes));
        y.sum().backward();
        return [y, ...inputs.map((one) => one.grad!)];
      };
      const threads = getNumThreads();
      setNumThreads(1);
      const one = run();
      const alone = conv1d(a.narrow(0, 1 % batch, 1), w, b, optionsOf(sizes));
      setNumThreads(4);
      const four = run();
      setNumThreads(threads);
      four.forEach((y, i) => expect(flat(y)).toEqual(flat(one[i])));
      expect(flat(alone)).toEqual(flat(one[0].narrow(0, 1 % batch, 1)));
    });
  },
);

describe('conv1d', () => {
  it.each<[ConvTranspose1dOptions, boolean]>([
    [{}, false],
    [{ stride: 2, padding: 1, dilation: 2 }, false],
    [{ groups: 2, stride: 3 }, false],
    [{ stride: 2, outputPadding: 1 }, true],
    [{ groups: 2, padding: 1 }, true],
  ])('has first and second derivatives: %j, transposed: %j', (options, transposed) => {
    const call = transposed ? convTranspose1d : conv1d;
    const weight = leaf(transposed ? [4, 2, 3] : [2, 4 / (options.groups ?? 1), 3], 2);
    const bias = leaf([transposed ? 2 * (options.groups ?? 1) : 2], 3);
    expectGradients((x, w, b) => call(x, w, b, options), leaf([2, 4, 8]), weight, bias);
  });

  it('cuts long sums of floats into chains that are added', () => {
    // 900 channels, 3 taps: 2,700 terms. One chain would be off by 2e-6 of its largest value.
    for (const length of [4, 90]) {
      const x = sample([2, 900, length], { dtype: 'float32' });
      const weight = sample([5, 900, 3], { dtype: 'float32', seed: 2 });
      const exact = conv1d(x.to('float64'), weight.to('float64'), null, { padding: 1 });
      expectClose(conv1d(x, weight, null, { padding: 1 }).to('float64'), exact, 5e-7);
    }
  });

  it('takes strided operands, a signal without batch, and an empty batch', () => {
    const x = leaf([5, 11, 4]).permute([0, 2, 1]);
    const weight = leaf([3, 4, 6]).permute([2, 1, 0]);
    const y = conv1d(x, weight);
    expectClose(y, conv1d(x.contiguous(), weight.contiguous()), 0);
    expectClose(conv1d(x.select(0, 1), weight), y.select(0, 1), 0);
    expect(conv1d(x.narrow(0, 0, 0), weight).shape).toEqual([0, 6, 9]);
    const none = zeros([0, 4, 11], { dtype: 'float64' }).requiresGrad_();
    const w = weight.detach().requiresGrad_();
    conv1d(none, w).sum().backward();
    expect(none.grad!.shape).toEqual([0, 4, 11]);
    expect(flat(w.grad!).every((value) => value === 0)).toBe(true);
  });

  it('takes numbers as arrays of one, and padding by name', () => {
    const x = sample([1, 2, 9]);
    const weight = sample([3, 2, 4], { seed: 2 });
    const y = conv1d(x, weight, null, { stride: [2], padding: [1], dilation: [1] });
    expectClose(y, conv1d(x, weight, null, { stride: 2, padding: 1 }), 0);
    expectClose(conv1d(x, weight, null, { padding: 'valid' }), conv1d(x, weight), 0);
    // An odd number of zeros: one more at the end.
    const same = conv1d(nn.functional.pad(x, [1, 2]), weight);
    expectClose(conv1d(x, weight, null, { padding: 'same' }), same, 0);
  });
});

describe('refusals', () => {
  const x = sample([2, 4, 9]);
  const w = sample([6, 4, 3]);
  const wide = sample([6, 4, 10]);
  const bias = sample([5]);
  it.each<[string, () => unknown, Error]>([
    [
      'other channels',
      () => conv1d(x, sample([6, 3, 3])),
      new RangeError(
        'conv1d: input has 4 channels, but weight takes 3 (input [2, 4, 9], weight [6, 3, 3], groups 1)',
      ),
    ],
    [
      'channels that groups do not divide',
      () => conv1d(x, w, null, { groups: 4 }),
      new RangeError(
        'conv1d: groups must divide the first size of weight, got 4 groups for weight [6, 4, 3]',
      ),
    ],
    [
      'a window longer than the input',
      () => conv1d(x, wide),
      new RangeError(
        'conv1d: the window spans 10 elements, more than the 9 of the padded input (input [2, 4, 9], weight [6, 4, 10])',
      ),
    ],
    [
      'a bias of another length',
      () => conv1d(x, w, bias),
      new RangeError('conv1d: bias must have shape [6], got [5]'),
    ],
    [
      'element types that differ',
      () => conv1d(x, w.to('float32')),
      new TypeError("conv1d: input is float64, weight is float32; convert one with to('float64')"),
    ],
    [
      'integers',
      () => conv1d(x.to('int32'), w.to('int32')),
      new TypeError("conv1d: takes float32 or float64, got int32; convert with to('float32')"),
    ],
    [
      'other dimensions',
      () => conv1d(x.unsqueeze(0), w),
      new RangeError(
        'conv1d: input must be [N, channels, length] or [channels, length], got shape [1, 2, 4, 9]',
      ),
    ],
    [
      'a stride of 0',
      () => conv1d(x, w, null, { stride: 0 }),
      new RangeError('conv1d: stride must be an integer of at least 1, got 0'),
    ],
    [
      'a dilation of 0',
      () => conv1d(x, w, null, { dilation: [0] }),
      new RangeError('conv1d: dilation must be an integer of at least 1, got 0'),
    ],
    [
      'negative padding',
      () => conv1d(x, w, null, { padding: -1 }),
      new RangeError('conv1d: padding must be an integer of at least 0, got -1'),
    ],
    [
      "'same' with a stride",
      () => conv1d(x, w, null, { padding: 'same', stride: 2 }),
      new RangeError("conv1d: padding 'same' takes stride 1, got stride 2"),
    ],
    [
      'outputPadding of the stride',
      () => convTranspose1d(x, sample([4, 6, 3]), null, { stride: 2, outputPadding: 2 }),
      new RangeError(
        'convTranspose1d: outputPadding must be less than stride or dilation, got 2 with stride 2 and dilation 1',
      ),
    ],
    [
      'an output without elements',
      () => convTranspose1d(x, sample([4, 6, 3]), null, { padding: 6 }),
      new RangeError(
        'convTranspose1d: the output would have -1 elements (input [2, 4, 9], weight [4, 6, 3], padding 6)',
      ),
    ],
    [
      'groups of a layer',
      () => new nn.Conv1d(4, 6, 3, { groups: 4 }),
      new RangeError('Conv1d: groups must divide outChannels, got 4 groups for 6 channels'),
    ],
    [
      'an output size that cannot be',
      () => new nn.ConvTranspose1d(4, 6, 3, { stride: 2 }).forward(x, { outputSize: 21 }),
      new RangeError(
        'ConvTranspose1d.forward: outputSize must be an integer from 19 to 20 for an input of length 9, got 21',
      ),
    ],
  ])('%s', (_, run, error) => {
    expect(run).toThrow(error);
  });
});

// A few positions without gradients are a product with the kept weight: the bits are the kernel's, before and after it is kept.
test.each([
  [[1, 1, 640], [258, 1, 256], { stride: 128 }],
  [[1, 129, 4], [128, 129, 3], { padding: 1 }],
  [[1, 128, 4], [64, 128, 3], { padding: 1, stride: 2 }],
  [[1, 64, 1], [128, 64, 3], { padding: 1 }],
  [[2, 70, 5], [65, 70, 2], { padding: 2, dilation: 3, stride: 4 }],
  [[1, 128, 1], [40, 128, 1], {}],
  [[3, 33, 9], [70, 33, 4], { padding: 'same', dilation: 2 }],
  [[1, 513, 6], [16, 513, 4], {}],
  [[1, 8, 20], [64, 8, 12], { padding: 6, stride: 9 }],
  [[1, 8, 40], [64, 8, 12], { dilation: 2, stride: 9 }],
  [[1, 70, 2], [64, 70, 3], { padding: 4, stride: 3 }],
] as [number[], number[], Conv1dOptions][])(
  'a few positions: %j %j %j',
  (shape, kernel, options) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [x, w] = [sample(shape), sample(kernel, { seed: 2 })].map((one) => one.to(dtype));
      for (const b of [null, sample([kernel[0]], { seed: 3 }).to(dtype)]) {
        for (let use = 0; use < 7; use++) {
          // A weight that changes is read anew.
          if (use === 6) w.mul_(0.5);
          const recorded = conv1d(x, w.clone().requiresGrad_(), b, options);
          expect(recorded.requiresGrad).toBe(true);
          expect(conv1d(x, w, b, options).toArray()).toEqual(recorded.toArray());
          const strided = x.transpose(0, 2).clone().transpose(0, 2);
          expect(conv1d(strided, w, b, options).toArray()).toEqual(recorded.toArray());
        }
      }
    }
  },
);
