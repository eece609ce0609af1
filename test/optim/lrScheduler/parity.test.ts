// Schedules against PyTorch 2.13 (test/fixtures/optim.py, schedules.py, swa.py), and what they continue from.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as optim from '../../../src/optim';
import { fixture, startingParameters, type Fixture } from '../fixture';
import { relativeError } from '../../support';

type Schedule = optim.lrScheduler.LRScheduler | optim.lrScheduler.ReduceLROnPlateau;
type Run = Fixture['schedules'][number];
const { SWALR } = optim.swaUtils;
const schedules = { ...optim.lrScheduler, SWALR } as unknown as Record<
  string,
  new (...args: unknown[]) => Schedule
>;
const saved = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, '../../fixtures', name), 'utf8'));
const runs: readonly Run[] = [
  ...fixture.schedules,
  ...(saved('schedules.json') as Run[]),
  ...(saved('swa.json') as { rates: Run[] }).rates,
];

const twoGroups = (): optim.SGD => {
  const [a, b] = startingParameters('float32');
  const groups = [
    { params: [a], lr: 0.1 },
    { params: [b], lr: 0.02 },
  ];
  return new optim.SGD(groups, { lr: 0.1, momentum: 0.9 });
};

const functions: Readonly<Record<string, (t: number) => number>> = {
  halving: (t) => 0.5 ** t,
  slower: (t) => 1 / (1 + t),
  steady: () => 0.9,
};

/** An argument of the fixture: schedules and functions are objects that name them. */
function decode(optimizer: optim.Optimizer, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => decode(optimizer, each));
  if (typeof value !== 'object' || value === null) return value;
  if ('schedule' in value) return build(optimizer, value as unknown as Run);
  if ('function' in value) return functions[value.function as string];
  return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, decode(optimizer, x)]));
}

function build(
  optimizer: optim.Optimizer,
  { schedule, args }: Pick<Run, 'schedule' | 'args'>,
): Schedule {
  const given = args.map((each) => decode(optimizer, each));
  return new schedules[schedule](...(schedule === 'ChainedScheduler' ? [] : [optimizer]), ...given);
}

const metricOf = ({ metrics }: Run, t: number): [number] =>
  (metrics === null ? [] : [metrics[t]]) as unknown as [number];
const titled = runs.map(
  (run) => [`${run.schedule}(${JSON.stringify(run.args).slice(1, -1)})`, run] as const,
);

it('has a run of every schedule', () => {
  const names = Object.keys(schedules).filter((name) => name !== 'LRScheduler');
  expect(names.filter((name) => !runs.some(({ schedule }) => schedule === name))).toEqual([]);
});

describe('rates as PyTorch sets them', () => {
  it.each(titled)('%s', (_, run) => {
    const { rates, momenta } = run;
    const optimizer = twoGroups();
    const scheduler = build(optimizer, run);
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
      scheduler.step(...metricOf(run, t - 1));
      check(t);
    }
  });
});

describe('a state dict, through JSON, continues with the same bits', () => {
  it.each(titled)('%s', (_, run) => {
    for (const done of [0, 3, 11]) {
      const [one, other] = [twoGroups(), twoGroups()];
      const first = build(one, run);
      one.step();
      for (let t = 0; t < done; t++) first.step(...metricOf(run, t));
      const second = build(other, run);
      other.step();
      second.loadStateDict(
        JSON.parse(JSON.stringify(first.stateDict())) as optim.lrScheduler.SchedulerState,
      );
      other.loadStateDict(one.stateDict());
      expect(second.lastEpoch).toBe(first.lastEpoch);
      for (let t = done; t < done + 12; t++) {
        first.step(...metricOf(run, t));
        second.step(...metricOf(run, t));
        expect(second.getLastLr()).toEqual(first.getLastLr());
        expect(other.paramGroups.map(({ lr }) => lr)).toEqual(one.paramGroups.map(({ lr }) => lr));
      }
      expect(second.stateDict()).toEqual(first.stateDict());
    }
  });

  it.each(titled.map(([title, run]) => [title, run] as const))('%s refuses another', (_, run) => {
    const scheduler = build(twoGroups(), run);
    const state = scheduler.stateDict();
    for (const key of Object.keys(state)) {
      const spoiled: Record<string, unknown> = { ...state, [key]: 'text' };
      expect(() => scheduler.loadStateDict(spoiled as never)).toThrow(
        new RegExp(`^\\w+\\.loadStateDict: state\\.${key} must be .+, got 'text'$`),
      );
    }
  });
});

describe('CosineAnnealingWarmRestarts.step(epoch)', () => {
  // optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
  // s = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 4, T_mult=2, eta_min=0.01)
  // for e in (0.5, 3.75, 4, 11.9, 12, 2): s.step(e); print(s.get_last_lr()[0], s.T_i, s.T_cur, s.last_epoch)
  it.each([
    [0.5, [0.0965745789630079, 4, 0.5, 0]],
    [3.75, [0.01086466238185463, 4, 3.75, 3]],
    [4, [0.1, 8, 0.0, 4]],
    [11.9, [0.01003469336916747, 8, 7.9, 11]],
    [12, [0.1, 16, 0.0, 12]],
    [2, [0.05500000000000001, 4, 2, 2]],
  ])('%p', (epoch, [rate, length, since, last]) => {
    const optimizer = new optim.SGD([startingParameters('float32')[0]], { lr: 0.1 });
    const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 4, {
      TMult: 2,
      etaMin: 0.01,
    });
    scheduler.step(1);
    scheduler.step(epoch);
    expect(relativeError(scheduler.getLastLr(), [rate])).toBeLessThanOrEqual(1e-12);
    expect([scheduler.TI, scheduler.TCur, scheduler.lastEpoch]).toEqual([length, since, last]);
  });
});
