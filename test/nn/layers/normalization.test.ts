// What normalizations and pooling do beside PyTorch's numbers (parity.test.ts): running statistics, second derivatives, refusals.
import { compile, nn, ones, tensor, zeros, type Tensor } from 'ostinato';
import { expectClose, expectGradients, flat, leaf, sample } from '../../support';

const F = nn.functional;

describe('batch normalization', () => {
  it('moves the running statistics by momentum, or averages them with momentum null', () => {
    // import torch; x = [[1., 2.], [3., 6.], [5., 4.]]; bn = torch.nn.BatchNorm1d(2, momentum=m)
    // bn(x); bn(x * 2); bn.running_mean, bn.running_var, bn.num_batches_tracked
    const x = tensor([[1, 2], [3, 6], [5, 4]]); // prettier-ignore
    for (const [momentum, mean, variance] of [
      [0.1, [0.87, 1.16], [2.77, 2.77]],
      [null, [4.5, 6], [10, 10]],
    ] as const) {
      const layer = new nn.BatchNorm1d(2, { momentum });
      layer.forward(x);
      layer.forward(x.mul(2));
      expectClose(layer.running_mean!, tensor([...mean]), 1e-6);
      expectClose(layer.running_var!, tensor([...variance]), 1e-6);
      expect(layer.num_batches_tracked!.item()).toBe(2);
      layer.eval().forward(x);
      expect(layer.num_batches_tracked!.item()).toBe(2);
      layer.resetRunningStats();
      expect(flat(layer.running_var!)).toEqual([1, 1]);
      expect(layer.num_batches_tracked!.item()).toBe(0);
    }
  });

  it.each([true, false])('has first and second derivatives, training: %s', (training) => {
    for (const shape of [
      [4, 3],
      [2, 3, 3],
    ]) {
      expectGradients(
        (x, weight, bias) =>
          F.batchNorm(x, zeros([3], { dtype: 'float64' }), ones([3], { dtype: 'float64' }), {
            weight,
            bias,
            training,
          }),
        leaf(shape),
        leaf([3], 2),
        leaf([3], 3),
      );
    }
  });

  it('takes strided inputs, and an empty batch in evaluation', () => {
    const x = sample([5, 4, 3]).permute([2, 1, 0]);
    const layer = new nn.BatchNorm1d(4, { dtype: 'float64' });
    expectClose(layer.forward(x), layer.forward(x.contiguous()), 0);
    expect(layer.eval().forward(zeros([0, 4, 3], { dtype: 'float64' })).shape).toEqual([0, 4, 3]);
  });

  it('takes an input of no elements and one dimension, without statistics or with those of no channel', () => {
    const x = leaf([0]);
    expect(F.batchNorm(x, zeros([0], { dtype: 'float64' }), zeros([0], { dtype: 'float64' })).shape).toEqual([0]); // prettier-ignore
    expect(F.batchNorm(x, undefined, undefined, { training: true }).shape).toEqual([0]);
  });

  it.each<[string, () => unknown, Error]>([
    [
      'one value a channel',
      () => new nn.BatchNorm1d(3).forward(zeros([1, 3])),
      new RangeError('batchNorm: training needs more than one value a channel, got input [1, 3]'),
    ],
    [
      'other channels',
      () => new nn.BatchNorm1d(3).forward(zeros([2, 4])),
      new RangeError(
        'batchNorm: runningMean must have shape [4], a number for each channel, got [3]',
      ),
    ],
    [
      'other dimensions',
      () => new nn.BatchNorm1d(3).forward(zeros([2, 3, 4, 5])),
      new RangeError(
        'BatchNorm1d.forward: input must be [N, C] or [N, C, L], got shape [2, 3, 4, 5]',
      ),
    ],
    [
      'no statistics in evaluation',
      () => F.batchNorm(zeros([2, 3]), null, null),
      new RangeError('batchNorm: runningMean and runningVar must be tensors unless training'),
    ],
    [
      'an eps below 0',
      () => F.batchNorm(zeros([2, 3]), zeros([3]), ones([3]), { eps: -1 }),
      new RangeError('batchNorm: eps must be at least 0, got -1'),
    ],
    [
      'an eps of 0 in training',
      () => new nn.BatchNorm1d(3, { eps: 0 }).forward(zeros([2, 3])),
      new RangeError('batchNorm: eps must be above 0 in training, got 0'),
    ],
    [
      'groups that do not divide',
      () => new nn.GroupNorm(4, 6),
      new RangeError('GroupNorm: numGroups must divide numChannels, got 4 groups for 6 channels'),
    ],
    [
      'samples of one position',
      () => new nn.InstanceNorm1d(3).forward(zeros([2, 3, 1])),
      new RangeError('instanceNorm: samples must have more than one position, got input [2, 3, 1]'),
    ],
    [
      'another normalized shape',
      () => new nn.RMSNorm(3).forward(zeros([2, 4])),
      new RangeError(
        'rmsNorm: the last sizes of the input must be [3], at least one, got input [2, 4]',
      ),
    ],
  ])('refuses %s', (_, run, error) => {
    expect(run).toThrow(error);
  });
});

describe('other normalizations and pooling', () => {
  const calls: Record<string, (x: Tensor) => Tensor> = {
    instanceNorm: (x) => F.instanceNorm(x),
    groupNorm: (x) => F.groupNorm(x, 2),
    rmsNorm: (x) => F.rmsNorm(x, [6]),
    maxPool1d: (x) => F.maxPool1d(x, 3, { stride: 2, padding: 1 }),
    avgPool1d: (x) => F.avgPool1d(x, 3, { stride: 2, padding: 1 }),
    adaptiveAvgPool1d: (x) => F.adaptiveAvgPool1d(x, 4),
    adaptiveMaxPool1d: (x) => F.adaptiveMaxPool1d(x, 4),
    lpPool1d: (x) => F.lpPool1d(x.abs(), 2, 2),
  };
  it.each(Object.entries(calls))('%s has first and second derivatives, and compiles', (_, call) => {
    expectGradients(call, leaf([2, 4, 6]));
    const x = sample([2, 4, 6]);
    expectClose(compile(call)(x), call(x), 0);
    const strided = sample([6, 4, 2]).permute([2, 1, 0]);
    expectClose(call(strided), call(strided.contiguous()), 0);
  });

  it('has adaptive windows of no channels', () => {
    // torch.nn.functional.adaptive_avg_pool1d(torch.zeros(2, 0, 8), 3).shape; adaptive_max_pool1d refuses [2, 0, 8]
    expect(F.adaptiveAvgPool1d(zeros([2, 0, 8]), 3).shape).toEqual([2, 0, 3]);
    expect(F.adaptiveAvgPool1d(zeros([0, 8]), 3).shape).toEqual([0, 3]);
    expect(F.adaptiveMaxPool1d(zeros([0, 8]), 3).shape).toEqual([0, 3]);
  });

  it('says where the largest elements are, of NaN too', () => {
    // torch.nn.functional.max_pool1d(torch.tensor([[1., 5., 5., float('nan'), 2., 0.]]), 2, return_indices=True)
    const x = tensor([[1, 5, 5, NaN, 2, 0]]);
    const [values, indices] = F.maxPool1d(x, 2, { returnIndices: true });
    expect(flat(values)).toEqual([5, NaN, 2]);
    expect(flat(indices)).toEqual([1, 3, 4]);
    const [, places] = new nn.AdaptiveMaxPool1d(2, { returnIndices: true }).forward(x);
    expect(flat(places)).toEqual([1, 3]);
  });

  it.each<[string, () => unknown, Error]>([
    [
      'padding above half of a window',
      () => F.maxPool1d(zeros([1, 1, 9]), 3, { padding: 2 }),
      new RangeError(
        'maxPool1d: padding must be at most half of what the window spans, got 2 for 3',
      ),
    ],
    [
      'a window longer than the input',
      () => F.avgPool1d(zeros([1, 1, 3]), 4),
      new RangeError('avgPool1d: the window spans 4 elements, more than the 3 of the padded input'),
    ],
    [
      'a signal without positions',
      () => F.maxPool1d(zeros([2, 3, 0]), 1),
      new RangeError(
        'maxPool1d: input must be [N, C, L] or [C, L] with channels and positions, got shape [2, 3, 0]',
      ),
    ],
    [
      'adaptive windows of no channels, of a batch',
      () => F.adaptiveMaxPool1d(zeros([2, 0, 8]), 3),
      new RangeError(
        'adaptiveMaxPool1d: input must be [N, C, L] or [C, L] with channels and positions, got shape [2, 0, 8]',
      ),
    ],
    [
      'adaptive windows over no positions',
      () => F.adaptiveAvgPool1d(zeros([2, 3, 0]), 1),
      new RangeError(
        'adaptiveAvgPool1d: input must be [N, C, L] or [C, L] with positions, got shape [2, 3, 0]',
      ),
    ],
    [
      'integers that would be averaged',
      () => F.avgPool1d(zeros([1, 1, 3], { dtype: 'int32' }), 2),
      new TypeError("avgPool1d: takes float32 or float64, got int32; convert with to('float32')"),
    ],
  ])('refuses %s', (_, run, error) => {
    expect(run).toThrow(error);
  });
});
