/**
 * The seed programs that train (examples/), each against its PyTorch translation: the same seed, weights, data, order of
 * batches and optimizer (Adam as `torch.optim.Adam(parameters, lr)` has it, unfused), loss read after each step. A
 * run is a whole epoch or several; times are of one step.
 */
import {
  cumsum,
  data,
  manualSeed,
  nn,
  noGrad,
  optim,
  rand,
  randn,
  zeros,
  type Tensor,
} from 'ostinato';
import { MatrixRNN } from '../../examples/s0a-matrices';
import { TensorLSTM } from '../../examples/s0b-tensors';
import { EmbeddingRNN } from '../../examples/s0c-embeddings';
import {
  lossOf as translationLoss,
  makeModel,
  pairsOf,
  tensorsOf,
  type Kind,
} from '../../examples/s1c-attention';
import { SumNet, threes as threeSteps } from '../../examples/s3c-sum-of-three';
import { threes, UnrolledCell } from '../../examples/s3f-cell-trained';
import { drawWeights, partialSums } from '../../examples/s4-from-scratch';
import type { Work } from './work';

/** A step that returns its loss. */
type Step = () => number;

/** `steps` steps are a run; the losses of the first run are compared. */
function program(
  id: string,
  what: string,
  times: number,
  steps: number,
  make: () => () => Iterable<Step>,
): Work {
  return {
    name: `${id}, ${what}: a training step`,
    group: 'programs',
    goals: [{ than: 'torch', times }],
    perRun: steps,
    torch: { work: id, args: [steps] },
    make() {
      const epoch = make();
      return {
        run: () => {
          for (const step of epoch()) step();
        },
        result: () => [Array.from(epoch(), (step) => step())],
      };
    },
  };
}

function* repeated(steps: number, step: Step): Iterable<Step> {
  for (let i = 0; i < steps; i++) yield step;
}

function fit(module: nn.Module, lr: number, lossOf: () => Tensor, clip?: number): Step {
  const parameters = module.parameters();
  const optimizer = new optim.Adam(parameters, { lr });
  return () => {
    optimizer.zeroGrad();
    const loss = lossOf();
    loss.backward();
    if (clip !== undefined) nn.utils.clipGradNorm_(parameters, clip);
    optimizer.step();
    return loss.item();
  };
}

const mse = nn.functional.mseLoss;

/** An epoch of 100 samples in shuffled batches of 4, the loader included. */
function epochs(model: nn.Layer, dataset: data.TensorDataset): () => Iterable<Step> {
  const loader = new data.DataLoader(dataset, { batchSize: 4, shuffle: true });
  let [x, y]: Tensor[] = [];
  const step = fit(model, 1e-3, () => mse(model.forward(x).view([-1]), y));
  return function* () {
    for ([x, y] of loader) yield step;
  };
}

/** Dates as in the example, 8 batches of 64 that were drawn before: packed encoder, attention, gradients clipped. */
const translation = (kind: Kind): Work =>
  program(`s1c-${kind}`, 'encoder-decoder with attention, batch 64', 1.5, 8, () => {
    manualSeed(0);
    const model = makeModel(kind);
    const { next } = pairsOf('dates', 0);
    const batches = Array.from({ length: 8 }, () =>
      tensorsOf(Array.from({ length: 64 }, () => next())),
    );
    let at = 0;
    const step = fit(model, 3e-3, () => translationLoss(model, ...batches[at++ % 8]), 1);
    return () => repeated(8, step);
  });

export const programs: readonly Work[] = [
  program('s0a', 'RNN 4 → 32, batch 2, 10 steps', 10, 100, () => {
    manualSeed(0);
    const model = new MatrixRNN();
    const [inputs, targets] = [randn([2, 10, 4]), randn([2, 10, 4])];
    const step = fit(model, 0.01, () => mse(model.forward(inputs, zeros([1, 2, 32]))[0], targets));
    return () => repeated(100, step);
  }),
  program('s0b', 'LSTM 8 → 64, batch 3, 15 steps', 10, 150, () => {
    manualSeed(0);
    const model = new TensorLSTM();
    const [inputs, targets] = [randn([3, 15, 8]), randn([3, 15, 8])];
    const step = fit(model, 0.005, () =>
      mse(model.forward(inputs, [zeros([1, 3, 64]), zeros([1, 3, 64])])[0], targets),
    );
    return () => repeated(150, step);
  }),
  program('s0c', 'RNN 32 → 128, batch 4, 20 steps', 10, 200, () => {
    manualSeed(0);
    const model = new EmbeddingRNN();
    const [inputs, targets] = [randn([4, 20, 32]), randn([4, 20, 64])];
    const step = fit(model, 0.001, () =>
      mse(model.forward(inputs, zeros([1, 4, 128]))[0], targets),
    );
    return () => repeated(200, step);
  }),
  translation('additive'),
  translation('multiplicative'),
  program('s3c', 'LSTM 1 → 256, 2 layers, batch 4, 3 steps, with its loader', 8, 25, () => {
    manualSeed(0);
    return epochs(new SumNet(), threeSteps(100));
  }),
  program('s3f', 'a cell of 300 by hand, batch 4, 3 steps, with its loader', 3, 25, () => {
    manualSeed(123);
    return epochs(new UnrolledCell(), threes(100));
  }),
  program('s4', 'partial sums of 100 signals, weights as numbers', 10, 100, () => {
    manualSeed(4);
    const weights = drawWeights();
    const signals = rand([5, 100]);
    const target = cumsum(signals, 0);
    const parameters = Object.values(weights) as Tensor[];
    const step = (): number => {
      const loss = partialSums(weights, signals).sub(target).square().mean();
      loss.backward();
      noGrad(() => {
        for (const weight of parameters) {
          weight.sub_(weight.grad!.mul(0.01));
          weight.grad = null;
        }
      });
      return loss.item();
    };
    return () => repeated(100, step);
  }),
];
