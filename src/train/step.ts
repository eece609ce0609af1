/** compile.step: a whole training step whose forward and backward are traced once and replayed. */
import {
  boolean,
  either,
  functionOf,
  instanceOf,
  isInstance,
  isPlain,
  nonNegative,
  optionsTable,
  positiveInteger,
  rule,
  surplus,
} from '../check';
import { clearGrad } from '../autograd/clear';
import { withGradMode } from '../autograd/mode';
import type { Argument } from '../compile';
import { StepProgram } from '../compile/step-program';
import { checkLoss } from '../compile/traced';
import { fitsForm, flattenArguments, replaceTensors } from '../compile/tree';
import type { Module } from '../nn';
import { anyModule } from '../nn/any-module';
import { clipGradNorm_, clipGradValue_, type NormOptions } from '../nn/utils/clip';
import { LBFGS, lrScheduler, Optimizer } from '../optim';
import { executor } from '../tensor/executor';
import { sizesOf, accumulatedOf, empty, type Tensor } from '../tensor/tensor';
import { ModelFields } from './model-fields';

/** How a step clips the gradients of the model's parameters. */
export interface ClipOptions extends NormOptions {
  /** The most that the norm of all gradients together may be (`nn.utils.clipGradNorm_`). Default: no limit. */
  maxNorm?: number;
  /** The most that any element may be (`nn.utils.clipGradValue_`). Default: no limit. */
  clipValue?: number;
}

/** What `compile.step` takes. */
export interface StepOptions<A extends readonly Argument[] = readonly Argument[]> {
  /** What is trained: its modes and fields are looked at before each step. */
  model: Module;
  /** Updates the parameters after each backward; all but LBFGS, which computes the loss again. */
  optimizer: Optimizer;
  /** The loss of a batch, one element: a function that `compile` could take. */
  loss: (...batch: A) => Tensor;
  /** The largest norm of all gradients together, or more about clipping. Default: none is clipped. */
  clip?: number | ClipOptions | null;
  /** Goes on after each step; null (the default) for none. */
  scheduler?: lrScheduler.LRScheduler | null;
  /** How many signatures of batches are kept; the one used longest ago goes first. Default: 64. */
  cacheSize?: number;
}

const clipOptions = optionsTable<ClipOptions>('compile.step', {
  maxNorm: nonNegative.or(Infinity),
  clipValue: nonNegative.or(Infinity),
  normType: nonNegative.or(2),
  errorIfNonfinite: boolean.or(false),
});

type AnyStep = StepOptions<never[]>;

const stepOptions = optionsTable<AnyStep>('compile.step', {
  model: anyModule,
  optimizer: instanceOf(Optimizer, 'an optimizer'),
  loss: functionOf('a function of a batch that returns its loss'),
  clip: either<number | ClipOptions>(
    nonNegative,
    rule<ClipOptions>('an object of options', isPlain),
  ).orNull.or(null),
  scheduler: instanceOf(lrScheduler.LRScheduler, 'a learning rate scheduler').orNull.or(null),
  cacheSize: positiveInteger.or(64),
});

// In place of the tensors of a batch, which no program keeps.
const placeholder = empty([0]);

/** A batch's form, and the program for it. */
interface Entry {
  readonly form: readonly Argument[];
  readonly program: StepProgram;
  /** Parameters of the optimizer that it gives no gradient. */
  readonly others: readonly Tensor[];
}

type Read = ReturnType<(typeof stepOptions)['read']>;

function readClip(clip: number | ClipOptions): Required<ClipOptions> {
  const read = clipOptions.read(typeof clip === 'number' ? { maxNorm: clip } : clip);
  if (read.maxNorm === Infinity && read.clipValue === Infinity && !read.errorIfNonfinite) {
    throw new TypeError('compile.step: clip must have maxNorm or clipValue, got neither');
  }
  return read;
}

class Step {
  readonly #options: Read;
  readonly #clip: Required<ClipOptions>;
  // In order of last use; null for a form that has come once.
  readonly #entries = new Map<string, Entry | null>();
  #latest: Entry | null = null;
  #fields: ModelFields;
  /** The optimizer's parameters when programs were traced. */
  #params: readonly Tensor[] = [];

  constructor(options: Read) {
    this.#options = options;
    const { clip, model, optimizer } = options;
    this.#clip = clip === null ? clipOptions.defaults : readClip(clip);
    if (isInstance(optimizer, LBFGS)) {
      throw new TypeError(
        'compile.step: LBFGS computes the loss several times a step, which this cannot; call optimizer.step(closure), with compile(loss) in the closure',
      );
    }
    this.#fields = new ModelFields(model);
  }

  call(batch: readonly Argument[]): Tensor {
    if (executor.isTrace) {
      executor.refuse('a compiled step', 'it changes parameters; call it outside');
    }
    this.#forgetChanged();
    const tensors: Tensor[] = [];
    const entry = this.#entryFor(batch, tensors);
    if (entry === null || !isReplayed(entry.program, tensors)) return this.#plain(batch);
    const loss = this.#replay(entry, tensors);
    this.#update();
    return loss;
  }

  /** Drops the programs where the model or the optimizer is not what it was. */
  #forgetChanged(): void {
    const { model, optimizer } = this.#options;
    const areSame = sameParams(optimizer, this.#params);
    if (areSame && this.#fields.changed() === null) return;
    this.#fields = new ModelFields(model);
    this.#params = optimizer.paramGroups.flatMap(({ params }) => params);
    this.#entries.clear();
    this.#latest = null;
  }

  /** The program for a batch, whose tensors are left in `tensors`; null for a form that is seen for the first time. */
  #entryFor(batch: readonly Argument[], tensors: Tensor[]): Entry | null {
    const latest = this.#latest;
    if (latest !== null && latest.program.isCurrent()) {
      if (fitsForm(batch, latest.form, latest.program.signatures, tensors)) return latest;
      tensors.length = 0;
    }
    const texts: string[] = [];
    flattenArguments(batch, true, tensors, texts);
    const key = texts.join(' ');
    const known = this.#entries.get(key);
    // Tracing takes as long as a few steps: it is left for forms that come back, but for the first, to refuse at once what it must.
    const isNew = known === undefined && this.#entries.size > 0;
    this.#entries.delete(key);
    let entry: Entry | null = null;
    if (!isNew && !tensors.some((x) => x.requiresGrad)) {
      entry = known?.program.isCurrent() ? known : this.#trace(batch, tensors);
    }
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#options.cacheSize) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#latest = entry;
    return entry;
  }

  #trace(batch: readonly Argument[], tensors: readonly Tensor[]): Entry {
    const { loss } = this.#options;
    const form = replaceTensors(batch, () => placeholder) as readonly Argument[];
    const program = new StepProgram(
      (standIns) => {
        let next = 0;
        // eslint-disable-next-line no-restricted-syntax -- as many as the batch has
        return loss(...(replaceTensors(form, () => standIns[next++]) as never[]));
      },
      tensors.map((x) => ({ shape: sizesOf(x), dtype: x.dtype, requiresGrad: false })),
      new Set(this.#params),
    );
    const changed = this.#fields.changed();
    if (changed !== null) {
      throw new Error(
        `compile.step: loss changes the field '${changed.name}' of ${changed.module.constructor.name} whenever it runs, and a replay runs no JavaScript; keep what changes in a tensor that is changed in place, or outside of loss`,
      );
    }
    return { form, program, others: this.#params.filter((param) => !program.reaches(param)) };
  }

  #replay({ program, others }: Entry, tensors: readonly Tensor[]): Tensor {
    for (const param of others) if (accumulatedOf(param) !== null) clearGrad(param, true);
    try {
      return program.run(tensors);
    } catch (error) {
      // What it has left in them is no gradient.
      this.#options.optimizer.zeroGrad();
      throw error;
    }
  }

  /** The step as it would be written without this. */
  #plain(batch: readonly Argument[]): Tensor {
    const { loss: lossOf, optimizer } = this.#options;
    optimizer.zeroGrad();
    const loss = withGradMode(true, () => {
      // eslint-disable-next-line no-restricted-syntax -- what this call was given
      const found: unknown = lossOf(...(batch as never[]));
      checkLoss(found);
      found.backward();
      return found.detach();
    });
    this.#update();
    return loss;
  }

  #update(): void {
    const { maxNorm, clipValue, normType, errorIfNonfinite } = this.#clip;
    const { optimizer, scheduler } = this.#options;
    const { parameters } = this.#fields;
    if (maxNorm !== Infinity || errorIfNonfinite) {
      clipGradNorm_(parameters, maxNorm, { normType, errorIfNonfinite });
    }
    if (clipValue !== Infinity) clipGradValue_(parameters, clipValue);
    optimizer.step();
    scheduler?.step();
  }
}

// A hook is user code, and numbers are drawn in the order of memory, which a trace knows of contiguous tensors only.
const isReplayed = (program: StepProgram, tensors: readonly Tensor[]): boolean =>
  !program.hasHooks() &&
  !(program.draws && tensors.some(({ contiguousLayout }) => !contiguousLayout));

function sameParams({ paramGroups }: Optimizer, params: readonly Tensor[]): boolean {
  let at = 0;
  for (const group of paramGroups) {
    for (const param of group.params) if (param !== params[at++]) return false;
  }
  return at === params.length;
}

/**
 * A whole training step as one call: clears the gradients, computes the loss and its gradients, clips them, lets the optimizer
 * update the parameters and the scheduler go on. What `loss` does is traced when a batch of its form comes for the first time and
 * replayed in one crossing into native code afterwards, with the bits and the draws of the step that is written out.
 *
 * `loss` is a function that `compile` could take, of batches of tensors (nested in arrays; numbers, strings, booleans and null count as
 * constants), and returns a tensor of one element. It may change tensors from outside in place, as BatchNorm1d its running
 * statistics. A form of batch that comes later is replayed from its second time on. What may change between steps is noticed by the
 * step that follows: modes, fields and parameters of the model, hooks, the optimizer's options, parameters and state. Other
 * JavaScript that `loss` reads must not change.
 *
 * @returns a function of a batch that makes the step and returns the loss, which has no graph
 * @throws TypeError, RangeError for options of the wrong kind or out of range, and for LBFGS; each step throws what the step that is
 * written out would, and Error for what a trace cannot hold (see `compile`).
 * @example
 * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 1));
 * const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
 * const step = compile.step({
 *   model,
 *   optimizer,
 *   loss: ([x, y]: [Tensor, Tensor]) => nn.functional.mseLoss(model.forward(x), y),
 *   clip: 1,
 * });
 * for (let i = 0; i < 10; i++) step([randn([4, 3]), randn([4, 1])]).item();
 */
export function step<A extends readonly Argument[]>(
  options: StepOptions<A>,
): (...batch: A) => Tensor {
  if (arguments.length > 1) surplus('compile.step', arguments, 1, 'options');
  const made = new Step(stepOptions.read(options as unknown as AnyStep));
  return (...batch: A): Tensor => made.call(batch);
}
