// What schedules refuse.
import { ones } from '../../../src/ops';
import * as optim from '../../../src/optim';
import type { Tensor } from '../../../src/tensor/tensor';

const leaf = (shape: number[]): Tensor => ones(shape, { requiresGrad: true });

describe('schedules refuse', () => {
  const optimizer = new optim.SGD([leaf([1])]);
  const { StepLR, LambdaLR, CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau } = optim.lrScheduler;
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    [
      'what is no optimizer',
      () => new StepLR({} as never, 1),
      TypeError,
      'StepLR: optimizer must be an optimizer, got an object',
    ],
    [
      'a step size of 0',
      () => new StepLR(optimizer, 0),
      RangeError,
      'StepLR: stepSize must be an integer of at least 1, got 0',
    ],
    [
      'a fractional length',
      () => new CosineAnnealingLR(optimizer, 1.5),
      RangeError,
      'CosineAnnealingLR: TMax must be an integer of at least 1, got 1.5',
    ],
    [
      'as many functions as there are no groups',
      () => new LambdaLR(optimizer, []),
      RangeError,
      'LambdaLR: lrLambda must be one function, or one for each of the 1 parameter groups, got 0',
    ],
    [
      'minimum learning rates for other groups than there are',
      () => new ReduceLROnPlateau(optimizer, { minLr: [0, 0] }),
      RangeError,
      'ReduceLROnPlateau: minLr must be one number, or one for each of the 1 parameter groups, got 2',
    ],
    [
      'maximum learning rates for other groups than there are',
      () => new OneCycleLR(optimizer, [0.1, 0.2], { totalSteps: 5 }),
      RangeError,
      'OneCycleLR: maxLr must be one number, or one for each of the 1 parameter groups, got 2',
    ],
    [
      'a number for a function',
      () => new LambdaLR(optimizer, 1 as never),
      TypeError,
      'LambdaLR: lrLambda must be a function of the epoch, or an array of them, got 1',
    ],
    [
      'a cycle without length',
      () => new OneCycleLR(optimizer, 0.1),
      RangeError,
      'OneCycleLR: totalSteps (or epochs times stepsPerEpoch) must be an integer of at least 1, got NaN',
    ],
    [
      'a factor of 1',
      () => new ReduceLROnPlateau(optimizer, { factor: 1 }),
      RangeError,
      'ReduceLROnPlateau: factor must be a number from 0 to below 1, got 1',
    ],
    [
      'an unknown mode',
      () => new ReduceLROnPlateau(optimizer, { mode: 'up' as never }),
      RangeError,
      "ReduceLROnPlateau: mode must be 'min' or 'max', got 'up'",
    ],
    [
      'to resume from nothing',
      () => new StepLR(new optim.SGD([leaf([1])]), 1, { lastEpoch: 3 }),
      RangeError,
      "StepLR: group 0 has no initialLr to resume from; load the optimizer's state dict first",
    ],
    [
      'momentum where there is none',
      () => new OneCycleLR(new optim.Adagrad([leaf([1])]), 0.1, { totalSteps: 5 }),
      RangeError,
      'OneCycleLR: the optimizer has neither momentum nor betas; pass { cycleMomentum: false }',
    ],
  ])('%s', (_, make, kind, message) => {
    expect(make).toThrow(new kind(message));
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
