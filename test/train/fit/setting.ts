/** Trainings that are interrupted, here and in a process of their own. */
import {
  data,
  defaultGenerator,
  Generator,
  manualSeed,
  nn,
  optim,
  rand,
  randint,
  randn,
  type Tensor,
  type train,
} from 'ostinato';

export type Kind =
  'plain' | 'everything' | 'stateful' | 'iterable' | 'replacement' | 'augmented' | 'interleaved';
type Batch = [Tensor, Tensor];

export interface Setting {
  readonly model: nn.Module;
  readonly optimizer: optim.Optimizer;
  readonly loader: train.Batches<Batch>;
  readonly options: train.FitOptions<Batch>;
}

class Classifier extends nn.Module {
  rnn = new nn.GRU(3, 4, { batchFirst: true });
  norm = new nn.BatchNorm1d(4);
  drop = new nn.Dropout(0.3);
  fc = new nn.Linear(4, 3);
  override forward(x: Tensor): Tensor {
    const [, h] = this.rnn.forward(x);
    return this.fc.forward(this.drop.forward(this.norm.forward(h.at(0))));
  }
}

class Windows extends nn.Module {
  rnn = new nn.Stateful(new nn.RNN(3, 4));
  drop = new nn.Dropout(0.3);
  fc = new nn.Linear(4, 3);
  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.drop.forward(this.rnn.forward(x)[0].at(-1)));
  }
}

// Draws between its samples, and at the end.
class Stream extends data.IterableDataset<Batch> {
  *[Symbol.iterator](): Generator_ {
    for (let i = 0; i < 11; i++) yield [rand([5, 3]), randint(0, 3, [1]).at(0)];
    rand([1]);
  }
}
type Generator_ = globalThis.Generator<Batch, void>;

// Draws as each sample is taken.
class Noisy extends data.Dataset<Batch> {
  readonly #samples: data.TensorDataset<[Tensor, Tensor]>;
  constructor(samples: data.TensorDataset<[Tensor, Tensor]>) {
    super();
    this.#samples = samples;
  }
  override get length(): number {
    return this.#samples.length;
  }
  override get(i: number): Batch {
    const [x, y] = this.#samples.get(i);
    return [x.add(rand([5, 3])), y];
  }
}

const pairs = (n: number): data.TensorDataset<[Tensor, Tensor]> =>
  new data.TensorDataset(randn([n, 5, 3]), randint(0, 3, [n]));

function loaderOf(kind: Kind): train.Batches<Batch> {
  if (kind === 'iterable') return new data.DataLoader(new Stream(), { batchSize: 3 }) as never;
  if (kind === 'stateful') {
    return Array.from({ length: 5 }, () => [randn([5, 2, 3]), randint(0, 3, [2])] as Batch);
  }
  const samples = pairs(14);
  if (kind === 'augmented') {
    return new data.DataLoader(new Noisy(samples), { batchSize: 4, shuffle: true }) as never;
  }
  if (kind === 'replacement' || kind === 'interleaved') {
    const generator = kind === 'interleaved' ? defaultGenerator : new Generator().manualSeed(4);
    const sampler = new data.RandomSampler(samples, {
      replacement: true,
      numSamples: 40,
      generator,
    });
    return new data.DataLoader(samples, { batchSize: 6, sampler }) as never;
  }
  return new data.DataLoader(samples, { batchSize: 4, shuffle: true }) as never;
}

/** The same training each time. */
export function settingOf(kind: Kind, checkpoint: train.FitCheckpointOptions | null): Setting {
  manualSeed(11);
  const model = kind === 'stateful' ? new Windows() : new Classifier();
  const loader = loaderOf(kind);
  const validation = new data.DataLoader(pairs(6), { batchSize: 3, shuffle: true });
  const optimizer =
    kind === 'plain'
      ? new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
      : new optim.Adam(model.parameters(), { lr: 0.05 });
  const more: Partial<train.FitOptions<Batch>> =
    kind === 'everything'
      ? {
          accumulate: 2,
          clip: 0.5,
          validation: validation as never,
          metrics: ['accuracy'],
          monitor: 'accuracy',
          earlyStopping: { patience: 2, restoreBest: true },
          scheduler: new optim.lrScheduler.ReduceLROnPlateau(optimizer, {
            mode: 'max',
            patience: 0,
          }),
        }
      : kind === 'iterable'
        ? { scheduler: new optim.lrScheduler.OneCycleLR(optimizer, 0.1, { totalSteps: 16 }) }
        : {};
  manualSeed(11);
  return {
    model,
    optimizer,
    loader,
    options: { loss: new nn.CrossEntropyLoss(), optimizer, epochs: 4, ...more, checkpoint },
  };
}
