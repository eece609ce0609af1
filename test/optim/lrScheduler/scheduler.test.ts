// What schedules refuse.
import { ones } from '../../../src/ops';
import * as optim from '../../../src/optim';
import type { Tensor } from '../../../src/tensor/tensor';

const leaf = (shape: number[]): Tensor => ones(shape, { requiresGrad: true });

describe('schedules refuse', () => {
  const optimizer = new optim.SGD([leaf([1])]);
  const { StepLR, LambdaLR, CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau } = optim.lrScheduler;
  const { ConstantLR, LinearLR, MultiplicativeLR, CyclicLR } = optim.lrScheduler;
  const { SequentialLR, ChainedScheduler, CosineAnnealingWarmRestarts } = optim.lrScheduler;
  const other = new optim.SGD([leaf([1])]);
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
      TypeError,
      'OneCycleLR: the options must have totalSteps, or epochs and stepsPerEpoch',
    ],
    [
      'a maximum among the options',
      () => new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 10 } as never),
      TypeError,
      'OneCycleLR: maxLr comes before the options, as new OneCycleLR(optimizer, maxLr, { totalSteps }), got an object',
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
    [
      'a constant factor above 1',
      () => new ConstantLR(optimizer, { factor: 1.5 }),
      RangeError,
      'ConstantLR: factor must be a number from 0 to 1, got 1.5',
    ],
    [
      'a line from 0',
      () => new LinearLR(optimizer, { startFactor: 0 }),
      RangeError,
      'LinearLR: startFactor must be a number above 0 and at most 1, got 0',
    ],
    [
      'a line to a negative rate',
      () => new LinearLR(optimizer, { endFactor: -0.1 }),
      RangeError,
      'LinearLR: endFactor must be a number from 0 to 1, got -0.1',
    ],
    [
      'a number for a function that multiplies',
      () => new MultiplicativeLR(optimizer, [2 as never]),
      TypeError,
      'MultiplicativeLR: lrLambda[0] must be a function of the epoch, got 2',
    ],
    [
      'functions for other groups than there are',
      () => new MultiplicativeLR(optimizer, [() => 1, () => 1]),
      RangeError,
      'MultiplicativeLR: lrLambda must be one function, or one for each of the 1 parameter groups, got 2',
    ],
    [
      'a period of 0',
      () => new CosineAnnealingWarmRestarts(optimizer, 0),
      RangeError,
      'CosineAnnealingWarmRestarts: T0 must be an integer of at least 1, got 0',
    ],
    [
      'periods that are no longer',
      () => new CosineAnnealingWarmRestarts(optimizer, 4, { TMult: 0.5 }),
      RangeError,
      'CosineAnnealingWarmRestarts: TMult must be an integer of at least 1, got 0.5',
    ],
    [
      'a negative epoch',
      () => new CosineAnnealingWarmRestarts(optimizer, 4).step(-1),
      RangeError,
      'CosineAnnealingWarmRestarts.step: epoch must be a finite number of at least 0, got -1',
    ],
    [
      'lowest rates for other groups than there are',
      () => new CyclicLR(optimizer, [0.1, 0.2], 0.3),
      RangeError,
      'CyclicLR: baseLr must be one number, or one for each of the 1 parameter groups, got 2',
    ],
    [
      'an unknown cycle',
      () => new CyclicLR(optimizer, 0.1, 0.2, { mode: 'square' as never }),
      RangeError,
      "CyclicLR: mode must be 'triangular', 'triangular2' or 'exp_range', got 'square'",
    ],
    [
      'a cycle of momentum where there is none',
      () => new CyclicLR(new optim.Adagrad([leaf([1])]), 0.1, 0.2),
      RangeError,
      'CyclicLR: the optimizer has neither momentum nor betas; pass { cycleMomentum: false }',
    ],
    [
      'a sequence of none',
      () => new SequentialLR(optimizer, [], []),
      RangeError,
      'SequentialLR: schedulers must have at least one',
    ],
    [
      'a sequence with a plateau',
      () => new SequentialLR(optimizer, [new ReduceLROnPlateau(optimizer) as never], []),
      TypeError,
      "SequentialLR: schedulers[0] must not be a ReduceLROnPlateau, whose step needs a metric; call its step(metrics) beside this one's",
    ],
    [
      'a sequence of what is no scheduler',
      () => new SequentialLR(optimizer, [optimizer as never], []),
      TypeError,
      'SequentialLR: schedulers[0] must be a scheduler of a fixed schedule, got a SGD',
    ],
    [
      'a sequence of another optimizer',
      () => new SequentialLR(optimizer, [new StepLR(optimizer, 1), new StepLR(other, 1)], [1]),
      RangeError,
      'SequentialLR: schedulers[1] (StepLR) is of another optimizer than the one given',
    ],
    [
      'as many milestones as schedulers',
      () => new SequentialLR(optimizer, [new StepLR(optimizer, 1)], [1]),
      RangeError,
      'SequentialLR: milestones must have one epoch fewer than there are schedulers, which are 1, got 1',
    ],
    [
      'a chain that begins at a milestone',
      () =>
        new SequentialLR(
          optimizer,
          [new StepLR(optimizer, 1), new ChainedScheduler([new StepLR(optimizer, 2)])],
          [1],
        ),
      RangeError,
      'SequentialLR: schedulers[1] must not be a ChainedScheduler, which cannot begin at a milestone; put its schedulers here, with their milestones',
    ],
    [
      'a chain of none',
      () => new ChainedScheduler([]),
      RangeError,
      'ChainedScheduler: schedulers must have at least one',
    ],
    [
      'a chain of two optimizers',
      () => new ChainedScheduler([new StepLR(optimizer, 1), new StepLR(other, 1)]),
      RangeError,
      'ChainedScheduler: schedulers[1] (StepLR) is of another optimizer than schedulers[0]',
    ],
    [
      'a chain of another optimizer',
      () => new ChainedScheduler([new StepLR(other, 1)], { optimizer }),
      RangeError,
      'ChainedScheduler: schedulers[0] (StepLR) is of another optimizer than the one given',
    ],
  ])('%s', (_, make, kind, message) => {
    expect(make).toThrow(new kind(message));
  });

  it('to take back a factor of 0', () => {
    const scheduler = new ConstantLR(optimizer, { factor: 0, totalIters: 1 });
    expect(() => scheduler.step()).toThrow(
      'ConstantLR.step: a factor of 0 cannot be taken back from the rate; use SequentialLR to begin with a rate of 0',
    );
  });

  it('to load another number of schedulers', () => {
    const two = new ChainedScheduler([new StepLR(other, 1), new StepLR(other, 2)]);
    const one = new ChainedScheduler([new StepLR(other, 1)]);
    expect(() => one.loadStateDict(two.stateDict())).toThrow(
      new RangeError('ChainedScheduler.loadStateDict: state._schedulers must hold 1 states, got 2'),
    );
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
