// What the compiler must say about train.fit, without running anything: npm run test:types.
import { expectTypeOf } from 'expect-type';
import { data, nn, optim, ones, train, type Tensor } from 'ostinato';

const model = new nn.Linear(2, 1);
const optimizer = new optim.SGD(model.parameters());
const pairs = new data.DataLoader(new data.TensorDataset(ones([4, 2]), ones([4, 1])));

// A batch is what the loader gives.
const history = train.fit(model, pairs, {
  loss: (batch) => {
    expectTypeOf(batch).toExtend<readonly Tensor[]>();
    return batch[0].mean();
  },
  predict: ([x, y]) => [model.forward(x), y],
  optimizer,
});
expectTypeOf(history).toEqualTypeOf<Promise<train.FitHistory>>();
void train.fit(model, [{ x: ones([1]), name: 'a' }], {
  loss: (batch) => {
    expectTypeOf(batch).toEqualTypeOf<{ x: Tensor; name: string }>();
    return batch.x;
  },
  optimizer,
});

// A criterion takes any batch; a scheduler of either kind will do.
void train.fit(model, pairs, {
  loss: new nn.MSELoss(),
  optimizer,
  scheduler: new optim.lrScheduler.ReduceLROnPlateau(optimizer),
  validation: pairs,
  metrics: { accuracy: 'accuracy', mine: (output, target) => output.sub(target).mean() },
  earlyStopping: 3,
  checkpoint: 'run.safetensors',
  callbacks: { onStep: async ({ step }) => Promise.resolve(step < 10) },
});
expectTypeOf<train.EpochRecord['validation']>().toEqualTypeOf<train.ValidationRecord | null>();

// @ts-expect-error -- there is no such metric
void train.fit(model, pairs, { loss: new nn.MSELoss(), optimizer, metrics: ['f1'] });
// @ts-expect-error -- an optimizer is needed
void train.fit(model, pairs, { loss: new nn.MSELoss() });
