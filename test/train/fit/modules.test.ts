/** train.fit traces what compile.step traces, whatever the model is made of, and both have the bits of the step that is written out. */
import { compile, manualSeed, nn, optim, randint, randn, train, type Tensor } from 'ostinato';

class Cell extends nn.Module {
  w = new nn.Linear(3, 4);
  u = new nn.Linear(4, 4);
  override forward(x: Tensor, h: Tensor | null): Tensor {
    const input = this.w.forward(x);
    return (h === null ? input : input.add(this.u.forward(h))).tanh();
  }
}

type Made = readonly [nn.Module, (x: Tensor) => Tensor];
const chain = (...layers: nn.Layer[]): Made => {
  const model = new nn.Sequential(...layers);
  return [model, (x) => model.forward(x).square().mean()];
};
const recurrent = (model: nn.LSTM | nn.GRU | nn.Recurrent<Tensor>): Made => [
  model,
  (x) => model.forward(x)[0].square().mean(),
];

// Of x [T, N, 3].
const models: Record<string, () => Made> = {
  'a cell of one own': () => recurrent(new nn.Recurrent(new Cell())),
  'layer normalization': () => recurrent(new nn.LSTM(3, 4, { layerNorm: true })),
  zoneout: () => recurrent(new nn.LSTM(3, 4, { zoneout: 0.2, recurrentDropout: 0.1 })),
  'dropped weights': () => recurrent(new nn.GRU(3, 4, { weightDropout: 0.2 })),
  peepholes: () =>
    recurrent(new nn.LSTM(3, 4, { peephole: true, bidirectional: true, numLayers: 2, dropout: 0.3 })), // prettier-ignore
  attention: () => {
    const model = new nn.MultiheadAttention(3, 1, { dropout: 0.1 });
    return [model, (x) => model.forward(x, x, x)[0].square().mean()];
  },
  transformer: () => {
    const layer = new nn.TransformerEncoderLayer(3, 1, { dimFeedforward: 5 });
    const model = new nn.TransformerEncoder(layer, 2);
    return [model, (x) => model.forward(x).square().mean()];
  },
  convolution: () => {
    const model = new nn.Conv1d(3, 4, 3);
    return [
      model,
      (x) =>
        model
          .forward(x.permute(1, 2, 0))
          .relu()
          .mean(),
    ];
  },
  'views of parameters': () =>
    chain(new nn.LayerNorm(3), new nn.Linear(3, 3), new nn.Dropout(0.2), new nn.PReLU()),
  'constants of JavaScript': () =>
    chain(new nn.RMSNorm(3), new nn.Threshold(0.1, 2), new nn.Linear(3, 2), new nn.GELU()),
  embedding: () => {
    const model = new nn.Embedding(9, 4, { paddingIdx: 0 });
    return [model, (x) => model.forward(x.mul(3).abs().int()).square().mean()];
  },
  'a random field': () => {
    const model = new nn.CRF(3);
    return [model, (x) => model.forward(x, randint(0, 3, [x.size(0), x.size(1)])).neg()];
  },
  'drawn noise': () => {
    const model = new nn.Linear(3, 3);
    return [
      model,
      (x) =>
        model
          .forward(x.add(randn([3])))
          .square()
          .mean(),
    ];
  },
};

test.each(Object.entries(models))('%s', async (...[, make]) => {
  const run = async (how: 'fit' | 'step' | 'written'): Promise<[number[][], string | null]> => {
    manualSeed(3);
    const [model, loss] = make();
    const optimizer = new optim.Adam(model.parameters());
    const batches = Array.from({ length: 6 }, (_, i) => randn([i % 2 === 0 ? 7 : 5, 2, 3]));
    let reason: string | null = null;
    if (how === 'step') {
      const step = compile.step({ model, optimizer, loss });
      for (const batch of batches) step(batch);
    } else
      ({ reason } = await train.fit(model, batches, { loss, optimizer, compile: how === 'fit' }));
    return [[...model.stateDict().values()].map((x) => [...x.toTypedArray()]), reason];
  };
  const [expected] = await run('written');
  const [fitted, reason] = await run('fit');
  expect(fitted).toEqual(expected);
  if (reason === null) expect((await run('step'))[0]).toEqual(expected);
  else await expect(run('step')).rejects.toThrow(reason);
});
