// Schedules against PyTorch 2.13 (test/fixtures/optim.py).
import * as optim from '../../../src/optim';
import { fixture, startingParameters } from '../fixture';
import { relativeError } from '../../support';

type Schedule = optim.lrScheduler.LRScheduler | optim.lrScheduler.ReduceLROnPlateau;
type ScheduleConstructor = new (optimizer: optim.Optimizer, ...args: unknown[]) => Schedule;
const schedules = optim.lrScheduler as unknown as Record<string, ScheduleConstructor>;

const twoGroups = (): optim.SGD => {
  const [a, b] = startingParameters('float32');
  const groups = [
    { params: [a], lr: 0.1 },
    { params: [b], lr: 0.02 },
  ];
  return new optim.SGD(groups, { lr: 0.1, momentum: 0.9 });
};

describe('schedules', () => {
  it.each(
    fixture.schedules.map(
      (one) => [`${one.schedule}(${JSON.stringify(one.args).slice(1, -1)})`, one] as const,
    ),
  )('%s', (_, { schedule, args, rates, momenta, metrics }) => {
    const optimizer = twoGroups();
    const scheduler = new schedules[schedule](optimizer, ...args);
    optimizer.step();
    const check = (t: number): void => {
      const lr = optimizer.paramGroups.map((group) => group.lr);
      expect(relativeError(lr, rates[t])).toBeLessThanOrEqual(1e-12);
      expect(relativeError([optimizer.paramGroups[0].momentum], [momenta[t]])).toBeLessThanOrEqual(
        1e-12,
      );
      expect(scheduler.getLastLr()).toEqual(lr);
    };
    check(0);
    for (let t = 1; t < rates.length; t++) {
      scheduler.step(...((metrics === null ? [] : [metrics[t - 1]]) as [number]));
      check(t);
    }
  });

  it('LambdaLR multiplies the initial rates', () => {
    const optimizer = twoGroups();
    const both = [(epoch: number) => 0.5 ** epoch, (epoch: number) => 1 / (1 + epoch)];
    const scheduler = new optim.lrScheduler.LambdaLR(optimizer, both);
    optimizer.step();
    scheduler.step();
    scheduler.step();
    expect(relativeError(scheduler.getLastLr(), [0.025, 0.02 / 3])).toBeLessThanOrEqual(1e-15);
  });

  it.each(['StepLR', 'ReduceLROnPlateau'])('%s continues from its state dict', (name) => {
    const optimizers_ = [twoGroups(), twoGroups()];
    const args = name === 'StepLR' ? [2] : [{ patience: 0 }];
    const metrics = (name === 'StepLR' ? [] : [1]) as [number];
    const [first, second] = optimizers_.map((one) => new schedules[name](one, ...args));
    optimizers_[0].step();
    for (let t = 0; t < 3; t++) first.step(...metrics);
    second.loadStateDict(first.stateDict());
    optimizers_[1].loadStateDict(optimizers_[0].stateDict());
    for (let t = 0; t < 4; t++) {
      first.step(...metrics);
      second.step(...metrics);
      expect(second.getLastLr()).toEqual(first.getLastLr());
    }
    expect(() => second.loadStateDict({})).toThrow(
      new TypeError(
        `${name}.loadStateDict: state.last_epoch must be a finite number, got undefined`,
      ),
    );
  });
});
