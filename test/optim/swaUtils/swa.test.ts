// Averaged models, updateBn and SWALR against PyTorch 2.13 (test/fixtures/swa.py), and what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from 'ostinato';
import { compile, nn, ones, optim, randn, tensor, zeros } from 'ostinato';
import { relativeError } from '../../support';

const { swaUtils } = optim;
type State = Record<string, number[]>;
interface Fixture {
  averaged: {
    function: string;
    dtype: 'float32' | 'float64';
    useBuffers: boolean;
    states: State[];
  }[];
  batchNorm: { dtype: 'float32' | 'float64'; state: State; momentum: number }[];
  between: number[][];
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/swa.json'), 'utf8'),
) as Fixture;
const tolerance = { float32: 1e-5, float64: 1e-9 };

function values(shape: readonly number[], seed: number, dtype: 'float32' | 'float64'): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  const list = Float64Array.from({ length: n }, (_, i) => (((i * 7 + seed * 5) % 23) - 11) / 8);
  return tensor(list, { dtype }).reshape(shape);
}

const model = (dtype: 'float32' | 'float64' = 'float32'): nn.Sequential =>
  new nn.Sequential(
    ...[new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Tanh(), new nn.Linear(4, 2)],
  ).to(dtype);

function train(net: nn.Module, t: number, dtype: 'float32' | 'float64'): void {
  for (const [k, p] of net.parameters().entries())
    p.detach().copy_(values(p.shape, t + 3 * k, dtype));
  net.forward(values([5, 3], t + 1, dtype));
}

function expectState(module: nn.Module, want: State, within: number): void {
  const state = module.stateDict();
  expect([...state.keys()]).toEqual(Object.keys(want));
  for (const [name, x] of state) {
    const error = relativeError(x.toTypedArray(), want[name]);
    expect(error <= within ? '' : `${name}: ${error}`).toBe('');
  }
}

const functions: Readonly<Record<string, optim.swaUtils.AveragedModelOptions>> = {
  '': {},
  ema: { avgFn: swaUtils.getEmaAvgFn(0.9) },
  emaMulti: { multiAvgFn: swaUtils.getEmaMultiAvgFn(0.75) },
  swa: { avgFn: swaUtils.getSwaAvgFn() },
  swaMulti: { multiAvgFn: swaUtils.getSwaMultiAvgFn() },
  emaDefault: { multiAvgFn: swaUtils.getEmaMultiAvgFn() },
};

describe('AveragedModel', () => {
  it.each(fixture.averaged)('$function $dtype useBuffers $useBuffers', (run) => {
    const net = model(run.dtype);
    const options = functions[run.function];
    const averaged = new swaUtils.AveragedModel(net, { ...options, useBuffers: run.useBuffers });
    for (const [t, state] of run.states.entries()) {
      train(net, t, run.dtype);
      averaged.updateParameters(net);
      expectState(averaged, state, tolerance[run.dtype]);
    }
    expect(averaged.parameters().every((p) => p.isLeaf && p.requiresGrad)).toBe(true);
    // A state dict continues with the same bits.
    const other = new swaUtils.AveragedModel(net, { ...options, useBuffers: run.useBuffers });
    other.loadStateDict(averaged.stateDict());
    train(net, 5, run.dtype);
    for (const each of [averaged, other]) each.updateParameters(net);
    for (const [name, x] of other.stateDict()) {
      expect(x.toArray()).toEqual(averaged.stateDict().get(name)!.toArray());
    }
  });

  it('computes what the averaged module computes, in the types of its forward', () => {
    const averaged = new swaUtils.AveragedModel(new nn.Linear(3, 2));
    const out: Tensor = averaged.forward(randn([4, 3]));
    expect(out.shape).toEqual([4, 2]);
  });

  it('leaves the model alone, and shares no memory with it', () => {
    const net = new nn.Linear(2, 1);
    const averaged = new swaUtils.AveragedModel(net);
    averaged.updateParameters(net);
    const before = averaged.stateDict().get('module.weight')!.toArray();
    net.weight.detach().fill_(7);
    expect(averaged.stateDict().get('module.weight')!.toArray()).toEqual(before);
    expect(net.weight.toArray()).toEqual([[7, 7]]);
  });

  it('gives functions of the user what is there, without a graph', () => {
    const net = new nn.Linear(2, 1);
    const seen: unknown[] = [];
    const averaged = new swaUtils.AveragedModel(net, {
      avgFn(x, y, n) {
        seen.push([n, x.requiresGrad, y.requiresGrad]);
        return y.mul(0).add(3);
      },
    });
    averaged.updateParameters(net);
    expect(seen).toEqual([]);
    averaged.updateParameters(net);
    expect(seen).toEqual([[1, false, false], [1, false, false]]); // prettier-ignore
    expect(averaged.module.weight.toArray()).toEqual([[3, 3]]);
  });

  const linear = (): nn.Linear => new nn.Linear(2, 1);
  const updated = (
    options: optim.swaUtils.AveragedModelOptions = {},
  ): optim.swaUtils.AveragedModel<nn.Linear> => {
    const averaged = new swaUtils.AveragedModel(linear(), options);
    averaged.updateParameters(linear());
    return averaged;
  };
  const both = { avgFn: swaUtils.getSwaAvgFn(), multiAvgFn: swaUtils.getSwaMultiAvgFn() };
  it.each<[string, () => unknown, Error]>([
    [
      'no module',
      (): unknown => new swaUtils.AveragedModel(3 as never),
      new TypeError('AveragedModel: model must be a Module, got 3'),
    ],
    [
      'both functions',
      (): unknown => new swaUtils.AveragedModel(linear(), both),
      new RangeError('AveragedModel: got both avgFn and multiAvgFn; pass one of them'),
    ],
    [
      'another number of parameters',
      () => updated().updateParameters(new nn.Linear(2, 1, { bias: false })),
      new RangeError(
        'AveragedModel.updateParameters: model must have 2 parameters, as the averaged model has, got 1',
      ),
    ],
    [
      'other shapes',
      () => updated().updateParameters(new nn.Linear(3, 1)),
      new RangeError(
        'AveragedModel.updateParameters: parameter 0 of model must have shape [1, 2], got [1, 3]',
      ),
    ],
    [
      'other buffers',
      () =>
        new swaUtils.AveragedModel(new nn.BatchNorm1d(2)).updateParameters(
          new nn.BatchNorm1d(2, { trackRunningStats: false }),
        ),
      new RangeError(
        'AveragedModel.updateParameters: model must have 3 buffers, as the averaged model has, got 0',
      ),
    ],
    [
      'a result that is no tensor',
      () => updated({ avgFn: () => 3 as never }).updateParameters(linear()),
      new TypeError('AveragedModel.updateParameters: the result of avgFn must be a Tensor, got 3'),
    ],
    [
      'inside compile',
      () => {
        const averaged = updated();
        return compile((x: Tensor) => {
          averaged.updateParameters(linear());
          return x.mul(2);
        })(ones([2]));
      },
      new Error(
        'compile: AveragedModel.updateParameters cannot be traced: it changes parameters; call it outside',
      ),
    ],
    [
      'a decay above 1',
      (): unknown => swaUtils.getEmaAvgFn(1.5),
      new RangeError('getEmaAvgFn: decay must be a number from 0 to 1, got 1.5'),
    ],
    [
      'a decay below 0',
      (): unknown => swaUtils.getEmaMultiAvgFn(-0.1),
      new RangeError('getEmaMultiAvgFn: decay must be a number from 0 to 1, got -0.1'),
    ],
    [
      'lists of other lengths',
      (): unknown => swaUtils.getEmaMultiAvgFn()([ones([1])], [], 1),
      new RangeError(
        'getEmaMultiAvgFn: averaged and current must have as many tensors, got 1 and 0',
      ),
    ],
    [
      'a function given no tensor',
      (): unknown => swaUtils.getSwaAvgFn()(1 as never, ones([1]), 1),
      new TypeError('getSwaAvgFn: averaged must be a Tensor, got 1'),
    ],
    [
      'an unknown strategy',
      (): unknown => new swaUtils.SWALR(sgd(), 0.1, { annealStrategy: 'line' as never }),
      new RangeError("SWALR: annealStrategy must be 'cos' or 'linear', got 'line'"),
    ],
    [
      'negative epochs',
      (): unknown => new swaUtils.SWALR(sgd(), 0.1, { annealEpochs: -1 }),
      new RangeError('SWALR: annealEpochs must be an integer of at least 0, got -1'),
    ],
    [
      'rates of more groups than there are',
      (): unknown => new swaUtils.SWALR(sgd(), [0.1, 0.2]),
      new RangeError(
        'SWALR: swaLr must be one number, or one for each of the 1 parameter groups, got 2',
      ),
    ],
    [
      'a loader that is none',
      () => swaUtils.updateBn(3 as never, linear()),
      new TypeError('updateBn: loader must be an iterable of batches, got 3'),
    ],
  ])('refuses %s', (_, call, error) => {
    expect(call).toThrow(error);
  });
});

const sgd = (): optim.SGD => new optim.SGD([new nn.Parameter(zeros([1]))], { lr: 0.1 });

describe('updateBn', () => {
  it.each(fixture.batchNorm)('$dtype', ({ dtype, state, momentum }) => {
    const net = model(dtype);
    train(net, 2, dtype);
    const averaged = new swaUtils.AveragedModel(net);
    averaged.updateParameters(net);
    averaged.eval();
    const batches = [
      values([5, 3], 4, dtype),
      [values([4, 3], 6, dtype), 'ignored'],
      values([6, 3], 9, dtype),
    ];
    swaUtils.updateBn(batches, averaged);
    expectState(averaged, state, tolerance[dtype]);
    expect((averaged.module as unknown as nn.BatchNorm1d[])[1]?.momentum ?? momentum).toBe(
      momentum,
    );
    expect(averaged.modules().every((each) => !each.training)).toBe(true);
  });

  it('gives momentum and mode back when the model throws', () => {
    const layer = new nn.BatchNorm1d(2);
    layer.eval();
    expect(() => swaUtils.updateBn([ones([3, 5])], layer)).toThrow(/^batchNorm: .*$/);
    expect([layer.momentum, layer.training]).toEqual([0.1, false]);
  });

  it('leaves a model without statistics alone, and its loader unread', () => {
    const unread = {
      [Symbol.iterator]: (): Iterator<Tensor> => {
        throw new Error('read');
      },
    };
    swaUtils.updateBn(unread, new nn.Linear(2, 1));
  });
});

describe('SWALR', () => {
  it('follows another schedule as in PyTorch', () => {
    const optimizer = sgd();
    const swa = new swaUtils.SWALR(optimizer, 0.05, { annealEpochs: 6 });
    const other = new optim.lrScheduler.ExponentialLR(optimizer, 0.9);
    optimizer.step();
    const found = Array.from({ length: 30 }, (_, t) => {
      (t < 9 ? other : swa).step();
      return optimizer.paramGroups[0].lr;
    });
    expect(relativeError(found, fixture.between[0])).toBeLessThanOrEqual(1e-12);
  });
});
