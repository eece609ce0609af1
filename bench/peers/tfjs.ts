/**
 * Works of tfjs with its wasm backend, in the process that worker.ts is. It has no GRU that applies the reset as
 * PyTorch's does.
 */
import { timeCalls } from '../measure';
import { filled, sample, type Request } from '../works/work';
import { makeLayer, type Sizes } from '../works/recurrent';
import type { Engine, Side } from './peer';

/** As much of tfjs as is used here. */
interface TfTensor {
  dataSync(): Float32Array;
  transpose(): TfTensor;
  dispose(): void;
}
interface Model {
  add(layer: object): void;
  setWeights(weights: readonly TfTensor[]): void;
  apply(x: TfTensor, options?: object): TfTensor;
}
interface Tf {
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  tidy<R>(body: () => R): R;
  sequential(): Model;
  layers: Readonly<Record<'lstm' | 'simpleRNN', (options: object) => object>>;
  losses: { meanSquaredError(target: TfTensor, out: TfTensor): TfTensor };
  train: {
    adam(lr: number): { minimize(loss: () => TfTensor): void };
  };
  variableGrads(loss: () => TfTensor): { value: TfTensor; grads: Record<string, TfTensor> };
}

/** The model with the weights that every side has. Its gates are in PyTorch's order; its two biases are one. */
function makeModel(tf: Tf, kind: 'LSTM' | 'RNN', [, , I, H, L]: Sizes): Model {
  const model = tf.sequential();
  const layer = tf.layers[kind === 'LSTM' ? 'lstm' : 'simpleRNN'];
  for (let i = 0; i < L; i++) {
    model.add(
      layer({
        units: H,
        returnSequences: true,
        inputShape: [null, i === 0 ? I : H],
        activation: 'tanh',
        ...(kind === 'LSTM' ? { recurrentActivation: 'sigmoid', unitForgetBias: false } : {}),
      }),
    );
  }
  const parameters = makeLayer(kind, I, H, L).parameters();
  const weights: TfTensor[] = [];
  for (let i = 0; i < L; i++) {
    const [wIh, wHh, bIh, bHh] = parameters.slice(4 * i, 4 * i + 4);
    for (const w of [wIh, wHh]) {
      weights.push(tf.tensor(w.toTypedArray<Float32Array>(), w.shape).transpose());
    }
    weights.push(tf.tensor(bIh.add(bHh).toTypedArray<Float32Array>(), bIh.shape));
  }
  model.setWeights(weights);
  return model;
}

const give = (tf: Tf, shape: readonly number[], phase: number): TfTensor =>
  tf.tensor(filled(shape, phase).toTypedArray<Float32Array>(), shape);

function infer(tf: Tf, kind: 'LSTM' | 'RNN', sizes: Sizes): Side {
  const [B, T, I] = sizes;
  const model = makeModel(tf, kind, sizes);
  const x = give(tf, [B, T, I], 0);
  // Reading the output makes sure that it is there.
  const run = (): Float32Array => tf.tidy(() => model.apply(x).dataSync());
  return {
    result: () => Promise.resolve([sample(run())]),
    time: (seconds) => Promise.resolve(timeCalls(run, seconds)),
  };
}

function train(tf: Tf, kind: 'LSTM' | 'RNN', sizes: Sizes): Side {
  const [B, T, I, H] = sizes;
  const x = give(tf, [B, T, I], 0);
  const target = give(tf, [B, T, H], 1);
  const lossOf = (model: Model): TfTensor =>
    tf.losses.meanSquaredError(target, model.apply(x, { training: true }));
  const model = makeModel(tf, kind, sizes);
  const optimizer = tf.train.adam(1e-3);
  const loss = (): TfTensor => lossOf(model);
  return {
    result: () =>
      Promise.resolve(
        tf.tidy(() => {
          const fresh = makeModel(tf, kind, sizes);
          const { value, grads } = tf.variableGrads(() => lossOf(fresh));
          const [wIh, wHh] = Object.values(grads);
          return [value, wIh.transpose(), wHh.transpose()].map((t) => sample(t.dataSync()));
        }),
      ),
    time: (seconds) => Promise.resolve(timeCalls(() => optimizer.minimize(loss), seconds)),
  };
}

/** tfjs, or null when it or its wasm backend is not installed. */
export async function loadTfjs(): Promise<Engine | null> {
  let tf: Tf;
  let version: string;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a peer that may be missing
    tf = require('@tensorflow/tfjs') as Tf;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same
    require('@tensorflow/tfjs-backend-wasm');
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same
    ({ version } = require('@tensorflow/tfjs/package.json') as { version: string });
    await tf.setBackend('wasm');
    if (tf.getBackend() !== 'wasm') return null;
  } catch {
    return null;
  }
  return {
    version,
    side({ work, args }: Request): Promise<Side> {
      const [kind, ...sizes] = args as ['LSTM' | 'RNN', ...Sizes];
      return Promise.resolve((work === 'train' ? train : infer)(tf, kind, sizes));
    },
  };
}
