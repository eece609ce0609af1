// What all optimizers share: groups, gradients, state dicts, errors.
import { isGradEnabled } from '../../src/autograd';
import { cat, full, ones, tensor, zeros } from '../../src/ops';
import { Parameter } from '../../src/nn';
import * as optim from '../../src/optim';
import type { OptimizerStateDict } from '../../src/optim';
import { setAccumulated, type Tensor } from '../../src/tensor/tensor';
import { setGradients, startingParameters } from './fixture';

const leaf = (shape: number[]): Tensor => ones(shape, { requiresGrad: true });
const values = (params: readonly Tensor[]): unknown[] => params.map((p) => p.toArray());

// w = torch.zeros(1), gradients 1e8 and 1 with lr=0.1: -0.1, -0.2
describe('a mean that keeps less than half', () => {
  it.each(['Adam', 'AdamW'] as const)('%s forgets a large gradient', (name) => {
    const w = zeros([1], { requiresGrad: true });
    const optimizer = new optim[name]([w], { lr: 0.1, betas: [0, 0], weightDecay: 0 });
    for (const [gradient, expected] of [
      [1e8, -0.1],
      [1, -0.2],
    ]) {
      w.grad = full([1], gradient);
      optimizer.step();
      expect(w.item()).toBeCloseTo(expected, 6);
    }
  });
});

// torch: "more than one element of the written-to tensor refers to a single memory location"
describe('a parameter whose elements share memory', () => {
  const names = ['SGD', 'Adam', 'AdamW', 'Adagrad', 'RMSprop', 'Adamax', 'NAdam', 'RAdam', 'Adadelta', 'ASGD', 'Rprop', 'LBFGS'] as const; // prettier-ignore
  it.each(names)('%s refuses it', (name) => {
    const w = new Parameter(tensor([1]).expand([3]));
    expect(() => new optim[name]([w])).toThrow(
      new RangeError(
        `${name}: several elements of parameter 0 (shape [3]) refer to one memory location, where an update has one value; optimize a clone()`,
      ),
    );
    expect(w.toArray()).toEqual([1, 1, 1]);
  });
});

describe('groups', () => {
  it('have options of their own, and the defaults for the rest', () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new optim.SGD([{ params: a, lr: 0.5 }, { params: [b] }], { momentum: 0.9 });
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.5, 0.9],
      [1e-3, 0.9],
    ]);
    optimizer.addParamGroup({ params: leaf([2]), weightDecay: 1 });
    expect(optimizer.paramGroups[2].weightDecay).toBe(1);
    a.grad = ones([1]);
    b.grad = ones([1]);
    optimizer.paramGroups[1].lr = 0.25;
    optimizer.step();
    expect([a.item(), b.item()]).toEqual([0.5, 0.75]);
  });

  it('zeroGrad forgets, or fills with zeros', () => {
    const param = leaf([2]);
    const optimizer = new optim.Adam([param]);
    param.grad = ones([2]);
    const { grad } = param;
    optimizer.zeroGrad({ setToNone: false });
    expect(param.grad).toBe(grad);
    expect(grad.toArray()).toEqual([0, 0]);
    optimizer.zeroGrad();
    expect(param.grad).toBeNull();
  });

  it('print', () => {
    expect(String(new optim.SGD([leaf([1])], { lr: 0.1 }))).toBe(
      'SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: false\n    momentum: 0\n    nesterov: false\n    weightDecay: 0\n)',
    );
  });
});

describe('step', () => {
  it('leaves parameters without gradients alone, and an optimizer without any work', () => {
    const param = leaf([2]);
    const optimizer = new optim.Adam([param]);
    optimizer.step();
    expect(param.toArray()).toEqual([1, 1]);
    expect(optimizer.state.size).toBe(0);
  });

  it('calls a closure with recording on and returns its result', () => {
    const param = leaf([]);
    const optimizer = new optim.SGD([param], { lr: 0.5 });
    const loss = optimizer.step(() => {
      optimizer.zeroGrad();
      const own = param.mul(param);
      own.backward();
      return isGradEnabled() ? own : null;
    });
    expect(loss!.item()).toBe(1);
    expect(param.item()).toBe(0);
  });

  it('updates mixed types, transposed parameters and transposed gradients', () => {
    const values_ = [[1, 2, 3], [4, 5, 6]]; // prettier-ignore
    const plain = [tensor(values_), tensor(values_, { dtype: 'float64' })];
    const turned = plain.map((x) => x.t());
    const params = [...plain.map((x) => x.clone()), ...turned];
    for (const param of params) param.requiresGrad = true;
    const gradient = tensor([[1, 0, 2], [0, 3, 1]]); // prettier-ignore
    params[0].grad = gradient;
    params[1].grad = tensor(gradient.toArray(), { dtype: 'float64' });
    params[2].grad = gradient.t();
    params[3].grad = params[1].grad.t().clone();
    const optimizer = new optim.Adam(params, { lr: 0.1 });
    optimizer.step();
    optimizer.step();
    expect(params[2].t().toArray()).toEqual(params[0].toArray());
    expect(params[3].t().toArray()).toEqual(params[1].toArray());
    expect(Math.fround(params[1].at(0, 0).item())).toBeCloseTo(params[0].at(0, 0).item(), 6);
  });

  it('raises the version of what it changes', () => {
    const param = leaf([3]);
    const out = param.mul(param).sum();
    param.grad = ones([3]);
    new optim.SGD([param]).step();
    expect(() => out.backward()).toThrow(
      'backward: a tensor of shape [3] that mul needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before mul',
    );
  });

  it('takes parameters without elements', () => {
    const param = leaf([0, 3]);
    param.grad = zeros([0, 3]);
    new optim.Adam([param]).step();
    expect(param.shape).toEqual([0, 3]);
  });

  it('refuses a gradient of another shape or type before anything changes', () => {
    const [a, b] = [leaf([2]), leaf([2])];
    const optimizer = new optim.SGD([a, b], { lr: 1 });
    a.grad = ones([2]);
    setAccumulated(b, ones([3]));
    expect(() => optimizer.step()).toThrow(
      /SGD\.step: a parameter of shape \[2\] has a gradient of shape \[3\]/,
    );
    setAccumulated(b, ones([2], { dtype: 'float64' }));
    expect(() => optimizer.step()).toThrow(
      new TypeError(
        'SGD.step: a float32 parameter has a float64 gradient; zeroGrad() and compute it again',
      ),
    );
    expect(values([a, b])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });
});

describe('construction refuses', () => {
  const param = leaf([1]);
  it.each<[string, () => unknown, new (message: string) => Error, string]>([
    ['no parameters', () => new optim.SGD([]), RangeError, 'SGD: got an empty list of parameters'],
    [
      'a number',
      () => new optim.SGD(3 as never),
      TypeError,
      'SGD: params must be parameters (model.parameters()) or groups [{ params, … }], got 3',
    ],
    [
      'an array of numbers',
      () => new optim.SGD([3 as never]),
      TypeError,
      'SGD: parameter 0 must be a Tensor, got 3',
    ],
    [
      'integers',
      () => new optim.SGD([tensor([1], { dtype: 'int32' })]),
      TypeError,
      'SGD: parameter 0 is int32; only floats are learned',
    ],
    [
      'what an operation made',
      () => new optim.SGD([param.mul(2)]),
      Error,
      'SGD: parameter 0 was made by an operation; optimize the leaf that it was made of',
    ],
    [
      'a parameter twice',
      () => new optim.SGD([param, param]),
      RangeError,
      'SGD: parameter 1 of the group (shape [1]) is there already; each parameter belongs to one group, once',
    ],
    [
      'a parameter in two groups',
      () => new optim.SGD([{ params: [param] }, { params: [param] }]),
      RangeError,
      'SGD: parameter 0 of the group (shape [1]) is there already; each parameter belongs to one group, once',
    ],
    [
      'a negative rate',
      () => new optim.Adam([param], { lr: -1 }),
      RangeError,
      'Adam: lr must be a finite number of at least 0, got -1',
    ],
    [
      'NaN',
      () => new optim.Adam([param], { eps: NaN }),
      RangeError,
      'Adam: eps must be a finite number of at least 0, got NaN',
    ],
    [
      'text',
      () => new optim.Adam([param], { lr: '1' as never }),
      TypeError,
      "Adam: lr must be a finite number of at least 0, got '1'",
    ],
    [
      'a beta of 1',
      () => new optim.Adam([param], { betas: [0.9, 1] }),
      RangeError,
      'Adam: betas[1] must be a number from 0 to below 1, got 1',
    ],
    [
      'one beta',
      () => new optim.Adam([param], { betas: [0.9] as never }),
      RangeError,
      'Adam: betas must be two numbers [β1, β2], got [0.9]',
    ],
    [
      'a rho above 1',
      () => new optim.Adadelta([param], { rho: 1.1 }),
      RangeError,
      'Adadelta: rho must be a number from 0 to 1, got 1.1',
    ],
    [
      'a momentum decay below 0',
      () => new optim.NAdam([param], { momentumDecay: -0.2 }),
      RangeError,
      'NAdam: momentumDecay must be a finite number of at least 0, got -0.2',
    ],
    [
      'a first beta of 1',
      () => new optim.RAdam([param], { betas: [1, 0] }),
      RangeError,
      'RAdam: betas[0] must be a number from 0 to below 1, got 1',
    ],
    [
      'a second beta of 1',
      () => new optim.Adamax([param], { betas: [0, 1] }),
      RangeError,
      'Adamax: betas[1] must be a number from 0 to below 1, got 1',
    ],
    [
      'a negative weight decay',
      () => new optim.ASGD([param], { weightDecay: -0.5 }),
      RangeError,
      'ASGD: weightDecay must be a finite number of at least 0, got -0.5',
    ],
    [
      'factors on one side of 1',
      () => new optim.Rprop([param], { etas: [1.0, 0.5] }),
      RangeError,
      'Rprop: etas must be a number between 0 and 1 and one above 1, got [1, 0.5]',
    ],
    [
      'nesterov alone',
      () => new optim.SGD([param], { nesterov: true }),
      RangeError,
      'SGD: nesterov needs momentum above 0 and dampening 0, got momentum 0 and dampening 0',
    ],
    [
      'a bad option of a group',
      () => new optim.SGD([{ params: [param], lr: -2 }]),
      RangeError,
      'SGD: lr must be a finite number of at least 0, got -2',
    ],
  ])('%s', (_, make, kind, message) => {
    expect(make).toThrow(new kind(message));
  });
});

const makers: Record<string, (params: Tensor[]) => optim.Optimizer> = {
  SGD: (params) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 }),
  Adam: (params) => new optim.Adam(params, { amsgrad: true }),
  RMSprop: (params) => new optim.RMSprop(params, { centered: true, momentum: 0.5 }),
  Adagrad: (params) => new optim.Adagrad(params),
  AdamW: (params) => new optim.AdamW(params, { lr: tensor(0.02) }),
  NAdam: (params) => new optim.NAdam(params, { lr: 0.02 }),
  RAdam: (params) => new optim.RAdam(params, { betas: [0.8, 0.9] }),
  Adamax: (params) => new optim.Adamax(params),
  Adadelta: (params) => new optim.Adadelta(params),
  ASGD: (params) => new optim.ASGD(params, { t0: 3 }),
  Rprop: (params) => new optim.Rprop(params),
};

describe('state dicts', () => {
  it('are there of every optimizer', () => {
    const names = Object.entries(optim).filter(([, value]) => typeof value === 'function');
    const without = ['Optimizer', 'LBFGS', ...Object.keys(makers)];
    expect(names.map(([name]) => name).filter((name) => !without.includes(name))).toEqual([]);
  });

  it.each(Object.keys(makers))('%s continues as if nothing had happened', (name) => {
    const [one, two] = [startingParameters('float32'), startingParameters('float32')];
    const first = makers[name](one);
    for (let t = 1; t <= 5; t++) {
      setGradients(one, t);
      first.step();
    }
    two.forEach((param, k) => param.requiresGrad_(false).copy_(one[k].detach()).requiresGrad_());
    const second = makers[name](two);
    second.loadStateDict(first.stateDict());
    for (let t = 6; t <= 10; t++) {
      for (const [params, optimizer] of [
        [one, first],
        [two, second],
      ] as const) {
        // prettier-ignore
        setGradients(params, t);
        optimizer.step();
      }
    }
    expect(values(two)).toEqual(values(one));
  });

  it('have PyTorch’s structure and names', () => {
    const params = [leaf([2]), leaf([1])];
    const optimizer = new optim.AdamW(params, { amsgrad: true });
    params[1].grad = ones([1]);
    optimizer.step();
    const { state, param_groups } = optimizer.stateDict();
    expect(Object.keys(state)).toEqual(['1']);
    expect(Object.keys(state[1])).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    expect((state[1].step as Tensor).item()).toBe(1);
    expect(param_groups).toEqual([
      {
        params: [0, 1],
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weight_decay: 0.01,
        amsgrad: true,
        maximize: false,
      },
    ]);
  });

  it('bring options with them, converted states, and ignore what is not known', () => {
    const [from, to] = [leaf([2]), zeros([2], { dtype: 'float64', requiresGrad: true })];
    const first = new optim.Adam([from], { lr: 0.5 });
    from.grad = ones([2]);
    first.step();
    const dict = first.stateDict();
    dict.param_groups[0].foreach = null;
    const second = new optim.Adam([to]);
    second.loadStateDict(dict);
    expect(second.paramGroups[0].lr).toBe(0.5);
    expect('foreach' in second.paramGroups[0]).toBe(false);
    const state = second.state.get(to)!;
    expect(state.expAvg.dtype).toBe('float64');
    expect(state.step).toBe(1);
    const mean = first.state.get(from)!.expAvg;
    state.expAvg.zero_();
    expect(mean.at(0).item()).toBeCloseTo(0.1, 6);
  });

  it('list everything that does not fit, and change nothing', () => {
    const params = [leaf([2]), leaf([3])];
    const optimizer = new optim.Adam(params);
    const dict = {
      state: {
        0: { step: 'x', exp_avg: zeros([3]), exp_avg_sq: zeros([2]) },
        1: { step: 1, exp_avg: 1 },
      },
      param_groups: [{ params: [0, 1], lr: -1 }],
    } as unknown as OptimizerStateDict;
    const load = (): void => optimizer.loadStateDict(dict);
    expect(load).toThrow(
      new RangeError(
        'Adam.loadStateDict: the state dict does not fit; nothing was loaded:\n  group 0: Adam: lr must be a finite number of at least 0, got -1\n  state 0: step must be an integer of at least 0 or a tensor of one\n  state 0: exp_avg has shape [3], its parameter [2]\n  state 1: exp_avg must be a tensor\n  state 1: exp_avg_sq is missing',
      ),
    );
    expect(load).toThrow(
      [
        'Adam.loadStateDict: the state dict does not fit; nothing was loaded:',
        '  group 0: Adam: lr must be a finite number of at least 0, got -1',
        '  state 0: step must be an integer of at least 0 or a tensor of one',
        '  state 0: exp_avg has shape [3], its parameter [2]',
        '  state 1: exp_avg must be a tensor',
        '  state 1: exp_avg_sq is missing',
      ].join('\n'),
    );
    expect(optimizer.state.size).toBe(0);
    expect(optimizer.paramGroups[0].lr).toBe(1e-3);
    for (const [groups, what] of [
      [[], '0 parameter groups, but the optimizer has 1'],
      [[{ params: [0] }], "group 0: 1 parameters, but the optimizer's has 2"],
    ] as const) {
      expect(() => optimizer.loadStateDict({ state: {}, param_groups: groups as never })).toThrow(
        `Adam.loadStateDict: the state dict does not fit; nothing was loaded:\n  ${what}`,
      );
    }
    expect(() => optimizer.loadStateDict(null as never)).toThrow(
      new TypeError('Adam.loadStateDict: takes what stateDict() returned: { state, param_groups }'),
    );
  });
});

it('trains: least squares by Adam', () => {
  const x = cat([tensor([[1, 2], [3, -1]]), tensor([[0.5, 1], [-2, 1]])]); // prettier-ignore
  const y = x.matmul(tensor([[2], [-1]]));
  const w = zeros([2, 1], { requiresGrad: true });
  const optimizer = new optim.Adam([w], { lr: 0.1 });
  for (let i = 0; i < 300; i++) {
    optimizer.zeroGrad();
    const error = x.matmul(w).sub(y);
    error.mul(error).sum().backward();
    optimizer.step();
  }
  expect(w.at(0, 0).item()).toBeCloseTo(2, 3);
  expect(w.at(1, 0).item()).toBeCloseTo(-1, 3);
});

describe('options', () => {
  const weight = (): Tensor => leaf([2]);
  type Options = Record<string, unknown>;

  test.each<[string, () => unknown, string]>([
    [
      'a number where the object belongs',
      () => new optim.SGD([weight()], 0.5 as never),
      'SGD: options must be an object, got 0.5; did you mean { lr: 0.5 }?',
    ],
    [
      'another spelling',
      () => new optim.Adam([weight()], { learningRate: 0.1 } as never),
      "Adam: unknown option 'learningRate'; did you mean 'lr'?",
    ],
    [
      'another spelling in a group',
      () => new optim.AdamW([{ params: [weight()], weight_decay: 1 } as never]),
      "AdamW: unknown option 'weight_decay'; did you mean 'weightDecay'?",
    ],
    [
      'another kind',
      () => new optim.RMSprop([weight()], { centered: 1 as never }),
      'RMSprop: centered must be true or false, got 1',
    ],
    [
      'a closure that is none',
      () => new optim.Adagrad([weight()]).step(null as never),
      'Adagrad.step: closure must be a function that computes the loss, got null',
    ],
  ])('%s is refused', (_, make, message) => {
    expect(make).toThrow(new TypeError(message));
  });

  test.each<[unknown, string]>([
    ['0.5', "SGD: lr must be a finite number of at least 0, got '0.5'"],
    [undefined, 'SGD: lr must be a finite number of at least 0, got undefined'],
    [NaN, 'SGD: lr must be a finite number of at least 0, got NaN'],
  ])('a rate that was changed to %p is refused at step, and nothing changes', (lr, message) => {
    const w = weight();
    const optimizer = new optim.SGD([w], { lr: 0.1 });
    w.sum().backward();
    (optimizer.paramGroups[0] as unknown as Options)['lr'] = lr;
    expect(() => optimizer.step()).toThrow(message);
    expect(w.toArray()).toEqual([1, 1]);
  });

  it('refuses at step what an option was changed to after steps with it, in each group and inside an array', () => {
    const [a, b] = [ones([1], { requiresGrad: true }), ones([1], { requiresGrad: true })];
    const betas: [number, number] = [0.9, 0.999];
    const optimizer = new optim.Adam([{ params: [a] }, { params: [b], lr: 0.1, betas }]);
    a.add(b).sum().backward();
    optimizer.step();
    optimizer.step();
    const [first, second] = optimizer.paramGroups;
    (second.betas as [number, number])[1] = 2;
    const outOfRange = new RangeError('Adam: betas[1] must be a number from 0 to below 1, got 2');
    expect(() => optimizer.step()).toThrow(outOfRange);
    expect(() => optimizer.step()).toThrow(outOfRange);
    (second.betas as [number, number])[1] = 0.5;
    optimizer.step();
    first.maximize = 1 as never;
    expect(() => optimizer.step()).toThrow(
      new TypeError('Adam: maximize must be true or false, got 1'),
    );
  });
});

it.each(['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad'] as const)(
  '%s refuses one tensor for its parameters',
  (name) => {
    expect(() => new optim[name](leaf([2]) as never)).toThrow(
      new TypeError(
        `${name}: params must be parameters (model.parameters()) or groups [{ params, … }], got a Tensor`,
      ),
    );
  },
);

describe('a rate that is a tensor', () => {
  it('is read at each step, and what sets the rate writes into it', () => {
    const [w, lr] = [leaf([1]), tensor(0.5, { dtype: 'float64' })];
    const optimizer = new optim.SGD([w], { lr });
    const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
    const step = (): number => {
      w.grad = ones([1]);
      optimizer.step();
      return w.item();
    };
    expect(optimizer.paramGroups[0].lr).toBe(0.5);
    expect(step()).toBe(0.5);
    lr.fill_(1);
    expect(step()).toBe(-0.5);
    scheduler.step();
    expect([lr.item(), optimizer.paramGroups[0].lr, ...scheduler.getLastLr()]).toEqual([
      0.5, 0.5, 0.5,
    ]);
    expect(step()).toBe(-1);
    optimizer.paramGroups[0].lr = 2;
    expect([lr.item(), step()]).toEqual([2, -3]);
    expect(optimizer.stateDict().param_groups[0]['lr']).toBe(2);
    optimizer.loadStateDict({ state: {}, param_groups: [{ params: [0], lr: 0.25 }] });
    expect(lr.item()).toBe(0.25);
    expect(String(optimizer)).toContain('    lr: 0.25\n');
  });

  it('may replace a number, and be replaced by one', () => {
    const w = leaf([1]);
    const optimizer = new optim.Adam([w], { lr: 0.5 });
    const group = optimizer.paramGroups[0] as unknown as { lr: unknown };
    w.grad = ones([1]);
    const [first, second] = [tensor(0.25), tensor([1])];
    group.lr = first;
    optimizer.step();
    expect([group.lr, w.item()]).toEqual([0.25, 0.75]);
    group.lr = second;
    group.lr = 0.125;
    expect([first.item(), second.item()]).toEqual([0.25, 0.125]);
  });

  it.each<[string, () => unknown, Error]>([
    [
      'two elements',
      () => new optim.SGD([leaf([1])], { lr: tensor([0.1, 0.2]) }),
      new RangeError('SGD: lr must be a number or a tensor of one element, got one of shape [2]'),
    ],
    [
      'an integer tensor',
      () => new optim.RAdam([leaf([1])], { lr: tensor(1, { dtype: 'int32' }) }),
      new TypeError("RAdam: lr must be a number or a tensor of a float, got 'int32'"),
    ],
    [
      'a negative one',
      () => new optim.Rprop([leaf([1])], { lr: tensor(-1) }),
      new RangeError('Rprop: lr must be a finite number of at least 0, got -1'),
    ],
  ])('is not of %s', (_, make, error) => {
    expect(make).toThrow(error);
  });
});

test("a state dict's moments may be views of the optimizer's own", () => {
  const weight = ones([2, 2], { requiresGrad: true });
  const optimizer = new optim.SGD([weight], { lr: 0.1, momentum: 0.9 });
  weight.grad = tensor([[1, 2], [3, 4]]); // prettier-ignore
  optimizer.step();
  const dict = optimizer.stateDict();
  dict.state[0]['momentum_buffer'] = (dict.state[0]['momentum_buffer'] as Tensor).t();
  optimizer.loadStateDict(dict);
  const loaded = optimizer.stateDict().state[0]['momentum_buffer'] as Tensor;
  expect(loaded.toArray()).toEqual([[1, 3], [2, 4]]); // prettier-ignore
});
