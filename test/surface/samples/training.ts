// Optimizers, schedulers, data.
import * as o from 'ostinato';
import {
  type Make,
  call,
  generator,
  on,
  onWithOptions,
  parameters,
  rows,
  sgd,
  withOptions,
  x,
  ints,
} from './make';

const { nn, optim, data } = o;

export const schedulers: Record<string, Make> = {
  CosineAnnealingLR: () => withOptions({ etaMin: 0.01, lastEpoch: -1 }, sgd(), 10),
  ExponentialLR: () => withOptions({ lastEpoch: -1 }, sgd(), 0.9),
  LambdaLR: () => withOptions({ lastEpoch: -1 }, sgd(), (epoch: number) => 1 / (epoch + 1)),
  MultiplicativeLR: () => withOptions({ lastEpoch: -1 }, sgd(), (epoch: number) => 1 / (epoch + 1)),
  StepLR: () => withOptions({ gamma: 0.5, lastEpoch: -1 }, sgd(), 3),
  MultiStepLR: () => withOptions({ gamma: 0.5, lastEpoch: -1 }, sgd(), [3, 7]),
  ConstantLR: () => withOptions({ factor: 0.5, totalIters: 3, lastEpoch: -1 }, sgd()),
  LinearLR: () =>
    withOptions({ startFactor: 0.5, endFactor: 0.9, totalIters: 3, lastEpoch: -1 }, sgd()),
  PolynomialLR: () => withOptions({ totalIters: 3, power: 2, lastEpoch: -1 }, sgd()),
  CosineAnnealingWarmRestarts: () =>
    withOptions({ TMult: 2, etaMin: 0.01, lastEpoch: -1 }, sgd(), 10),
  CyclicLR: () =>
    withOptions(
      { stepSizeUp: 5, stepSizeDown: 6, mode: 'triangular2', gamma: 0.9, scaleFn: () => 1, scaleMode: 'iterations',
        cycleMomentum: true, baseMomentum: 0.8, maxMomentum: 0.9, lastEpoch: -1 }, // prettier-ignore
      ...[sgd(), [0.01], 0.1],
    ),
  SequentialLR: () => {
    const optimizer = sgd();
    const { StepLR, LinearLR } = optim.lrScheduler;
    const parts = [new LinearLR(optimizer), new StepLR(optimizer, 3)];
    return withOptions({ lastEpoch: -1 }, optimizer, parts, [2]);
  },
  ChainedScheduler: () => {
    const optimizer = sgd();
    return withOptions({ optimizer }, [new optim.lrScheduler.StepLR(optimizer, 3)]);
  },
  OneCycleLR: () =>
    withOptions(
      { totalSteps: 100, epochs: 10, stepsPerEpoch: 10, pctStart: 0.3, annealStrategy: 'linear', cycleMomentum: true,
        baseMomentum: 0.85, maxMomentum: 0.95, divFactor: 25, finalDivFactor: 1e4, threePhase: true, lastEpoch: -1 }, // prettier-ignore
      ...[sgd(), 0.5],
    ),
  ReduceLROnPlateau: () =>
    withOptions(
      { mode: 'max', factor: 0.5, patience: 2, threshold: 1e-3, thresholdMode: 'abs', cooldown: 1, minLr: 0.01,
        eps: 1e-7 }, // prettier-ignore
      sgd(),
    ),
};
const stepLr = (): o.optim.lrScheduler.StepLR => new optim.lrScheduler.StepLR(sgd(), 3);
const plateau = (): o.optim.lrScheduler.ReduceLROnPlateau =>
  new optim.lrScheduler.ReduceLROnPlateau(sgd());
const lbfgs = (): o.optim.LBFGS => new optim.LBFGS(parameters());
const restarts = (): o.optim.lrScheduler.CosineAnnealingWarmRestarts =>
  new optim.lrScheduler.CosineAnnealingWarmRestarts(sgd(), 3);
const chained = (): o.optim.lrScheduler.ChainedScheduler =>
  new optim.lrScheduler.ChainedScheduler([stepLr()]);
const sequential = (): o.optim.lrScheduler.SequentialLR => {
  const step = stepLr();
  return new optim.lrScheduler.SequentialLR(step.optimizer, [step], []);
};

const { swaUtils } = optim;
const averaged = (): o.optim.swaUtils.AveragedModel => {
  const made = new swaUtils.AveragedModel(new nn.Linear(3, 2));
  made.updateParameters(new nn.Linear(3, 2));
  return made;
};
const swalr = (): o.optim.swaUtils.SWALR => new swaUtils.SWALR(sgd(), 0.05);
const averages: Record<string, Make> = {
  AveragedModel: () =>
    withOptions(
      { avgFn: null, multiAvgFn: swaUtils.getSwaMultiAvgFn(), useBuffers: true },
      new nn.Linear(3, 2),
    ),
  'AveragedModel.forward': () => on(averaged(), x(4, 3)),
  'AveragedModel.updateParameters': () => on(averaged(), new nn.Linear(3, 2)),
  SWALR: () =>
    withOptions({ annealEpochs: 5, annealStrategy: 'linear', lastEpoch: -1 }, sgd(), 0.05),
  'SWALR.stateDict': () => on(swalr()),
  'SWALR.loadStateDict': () => on(swalr(), swalr().stateDict()),
  getEmaAvgFn: () => call(0.9),
  getEmaMultiAvgFn: () => call(0.9),
  getSwaAvgFn: () => call(),
  getSwaMultiAvgFn: () => call(),
  updateBn: () => call([x(4, 3), [x(4, 3)]], new nn.BatchNorm1d(3)),
};

export const optimizers: Record<string, Make> = {
  ...Object.fromEntries(Object.entries(averages).map(([name, make]) => [`swaUtils.${name}`, make])),
  SGD: () =>
    withOptions(
      { lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0.1, nesterov: true, maximize: true },
      parameters(),
    ),
  Adam: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, amsgrad: true, maximize: true },
      parameters(),
    ),
  AdamW: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, amsgrad: true, maximize: true },
      parameters(),
    ),
  RMSprop: () =>
    withOptions(
      { lr: 0.1, alpha: 0.9, eps: 1e-7, weightDecay: 0.1, momentum: 0.5, centered: true, maximize: true }, // prettier-ignore
      parameters(),
    ),
  Adagrad: () =>
    withOptions(
      { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1, initialAccumulatorValue: 0.1, eps: 1e-7, maximize: true }, // prettier-ignore
      parameters(),
    ),
  LBFGS: () =>
    withOptions(
      { lr: 0.1, maxIter: 3, maxEval: 4, toleranceGrad: 1e-6, toleranceChange: 1e-8, historySize: 2,
        lineSearchFn: 'strong_wolfe' }, // prettier-ignore
      parameters(),
    ),
  'LBFGS.loadStateDict': () => on(lbfgs(), lbfgs().stateDict()),
  'LBFGS.stateDict': () => on(lbfgs()),
  NAdam: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, momentumDecay: 0.01, decoupledWeightDecay: true,
        maximize: true }, // prettier-ignore
      parameters(),
    ),
  RAdam: () =>
    withOptions(
      { lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, decoupledWeightDecay: true, maximize: true }, // prettier-ignore
      parameters(),
    ),
  Adamax: () =>
    withOptions({ lr: 0.1, betas: [0.8, 0.9], eps: 1e-7, weightDecay: 0.1, maximize: true }, parameters()), // prettier-ignore
  Adadelta: () =>
    withOptions({ lr: 0.1, rho: 0.8, eps: 1e-7, weightDecay: 0.1, maximize: true }, parameters()),
  ASGD: () =>
    withOptions(
      { lr: 0.1, lambd: 1e-3, alpha: 0.6, t0: 10, weightDecay: 0.1, maximize: true },
      parameters(),
    ),
  Rprop: () =>
    withOptions({ lr: 0.1, etas: [0.4, 1.1], stepSizes: [1e-3, 5], maximize: true }, parameters()),
  'Optimizer.addParamGroup': () => on(sgd(), { params: [new nn.Parameter(x(2))], lr: 0.1 }),
  'Optimizer.loadStateDict': () => on(sgd(), sgd().stateDict()),
  'Optimizer.stateDict': () => on(sgd()),
  'Optimizer.step': () => on(sgd(), () => o.tensor(1)),
  'Optimizer.toString': () => on(sgd()),
  'Optimizer.zeroGrad': () => onWithOptions(sgd(), { setToNone: true }),
  'lrScheduler.LRScheduler.getLastLr': () => on(stepLr()),
  'lrScheduler.LRScheduler.stateDict': () => on(stepLr()),
  'lrScheduler.LRScheduler.step': () => on(stepLr()),
  'lrScheduler.LRScheduler.loadStateDict': () => on(stepLr(), stepLr().stateDict()),
  'lrScheduler.CosineAnnealingWarmRestarts.step': () => on(restarts(), 1.5),
  'lrScheduler.CosineAnnealingWarmRestarts.stateDict': () => on(restarts()),
  'lrScheduler.CosineAnnealingWarmRestarts.loadStateDict': () =>
    on(restarts(), restarts().stateDict()),
  'lrScheduler.ChainedScheduler.stateDict': () => on(chained()),
  'lrScheduler.ChainedScheduler.loadStateDict': () => on(chained(), chained().stateDict()),
  'lrScheduler.SequentialLR.stateDict': () => on(sequential()),
  'lrScheduler.SequentialLR.loadStateDict': () => on(sequential(), sequential().stateDict()),
  'lrScheduler.ReduceLROnPlateau.getLastLr': () => on(plateau()),
  'lrScheduler.ReduceLROnPlateau.stateDict': () => on(plateau()),
  'lrScheduler.ReduceLROnPlateau.step': () => on(plateau(), 0.5),
  'lrScheduler.ReduceLROnPlateau.loadStateDict': () => on(plateau(), plateau().stateDict()),
};

class Countdown extends data.IterableDataset<number> {
  *[Symbol.iterator](): Generator<number> {
    for (let i = 3; i > 0; i--) yield i;
  }
}
const vocabulary = (): o.data.Vocabulary => new data.Vocabulary(['a', 'b', 'c']);
const characters = (): o.data.CharacterTokenizer => new data.CharacterTokenizer(vocabulary());
const words = (): o.data.WordTokenizer => new data.WordTokenizer(vocabulary());
const bytePairs = (): o.data.BytePairTokenizer => new data.BytePairTokenizer([['a', 'b']]);
const text: Record<string, Make> = {
  Vocabulary: () => withOptions({ unknown: 'a' }, ['a', 'b']),
  'Vocabulary.build': () =>
    withOptions({ unknown: '<unk>', specials: ['<pad>'], minFrequency: 1, maxTokens: 9 }, [
      'a',
      'b',
      'a',
    ]),
  'Vocabulary.fromJSON': () => call({ tokens: ['a', 'b'], unknown: 'a' }),
  'Vocabulary.has': () => on(vocabulary(), 'a'),
  'Vocabulary.id': () => on(vocabulary(), 'a'),
  'Vocabulary.token': () => on(vocabulary(), 1),
  'Vocabulary.encode': () => on(vocabulary(), ['a', 'b']),
  'Vocabulary.decode': () => on(vocabulary(), [0, 1]),
  'Vocabulary.toJSON': () => on(vocabulary()),
  CharacterTokenizer: () => call(vocabulary()),
  'CharacterTokenizer.train': () =>
    withOptions({ specials: ['<pad>'], unknown: '?', minFrequency: 1 }, 'some text'),
  'CharacterTokenizer.encode': () => on(characters(), 'abc'),
  'CharacterTokenizer.decode': () => on(characters(), [0, 1]),
  'CharacterTokenizer.toJSON': () => on(characters()),
  WordTokenizer: () => withOptions({ pattern: /\S+/g, lowercase: true }, vocabulary()),
  'WordTokenizer.train': () =>
    withOptions(
      { specials: ['<pad>'], unknown: '?', minFrequency: 1, maxTokens: 9, pattern: /\S+/, lowercase: true },
      ['some text', 'another'],
    ), // prettier-ignore
  'WordTokenizer.encode': () => on(new data.WordTokenizer(vocabulary()), 'a b'),
  'WordTokenizer.decode': () => on(words(), [0, 1]),
  'WordTokenizer.toJSON': () => on(words()),
  BytePairTokenizer: () => withOptions({ specials: ['<s>'] }, [['a', 'b']]),
  'BytePairTokenizer.train': () =>
    withOptions({ vocabularySize: 260, specials: ['<s>'], minFrequency: 1 }, 'low lower lowest'),
  'BytePairTokenizer.encode': () => on(bytePairs(), 'abc'),
  'BytePairTokenizer.decode': () => on(bytePairs(), [0, 1]),
  'BytePairTokenizer.toJSON': () => on(bytePairs()),
  tokenizerFromJSON: () => call(bytePairs().toJSON()),
};

export const samples: Record<string, Make> = {
  classWeights: () => withOptions({ numClasses: 3, ignoreIndex: -1 }, ints(0, 1, 0, -1)),
  BatchSampler: () => call(new data.SequentialSampler(rows()), 2, true),
  ConcatDataset: () => call([rows(), rows()]),
  DataLoader: () =>
    withOptions(
      { batchSize: 2, shuffle: true, dropLast: true, collateFn: data.defaultCollate,
        generator: generator(), numWorkers: 0 }, // prettier-ignore
      rows(),
    ),
  Dataset: () => call(),
  IterableDataset: () => call(),
  RandomSampler: () =>
    withOptions({ replacement: true, numSamples: 3, generator: generator() }, rows()),
  SequentialSampler: () => call(rows()),
  Subset: () => call(rows(), [0, 2]),
  SubsetRandomSampler: () => withOptions({ generator: generator() }, [0, 2]),
  TensorDataset: () => call(x(6, 2), x(6)),
  WeightedRandomSampler: () =>
    withOptions({ replacement: true, generator: generator() }, [0.1, 0.9], 5),
  defaultCollate: () => call([x(2), x(2)]),
  paddingCollate: () =>
    withOptions({
      paddingValue: 1,
      batchFirst: true,
      paddingSide: 'left',
      maxLength: 2,
      truncationSide: 'left',
    }),
  randomSplit: () => withOptions({ generator: generator() }, rows(), [4, 2]),
  BucketBatchSampler: () =>
    withOptions(
      { shuffle: true, dropLast: true, batchesPerBucket: 2, generator: generator() },
      ...[[3, 1, 2, 5], 2],
    ),
  WindowDataset: () => withOptions({ horizon: 2, stride: 2, strict: false }, x(9, 2), 3),
  ChainDataset: () => call([new Countdown()]),
  StackDataset: () => call(rows(), rows()),
  'StackDataset.get': () => on(new data.StackDataset(rows(), rows()), 1),
  'WindowDataset.get': () => on(new data.WindowDataset(x(9), 3), 1),
  ...text,
  'ConcatDataset.get': () => on(new data.ConcatDataset([rows()]), 1),
  'Subset.get': () => on(new data.Subset(rows(), [0, 2]), 1),
  'TensorDataset.get': () => on(rows(), 1),
};
