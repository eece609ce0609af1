// What schedules refuse.
import { ones } from '../../../src/ops';
import * as optim from '../../../src/optim';
import type { Tensor } from '../../../src/tensor/tensor';

const leaf = (shape: number[]): Tensor => ones(shape, { requiresGrad: true });

describe('schedules refuse', () => {
  const optimizer = new optim.SGD([leaf([1])]);
  const { StepLR, LambdaLR, CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau } = optim.lrScheduler;
  it.each<[string, () => unknown, new () => Error]>([
    ['what is no optimizer', () => new StepLR({} as never, 1), TypeError],
    ['a step size of 0', () => new StepLR(optimizer, 0), RangeError],
    ['a fractional length', () => new CosineAnnealingLR(optimizer, 1.5), RangeError],
    ['as many functions as there are no groups', () => new LambdaLR(optimizer, []), RangeError],
    ['a number for a function', () => new LambdaLR(optimizer, 1 as never), TypeError],
    ['a cycle without length', () => new OneCycleLR(optimizer, 0.1), RangeError],
    ['a factor of 1', () => new ReduceLROnPlateau(optimizer, { factor: 1 }), RangeError],
    [
      'an unknown mode',
      () => new ReduceLROnPlateau(optimizer, { mode: 'up' as never }),
      RangeError,
    ],
    [
      'to resume from nothing',
      () => new StepLR(new optim.SGD([leaf([1])]), 1, { lastEpoch: 3 }),
      RangeError,
    ],
    [
      'momentum where there is none',
      () => new OneCycleLR(new optim.Adagrad([leaf([1])]), 0.1, { totalSteps: 5 }),
      RangeError,
    ],
  ])('%s', (_, make, kind) => {
    expect(make).toThrow(kind);
  });

  it('to go past the end of a cycle', () => {
    const scheduler = new OneCycleLR(new optim.SGD([leaf([1])], { momentum: 0.5 }), 0.1, {
      totalSteps: 2,
    });
    scheduler.step();
    scheduler.step();
    expect(() => scheduler.step()).toThrow(
      'OneCycleLR.step: step 3 is past the end of the cycle; totalSteps is 2',
    );
  });
});
