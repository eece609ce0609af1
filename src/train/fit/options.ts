/** What `train.fit` takes. */
import {
  anything,
  arrayOf,
  boolean,
  count,
  describe,
  describeOfAnotherCopy,
  either,
  finiteFrom,
  functionOf,
  instanceOf,
  isArray,
  isCallable,
  isInstance,
  isPlain,
  oneOf,
  optionsTable,
  positiveInteger,
  recordOf,
  rule,
  string,
} from '../../check';
import type { FilePath, Stateful, StatefulGenerator } from '../../io';
import { isGenerator, isStateful } from '../../io/checkpoint-values';
import { pathOf } from '../../io/path';
import { Module } from '../../nn';
import { lrScheduler, Optimizer } from '../../optim';
import type { TqdmOptions } from '../../progress/tqdm';
import { anyClip } from '../step';
import type { ClipOptions } from '../training-step';
import type { EpochRecord, FitHistory } from './history';
import { readBatches } from './batch';
import { anyMetrics, named, type Metrics, type NamedMetrics } from './metrics';
import type { Loss, Prediction } from './objective';
import { anyBatches, type Batches } from './passes';

/** A schedule of learning rates. */
export type Scheduler = lrScheduler.LRScheduler | lrScheduler.ReduceLROnPlateau;

/** When training ends early. */
export interface EarlyStoppingOptions {
  /** Epochs in a row without improvement after which it ends. Default: 3. */
  patience?: number;
  /** What is no more than this is no improvement. Default: 0. */
  minDelta?: number;
  /** What is watched: see `FitOptions.monitor`, which it takes the place of. */
  monitor?: string | null;
  /** Whether less or more of it is better: see `FitOptions.mode`. */
  mode?: 'min' | 'max' | null;
  /** Give the model the parameters and buffers of its best epoch at the end. Default: false. */
  restoreBest?: boolean;
}

/** What a training is resumed from. */
export interface FitCheckpointOptions {
  /** The file, which is replaced as a whole: at any time there is one that is complete. */
  path: FilePath;
  /** Steps between two writings. Default: null, at the end of each epoch; there, and where training ends, it is written in any case. */
  every?: number | null;
  /** Write the weights of the best epoch too, into a file beside it: run.safetensors, run.best.safetensors. Default: false. */
  keepBest?: boolean;
  /** Go on from the file where there is one. Default: false, begin anew and replace it. */
  resume?: boolean;
  /** What else the training changes, by name: modules, optimizers, generators. Default: nothing. */
  state?: Readonly<Record<string, Stateful | StatefulGenerator>>;
}

/** A step that was made. */
export interface StepRecord {
  /** Updates so far, this one included. */
  readonly step: number;
  /** From 1 on. */
  readonly epoch: number;
  /** Loss of its last batch, before the update. */
  readonly loss: number;
  /** Learning rate of the first parameter group. */
  readonly lr: number;
}

/** `false`, or a promise of it, ends the training. */
export type Verdict = void | boolean | undefined | Promise<void | boolean | undefined>;

/** What is called between steps. */
export interface FitCallbacks {
  /** After each update. */
  onStep?: (step: StepRecord) => Verdict;
  /** After each epoch, before a checkpoint is written. */
  onEpoch?: (epoch: EpochRecord, history: FitHistory) => Verdict;
}

/** Options of `train.fit`. */
export interface FitOptions<Batch> {
  /** The loss of a batch, `(batch) => Tensor` of one element; or a criterion, such as `new nn.MSELoss()`, of output and target. */
  loss: Loss<Batch>;
  /** Updates the parameters; all but LBFGS. */
  optimizer: Optimizer;
  /** How often the loader is gone through. Default: 1. */
  epochs?: number;
  /**
   * Output and target of a batch, for a criterion and metrics. Default: null, a batch is `[input, target]` and the output
   * `model.forward(input)`.
   */
  predict?: ((batch: Batch) => Prediction) | null;
  /** Goes on after each epoch or step; a ReduceLROnPlateau is given what is watched. Default: null, rates stay. */
  scheduler?: Scheduler | null;
  /** When it goes on. Default: null, after each epoch, and after each step a OneCycleLR or CyclicLR. */
  schedulerPer?: 'step' | 'epoch' | null;
  /** What is measured in the validation besides the loss: names, or functions of (output, target) by name. Default: nothing. */
  metrics?: Metrics;
  /** Batches on which the model is looked at after each epoch, in evaluation mode. Default: null. */
  validation?: Batches<Batch> | null;
  /** What is watched: `'loss'`, `'validation.loss'`, `'validation.accuracy'`. Default: null, the loss, of the validation if there is one. */
  monitor?: string | null;
  /** Whether less or more of it is better. Default: null, more of a metric `'accuracy'`, less of all else. */
  mode?: 'min' | 'max' | null;
  /** When training ends early; a number is the patience. Default: null, never. */
  earlyStopping?: number | EarlyStoppingOptions | null;
  /** The largest norm of all gradients together, or more about clipping. Default: null, none is clipped. */
  clip?: number | ClipOptions | null;
  /** Batches in a step: their gradients are added up, each loss divided by it. Default: 1. */
  accumulate?: number;
  /** What training is resumed from: a path, or more about it. Default: null. */
  checkpoint?: FilePath | FitCheckpointOptions | null;
  /** What is called between steps. Default: nothing. */
  callbacks?: FitCallbacks | readonly FitCallbacks[];
  /** Ends training after the step at hand. Default: null. */
  signal?: AbortSignal | null;
  /** Whether there is a bar, or more about it. Default: true, on stderr where that is a terminal. */
  progress?: boolean | TqdmOptions;
  /** Whether steps are traced and replayed, where they can be. Default: true. */
  compile?: boolean;
}

type AnyOptions = FitOptions<never>;

const anyMode = oneOf('min', 'max').orNull;
const anySignal = instanceOf(AbortSignal, 'an AbortSignal').orNull;
const anyScheduler = rule<Scheduler>(
  'a learning rate scheduler',
  (value) =>
    isInstance(value, lrScheduler.LRScheduler) || isInstance(value, lrScheduler.ReduceLROnPlateau),
);
const plainObject = <T>(): ReturnType<typeof rule<T>> => rule<T>('an object of options', isPlain);
const anyLoss = rule<Loss<never>>(
  'a function of a batch, or a criterion such as new nn.MSELoss()',
  (value) => isInstance(value, Module) || isCallable(value),
);
const callbackOptions = optionsTable<FitCallbacks, 'onStep' | 'onEpoch'>('train.fit', {
  onStep: functionOf<NonNullable<FitCallbacks['onStep']>>().optional,
  onEpoch: functionOf<NonNullable<FitCallbacks['onEpoch']>>().optional,
});
const anyCallbacks = rule<FitCallbacks>('an object of callbacks', isPlain);
const earlyOptions = optionsTable<EarlyStoppingOptions>('train.fit', {
  patience: positiveInteger.or(3),
  minDelta: finiteFrom(0).or(0),
  monitor: string.orNull.or(null),
  mode: anyMode.or(null),
  restoreBest: boolean.or(false),
});
const anyStates = recordOf(
  rule<Stateful | StatefulGenerator>(
    'a module, an optimizer, a scheduler or a generator',
    (value) =>
      describeOfAnotherCopy(value) === undefined && (isStateful(value) || isGenerator(value)),
  ),
  'an object of modules, optimizers, schedulers and generators by name',
);
const checkpointOptions = optionsTable<FitCheckpointOptions>('train.fit', {
  path: anything as ReturnType<typeof rule<FilePath>>,
  every: positiveInteger.orNull.or(null),
  keepBest: boolean.or(false),
  resume: boolean.or(false),
  state: anyStates.or({}),
});

const fitOptions = optionsTable<AnyOptions>('train.fit', {
  loss: anyLoss,
  optimizer: instanceOf(Optimizer, 'an optimizer'),
  epochs: count.or(1),
  predict: functionOf<(batch: never) => Prediction>('a function of a batch').orNull.or(null),
  scheduler: anyScheduler.orNull.or(null),
  schedulerPer: oneOf('step', 'epoch').orNull.or(null),
  metrics: anyMetrics.or([]),
  validation: (anyBatches as ReturnType<typeof rule<Batches<never>>>).orNull.or(null),
  monitor: string.orNull.or(null),
  mode: anyMode.or(null),
  earlyStopping: either<number | EarlyStoppingOptions>(
    positiveInteger,
    plainObject<EarlyStoppingOptions>(),
  ).orNull.or(null),
  clip: anyClip.or(null),
  accumulate: positiveInteger.or(1),
  checkpoint: rule<FilePath | FitCheckpointOptions>(
    'a path, or an object of options',
    (value) => typeof value === 'string' || isInstance(value, URL) || isPlain(value),
  ).orNull.or(null),
  callbacks: either<FitCallbacks | readonly FitCallbacks[]>(
    anyCallbacks,
    arrayOf(anyCallbacks, 'an array of such'),
  ).or([]),
  signal: anySignal.or(null),
  progress: either<boolean | TqdmOptions>(boolean, plainObject<TqdmOptions>()).or(true),
  compile: boolean.or(true),
});

/** The options of a training, checked, with what is implied. */
export interface FitPlan {
  readonly model: Module;
  readonly loader: Batches<unknown>;
  readonly loss: Loss<unknown>;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly predict: ((batch: unknown) => unknown) | null;
  /** Goes on after each step. */
  readonly stepScheduler: lrScheduler.LRScheduler | null;
  /** Goes on after each epoch. */
  readonly epochScheduler: Scheduler | null;
  readonly metrics: NamedMetrics;
  readonly validation: Batches<unknown> | null;
  readonly monitor: string | null;
  readonly mode: 'min' | 'max' | null;
  readonly earlyStopping: Readonly<Required<EarlyStoppingOptions>> | null;
  readonly clip: number | ClipOptions | null;
  readonly accumulate: number;
  readonly checkpoint:
    (Readonly<Required<FitCheckpointOptions>> & { readonly path: string }) | null;
  readonly callbacks: readonly FitCallbacks[];
  readonly signal: AbortSignal | null;
  readonly progress: boolean | TqdmOptions;
  readonly compile: boolean;
}

function schedulesOf(
  scheduler: Scheduler | null,
  per: 'step' | 'epoch' | null,
  optimizer: Optimizer,
): Pick<FitPlan, 'stepScheduler' | 'epochScheduler'> {
  if (scheduler === null) return { stepScheduler: null, epochScheduler: null };
  if (scheduler.optimizer !== optimizer) {
    throw new RangeError("train.fit: scheduler must be one of the given optimizer, got another's");
  }
  if (isInstance(scheduler, lrScheduler.ReduceLROnPlateau)) {
    if (per !== 'step') return { stepScheduler: null, epochScheduler: scheduler };
    throw new RangeError(
      "train.fit: a ReduceLROnPlateau looks at what is known after an epoch; leave out schedulerPer: 'step'",
    );
  }
  const { OneCycleLR, CyclicLR } = lrScheduler;
  const isOfSteps = isInstance(scheduler, OneCycleLR) || isInstance(scheduler, CyclicLR);
  return (per ?? (isOfSteps ? 'step' : 'epoch')) === 'step'
    ? { stepScheduler: scheduler, epochScheduler: null }
    : { stepScheduler: null, epochScheduler: scheduler };
}

/** @throws TypeError, RangeError for what is no option, and for options that do not go together. */
export function readOptions(
  model: Module,
  loader: Batches<unknown>,
  given: FitOptions<never>,
): FitPlan {
  const read = fitOptions.read(given);
  const { checkpoint, earlyStopping, callbacks } = read;
  if (model.training === false) {
    throw new Error(
      'train.fit: the model is in evaluation mode; call model.train() first, and eval() of modules that are to stay so',
    );
  }
  const early =
    earlyStopping === null
      ? null
      : earlyOptions.read(
          typeof earlyStopping === 'number' ? { patience: earlyStopping } : earlyStopping,
        );
  for (const name of ['monitor', 'mode'] as const) {
    const own = early?.[name] ?? null;
    if (own === null || read[name] === null || own === read[name]) continue;
    throw new RangeError(
      `train.fit: ${name} is ${describe(read[name])} and earlyStopping.${name} ${describe(own)}; one thing is watched, so leave one of them out`,
    );
  }
  const metrics = named(read.metrics);
  if (read.validation === null && metrics.size > 0) {
    throw new RangeError(
      'train.fit: metrics are measured on the validation loader; give validation too',
    );
  }
  if (metrics.has('loss')) {
    throw new RangeError(
      "train.fit: no metric can be named 'loss', as the loss of the validation is; give it another name",
    );
  }
  const updated = new Set<unknown>(read.optimizer.paramGroups.flatMap(({ params }) => params));
  if (!model.parameters().some((param) => updated.has(param))) {
    throw new RangeError(
      "train.fit: the optimizer has none of the model's parameters; make it of model.parameters()",
    );
  }
  const saves =
    checkpoint === null
      ? null
      : checkpointOptions.read(isPlain(checkpoint) ? (checkpoint as FitCheckpointOptions) : { path: checkpoint as FilePath }); // prettier-ignore
  return {
    ...read,
    ...schedulesOf(read.scheduler, read.schedulerPer, read.optimizer),
    model,
    loader: readBatches('loader', loader),
    loss: read.loss as Loss<unknown>,
    predict: read.predict as ((batch: unknown) => unknown) | null,
    metrics,
    validation: read.validation === null ? null : readBatches('validation', read.validation),
    monitor: early?.monitor ?? read.monitor,
    mode: early?.mode ?? read.mode,
    earlyStopping: early,
    checkpoint: saves === null ? null : { ...saves, path: pathOf('train.fit', saves.path) },
    callbacks: (isArray(callbacks) ? callbacks : [callbacks]).map((one) =>
      callbackOptions.read(one),
    ),
  };
}
