// data.classWeights: n / (C · n_c).
import { data, nn, randn, tensor } from 'ostinato';

const { classWeights } = data;

it('weighs rare classes more, so that all count alike', () => {
  expect(classWeights([0, 0, 0, 1]).toArray()).toEqual([expect.closeTo(2 / 3, 6), 2]);
  expect(classWeights(tensor([[2, 0], [2, 2]], { dtype: 'int32' })).toArray()) // prettier-ignore
    .toEqual([expect.closeTo(4 / 3, 6), 0, expect.closeTo(4 / 9, 6)]);
});

it('leaves out what is ignored, and gives classes without a target 0', () => {
  expect(classWeights([1, 1, -100], { numClasses: 3 }).toArray()).toEqual([
    0,
    expect.closeTo(1 / 3, 6),
    0,
  ]);
  expect(classWeights([1, 1, 0], { ignoreIndex: 0 }).toArray()).toEqual([0, 0.5]);
});

it('is what CrossEntropyLoss takes', () => {
  const target = tensor([0, 0, 0, 1], { dtype: 'int32' });
  const loss = new nn.CrossEntropyLoss({ weight: classWeights(target) });
  expect(loss.forward(randn([4, 2]), target).shape).toEqual([]);
});

it.each<[() => unknown, Error]>([
  [
    () => classWeights([]),
    new RangeError('classWeights: targets must hold at least one class that is not ignored'),
  ],
  [
    () => classWeights([0, 3], { numClasses: 3 }),
    new RangeError('classWeights: class 3 is not one of 3 (0 to 2)'),
  ],
  [() => classWeights([0, -1]), new RangeError('classWeights: class -1 is not one of 1 (0 to 0)')],
  [
    () => classWeights([1e12]),
    new RangeError('classWeights: there are at most 100000000 classes, got 1000000000001'),
  ],
  [
    () => classWeights(tensor([0.5])),
    new TypeError(
      "classWeights: targets must be int32 class indices, got float32; convert them with to('int32')",
    ),
  ],
  [
    () => classWeights('ab' as never),
    new TypeError(
      "classWeights: targets must be an int32 Tensor or an iterable of class indices, got 'ab'",
    ),
  ],
])('refuses %#', (call, error) => {
  expect(call).toThrow(error);
});
