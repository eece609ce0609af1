// Targets: class indices that never reach memory, shapes that broadcast.
import * as o from 'ostinato';
import type { Tensor, TensorOptions } from 'ostinato';

const whole: TensorOptions = { dtype: 'int32' };
const x = o.tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('no index reaches memory', () => {
  const scores = o.ones([2, 3], { requiresGrad: true });

  it.each([3, -1, 2147483647, -2147483648, -99])('class %d', (index) => {
    const target = o.tensor([0, index], whole);
    for (const loss of [o.crossEntropy, o.nllLoss]) {
      const rule = `${loss.name}: target ${index} at position 1 is not a class: the input has 3 (0 to 2), and ignoreIndex is`;
      expect(() => loss(scores, target)).toThrow(new RangeError(`${rule} -100`));
      expect(() => loss(scores, target, { ignoreIndex: 5 })).toThrow(new RangeError(`${rule} 5`));
    }
  });

  it('a target changed in place after the forward pass is caught before backward reads it', () => {
    const target = o.tensor([0, 1], whole);
    const loss = o.crossEntropy(scores, target);
    target.fill_(7);
    expect(() => loss.backward()).toThrow(
      'backward: a tensor of shape [2] that crossEntropy needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before crossEntropy',
    );
  });
});

describe('targets that broadcast', () => {
  let warnings: string[];
  let emit: jest.SpyInstance;

  beforeEach(() => {
    warnings = [];
    emit = jest
      .spyOn(process, 'emitWarning')
      .mockImplementation((message) => void warnings.push(String(message)));
  });
  afterEach(() => {
    emit.mockRestore();
  });

  it('are computed, with a warning that names both shapes and what happens', () => {
    const predicted = o.tensor([[1], [2], [3], [4]]);
    const target = o.tensor([1, 2, 3, 4]);
    expect(o.mseLoss(predicted, target).item()).toBe(2.5);
    expect(warnings).toEqual([
      'mseLoss: input is [4, 1], target is [4]: both are broadcast to [4, 4], which is rarely what is meant; give them one shape, for example with view() or squeeze()',
    ]);
  });

  it('warn once for each place in a program', () => {
    const loss = (): Tensor => o.l1Loss(o.ones([4, 1]), o.ones([4]));
    for (let i = 0; i < 3; i++) loss();
    expect(warnings).toHaveLength(1);
    o.l1Loss(o.ones([4, 1]), o.ones([4]));
    expect(warnings).toHaveLength(2);
  });

  it('of one shape do not warn', () => {
    o.mseLoss(x, x);
    expect(warnings).toEqual([]);
  });
});
