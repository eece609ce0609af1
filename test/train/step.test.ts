/** compile.step: the same bits, gradients, states and draws as the step that is written out. */
import {
  compile,
  manualSeed,
  nn,
  optim,
  randn,
  randint,
  noGrad,
  ones,
  tensor,
  type Tensor,
} from 'ostinato';

type Batch = readonly [Tensor, Tensor];

interface Case {
  readonly model: () => nn.Module;
  readonly batch: () => Batch;
  readonly loss: (model: nn.Module, batch: Batch) => Tensor;
}

class Tagger extends nn.Module {
  embed = new nn.Embedding(11, 5);
  rnn = new nn.LSTM(5, 7, { numLayers: 2, batchFirst: true, dropout: 0.3, bidirectional: true });
  drop = new nn.Dropout(0.25);
  fc = new nn.Linear(14, 4);
  override forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(this.embed.forward(x));
    return this.fc.forward(this.drop.forward(out)).transpose(1, 2);
  }
}

class Normalized extends nn.Module {
  first = new nn.Linear(6, 8);
  norm = new nn.BatchNorm1d(8);
  second = new nn.Linear(8, 3);
  override forward(x: Tensor): Tensor {
    return this.second.forward(this.norm.forward(this.first.forward(x)).relu());
  }
}

class Recurrent extends nn.Module {
  rnn: nn.RNN | nn.LSTM | nn.GRU;
  constructor(kind: 'RNN' | 'LSTM' | 'GRU') {
    super();
    this.rnn = new nn[kind](4, 8, { batchFirst: true });
  }
  override forward(x: Tensor): Tensor {
    return this.rnn.forward(x)[0];
  }
}

const mse = (model: nn.Module, [x, y]: Batch): Tensor =>
  nn.functional.mseLoss(model.forward(x) as Tensor, y);
const crossEntropy = (model: nn.Module, [x, y]: Batch): Tensor =>
  nn.functional.crossEntropy(model.forward(x) as Tensor, y);

const cases: Record<string, Case> = {
  RNN: {
    model: () => new Recurrent('RNN'),
    batch: () => [randn([2, 5, 4]), randn([2, 5, 8])],
    loss: mse,
  },
  LSTM: {
    model: () => new Recurrent('LSTM'),
    batch: () => [randn([2, 5, 4]), randn([2, 5, 8])],
    loss: mse,
  },
  GRU: {
    model: () => new Recurrent('GRU'),
    batch: () => [randn([2, 5, 4]), randn([2, 5, 8])],
    loss: mse,
  },
  'a tagger with dropout and integer targets': {
    model: () => new Tagger(),
    batch: () => [randint(0, 11, [3, 6]), randint(0, 4, [3, 6])],
    loss: crossEntropy,
  },
  'batch normalization': {
    model: () => new Normalized(),
    batch: () => [randn([5, 6]), randn([5, 3])],
    loss: mse,
  },
};

const optimizers = {
  SGD: (params: Tensor[]) => new optim.SGD(params, { lr: 0.1, momentum: 0.9 }),
  Adam: (params: Tensor[]) => new optim.Adam(params, { lr: 1e-2 }),
  AdamW: (params: Tensor[]) => new optim.AdamW(params, { lr: 1e-2 }),
  RMSprop: (params: Tensor[]) => new optim.RMSprop(params),
  Adagrad: (params: Tensor[]) => new optim.Adagrad(params),
  NAdam: (params: Tensor[]) => new optim.NAdam(params),
  Rprop: (params: Tensor[]) => new optim.Rprop(params),
};

const bits = (x: Tensor): number[] => [...new Uint8Array(x.detach().toTypedArray().buffer)];
const stateOf = (model: nn.Module): Record<string, number[]> =>
  Object.fromEntries([...model.stateDict()].map(([name, value]) => [name, bits(value)]));
const gradsOf = (model: nn.Module): (number[] | null)[] =>
  model.parameters().map(({ grad }) => grad && bits(grad));

/** Losses, gradients and state of a training of six steps. */
function train(
  one: Case,
  optimizerOf: (params: Tensor[]) => optim.Optimizer,
  compiled: boolean,
  { clip, schedule = false }: { clip?: number; schedule?: boolean } = {},
): unknown {
  manualSeed(3);
  const model = one.model();
  const optimizer = optimizerOf(model.parameters());
  const scheduler = schedule ? new optim.lrScheduler.ExponentialLR(optimizer, 0.9) : null;
  const plain = (batch: Batch): Tensor => {
    optimizer.zeroGrad();
    const loss = one.loss(model, batch);
    loss.backward();
    if (clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), clip);
    optimizer.step();
    scheduler?.step();
    return loss.detach();
  };
  const step = compiled
    ? compile.step({
        model,
        optimizer,
        loss: (batch: Batch) => one.loss(model, batch),
        scheduler,
        ...(clip === undefined ? {} : { clip }),
      })
    : plain;
  const batches = [one.batch(), one.batch()];
  const losses: number[][] = [];
  const grads: unknown[] = [];
  for (let i = 0; i < 6; i++) {
    losses.push(bits(step(batches[i % 2])));
    if (i % 3 === 1) grads.push(gradsOf(model));
  }
  return { losses, grads, state: stateOf(model), draw: randn([3]).toArray() };
}

describe('a compiled step has the bits of the one that is written out', () => {
  test.each(Object.entries(cases))('%s', (_, one) => {
    expect(train(one, optimizers.Adam, true)).toEqual(train(one, optimizers.Adam, false));
  });

  test.each(Object.entries(optimizers))('with %s, clipped and scheduled', (_, optimizerOf) => {
    const options = { clip: 0.05, schedule: true };
    expect(train(cases.LSTM, optimizerOf, true, options)).toEqual(
      train(cases.LSTM, optimizerOf, false, options),
    );
  });
});

class Net extends nn.Module {
  first = new nn.Linear(3, 4);
  drop = new nn.Dropout(0.5);
  second = new nn.Linear(4, 2);
  override forward(x: Tensor): Tensor {
    return this.second.forward(this.drop.forward(this.first.forward(x).tanh()));
  }
}

interface Pair {
  readonly model: Net;
  readonly optimizer: optim.Adam;
  readonly step: (batch: Batch) => Tensor;
  readonly runs: () => number;
}

/** A model with a step, compiled or written out. */
function pair(compiled: boolean, seed = 5): Pair {
  manualSeed(seed);
  const model = new Net();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
  let runs = 0;
  const loss = (batch: Batch): Tensor => {
    runs++;
    return mse(model, batch);
  };
  const plain = (batch: Batch): Tensor => {
    optimizer.zeroGrad();
    const found = loss(batch);
    found.backward();
    optimizer.step();
    return found.detach();
  };
  const step = compiled ? compile.step({ model, optimizer, loss }) : plain;
  return { model, optimizer, step, runs: () => runs };
}

const otherBatch: Batch = [ones([6, 3]), ones([6, 2])];
const someBatch = (): Batch => [randn([6, 3]), randn([6, 2])];

/** What becomes of five steps with `change` after the third. */
function changed(change: (one: Pair) => void, compiled: boolean): unknown {
  const one = pair(compiled);
  const batch = someBatch();
  const losses: number[][] = [];
  for (let i = 0; i < 5; i++) {
    if (i === 3) change(one);
    losses.push(bits(one.step(batch)));
  }
  return {
    losses,
    grads: gradsOf(one.model),
    state: stateOf(one.model),
    draw: randn([2]).toArray(),
  };
}

describe('what changes between steps is noticed', () => {
  const changes: Record<string, (one: Pair) => void> = {
    'the mode': ({ model }) => model.eval(),
    'the mode of one layer': ({ model }) => model.drop.eval(),
    'a probability': ({ model }) => ((model.drop as { p: number }).p = 0.1),
    'a parameter that is replaced': ({ model, optimizer }) => {
      model.second.bias = new nn.Parameter(tensor([1, 2]));
      optimizer.addParamGroup({ params: [model.second.bias], lr: 0.5 });
    },
    'a module that is replaced': ({ model }) => (model.first = new nn.Linear(3, 4)),
    'a parameter that is frozen': ({ model }) => model.first.weight.requiresGrad_(false),
    'values loaded into the model': ({ model }) => model.loadStateDict(new Net().stateDict()),
    'weights changed in place': ({ model }) => noGrad(() => model.first.weight.mul_(2)),
    'the learning rate': ({ optimizer }) => (optimizer.paramGroups[0].lr = 0.5),
    'the state of the optimizer': ({ optimizer, model }) => {
      const other = new optim.Adam(model.parameters(), { lr: 0.01, betas: [0.5, 0.6] });
      optimizer.loadStateDict(other.stateDict());
    },
    'a hook of a parameter': ({ model }) => model.first.weight.registerHook((g) => g.mul(3)),
    'a hook of a module': ({ model }) =>
      model.first.registerForwardHook((_module, _inputs, out) => (out as Tensor).mul(2)),
    'a second hook of a module': ({ model, step }) => {
      model.first.registerForwardHook((_module, _inputs, out) => (out as Tensor).mul(2));
      step(otherBatch);
      model.first.registerForwardHook((_module, _inputs, out) => (out as Tensor).add(1));
    },
    'one of two hooks that is removed': ({ model, step }) => {
      const hook = model.first.registerForwardHook((_m, _inputs, out) => (out as Tensor).mul(2));
      model.first.registerForwardPreHook((_m, [x]) => [(x as Tensor).mul(0.5)]);
      step(otherBatch);
      hook();
    },
    'gradients that were left': ({ model }) => {
      for (const x of model.parameters()) x.grad = randn(x.shape);
    },
    'gradients that were cleared': ({ optimizer }) => optimizer.zeroGrad(),
    'the seed': () => manualSeed(1),
  };

  test.each(Object.entries(changes))('%s', (_, change) => {
    expect(changed(change, true)).toEqual(changed(change, false));
  });

  test('a gradient that the user holds is not written to again', () => {
    const { model, step } = pair(true);
    const batch = someBatch();
    step(batch);
    step(batch);
    const kept = model.first.weight.grad!;
    const before = kept.toArray();
    step(batch);
    expect(kept.toArray()).toEqual(before);
    expect(model.first.weight.grad!.toArray()).not.toEqual(before);
  });

  test('the gradient of a leaf that no optimizer has adds up, in place', () => {
    const sums = [true, false].map((compiled) => {
      manualSeed(2);
      const model = new nn.Linear(3, 2);
      const scale = tensor([1, 2], { requiresGrad: true });
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const loss = (x: Tensor): Tensor => model.forward(x).mul(scale).square().sum();
      const step = compile.step({ model, optimizer, loss });
      const x = randn([4, 3]);
      let kept: Tensor | null = null;
      for (let i = 0; i < 3; i++) {
        if (compiled) step(x);
        else {
          optimizer.zeroGrad();
          loss(x).backward();
          optimizer.step();
        }
        kept ??= scale.grad;
      }
      return [bits(scale.grad!), bits(kept!)];
    });
    expect(sums[0]).toEqual(sums[1]);
    expect(sums[0][0]).toEqual(sums[0][1]);
  });
});

describe('which batches are replayed', () => {
  test('the first form at once, another from its second time on', () => {
    const { step, runs } = pair(true);
    const [small, large] = [someBatch(), [randn([9, 3]), randn([9, 2])] as const];
    step(small);
    step(small);
    expect(runs()).toBe(1);
    step(large);
    expect(runs()).toBe(2);
    step(large);
    expect(runs()).toBe(3);
    step(large);
    step(small);
    expect(runs()).toBe(3);
  });

  test('a mode that comes back needs no new trace', () => {
    const { model, step, runs } = pair(true);
    const batch = someBatch();
    step(batch);
    model.eval();
    model.train();
    step(batch);
    expect(runs()).toBe(1);
  });

  test('transposed inputs, numbers and other element types', () => {
    manualSeed(0);
    const model = new nn.Linear(3, 2);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const loss = (x: Tensor, scale: number): Tensor => model.forward(x).square().mean().mul(scale);
    const step = compile.step({ model, optimizer, loss });
    const x = randn([3, 4]).t();
    const values = (): number[] => [step(x, 2).item(), step(x, 3).item()];
    const first = values();
    expect(first[1] / first[0]).toBeLessThan(1.5);
    values();
    expect(values()).toHaveLength(2);
  });

  test('an index out of range is an error of its step, and leaves no gradient', () => {
    const model = new nn.Embedding(4, 2);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const step = compile.step({
      model,
      optimizer,
      loss: (x: Tensor) => model.forward(x).square().sum(),
    });
    const good = tensor([0, 3], { dtype: 'int32' });
    step(good);
    const weight = model.weight.toArray();
    expect(() => step(tensor([0, 4], { dtype: 'int32' }))).toThrow(
      new RangeError(
        'compile: a tensor of indices holds a value outside 0 … 3, the range that the function indexes with it',
      ),
    );
    expect(model.weight.grad).toBeNull();
    expect(model.weight.toArray()).toEqual(weight);
    step(good);
    expect(model.weight.toArray()).not.toEqual(weight);
  });
});

describe('what is refused', () => {
  const model = new nn.Linear(2, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const x = randn([3, 2]);
  const stepOf = (loss: (...batch: never[]) => unknown): (() => Tensor) =>
    compile.step({ model, optimizer, loss: loss as (x: Tensor) => Tensor }).bind(null, x);

  class Counting extends nn.Module {
    count = 0;
    fc = new nn.Linear(2, 1);
    override forward(given: Tensor): Tensor {
      this.count++;
      return this.fc.forward(given);
    }
  }

  test('a loss that is none', () => {
    expect(stepOf(() => 3)).toThrow(
      new TypeError('compile.step: loss must return a Tensor of one element, got 3'),
    );
    expect(stepOf(() => Promise.resolve(model.forward(x).sum()))).toThrow(
      new TypeError(
        'compile.step: loss must return a Tensor of one element, got a promise; it must not be async',
      ),
    );
    expect(stepOf(() => model.forward(x))).toThrow(
      new RangeError(
        'compile.step: loss must return a Tensor of one element, got shape [3, 1]; use mean() or sum()',
      ),
    );
    expect(stepOf(() => x.sum())).toThrow(
      new Error('compile.step: what loss returned depends on no parameter that requires gradients'),
    );
  });

  test('what a trace cannot hold', () => {
    expect(stepOf(() => model.forward(x).sum().mul(x.sum().item()))).toThrow(
      new Error(
        'compile: the function reads values of a tensor of shape [] while it is traced (item, toArray, toString); a trace has none, so do that outside',
      ),
    );
    const counting = new Counting();
    const step = compile.step({
      model: counting,
      optimizer: new optim.SGD(counting.parameters(), { lr: 0.1 }),
      loss: (given: Tensor) => counting.forward(given).sum(),
    });
    expect(() => step(x)).toThrow(
      new Error(
        "compile.step: loss changes the field 'count' of Counting whenever it runs, and a replay runs no JavaScript; keep what changes in a tensor that is changed in place, or outside of loss",
      ),
    );
    const outside = randn([3, 1]);
    expect(stepOf(() => outside.mul_(model.forward(x)).sum())).toThrow(
      new Error(
        'compile.step: loss changes a tensor from outside of shape [3, 1] in place by what gradients flow through; detach() that, or change it inside noGrad(() => …)',
      ),
    );
    expect(outside.requiresGrad).toBe(false);
  });

  test('an optimizer that computes the loss several times', () => {
    expect(() =>
      compile.step({ model, optimizer: new optim.LBFGS(model.parameters()), loss: () => x }),
    ).toThrow(
      new TypeError(
        'compile.step: LBFGS computes the loss several times a step, which this cannot; call optimizer.step(closure), with compile(loss) in the closure',
      ),
    );
  });

  test('a scheduler that follows a metric', () => {
    const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer);
    expect(() =>
      compile.step({ model, optimizer, loss: () => x, scheduler: scheduler as never }),
    ).toThrow(
      new TypeError(
        'compile.step: scheduler must be a learning rate scheduler or null, got a ReduceLROnPlateau',
      ),
    );
  });

  test('a step inside a trace', () => {
    const step = compile.step({
      model,
      optimizer,
      loss: (given: Tensor) => model.forward(given).sum(),
    });
    expect(() => compile((given: Tensor) => step(given))(x)).toThrow(
      new Error(
        'compile: a compiled step cannot be traced: it changes parameters; call it outside',
      ),
    );
  });
});
