/**
 * A training step: gradients by a traced program or as written out, then clipping, the optimizer and the scheduler. What
 * `compile.step` calls, and `train.fit` in two parts, so that it sees the loss before anything is updated.
 */
import { boolean, isInstance, nonNegative, optionsTable } from '../check';
import { clearGrad } from '../autograd/clear';
import { withGradMode } from '../autograd/mode';
import type { Argument } from '../compile';
import { StepProgram } from '../compile/step-program';
import { checkLoss } from '../compile/traced';
import { fitsForm, flattenArguments, replaceTensors } from '../compile/tree';
import type { Module } from '../nn';
import { isHooked } from '../nn/hooks';
import { clipGradNorm_, clipGradValue_, type NormOptions } from '../nn/utils/clip';
import { LBFGS, type lrScheduler, type Optimizer } from '../optim';
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

const clipOptions = optionsTable<ClipOptions, 'maxNorm' | 'clipValue'>('compile.step', {
  maxNorm: nonNegative.optional,
  clipValue: nonNegative.optional,
  normType: nonNegative.or(2),
  errorIfNonfinite: boolean.or(false),
});

/** What a step is made of. */
export interface StepParts {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly loss: (...batch: never[]) => Tensor;
  readonly clip: number | ClipOptions | null;
  /** Goes on after each update. */
  readonly scheduler: lrScheduler.LRScheduler | null;
  readonly cacheSize: number;
  /** Whether gradients add up over the batches between two updates, and whoever calls clears them. */
  readonly adds?: boolean;
  /** What cannot be traced: an error, or run as it is written. Default: an error. */
  readonly refusals?: 'throw' | 'run';
  /** Whether anything is traced. Default: true. */
  readonly traces?: boolean;
}

// In place of the tensors of a batch, which no program keeps.
const placeholder = empty([0]);

/** A batch's form, and the program for it. */
interface Entry {
  readonly form: readonly Argument[];
  readonly program: StepProgram;
  /** Parameters of the optimizer that it gives no gradient. */
  readonly others: readonly Tensor[];
}

type Clip = typeof clipOptions.defaults;

function readClip(operation: string, clip: number | ClipOptions): Clip {
  const read = clipOptions.read(typeof clip === 'number' ? { maxNorm: clip } : clip, operation);
  if (read.maxNorm === undefined && read.clipValue === undefined && !read.errorIfNonfinite) {
    throw new TypeError(`${operation}: clip must have maxNorm or clipValue, got neither`);
  }
  return read;
}

export class TrainingStep {
  readonly #options: StepParts;
  readonly #clip: Clip;
  readonly #operation: string;
  // In order of last use; null for a form that has come once.
  readonly #entries = new Map<string, Entry | null>();
  #latest: Entry | null = null;
  #fields: ModelFields;
  /** The optimizer's parameters when programs were traced. */
  #params: readonly Tensor[] = [];
  readonly #adds: boolean;
  readonly #mayRun: boolean;
  #reason: string | null;

  constructor(operation: string, options: StepParts) {
    this.#options = options;
    this.#operation = operation;
    const { clip, model, optimizer, adds = false, refusals = 'throw', traces = true } = options;
    this.#adds = adds;
    this.#mayRun = refusals === 'run';
    this.#reason = traces ? null : 'compile is false';
    this.#clip = clip === null ? clipOptions.defaults : readClip(operation, clip);
    if (isInstance(optimizer, LBFGS)) {
      throw new TypeError(
        `${operation}: LBFGS computes the loss several times a step, which this cannot; call optimizer.step(closure), with compile(loss) in the closure`,
      );
    }
    this.#fields = new ModelFields(model);
  }

  /** Why steps are run as they are written; null where they are traced. */
  get reason(): string | null {
    return this.#reason;
  }

  /** From now on every step is run as it is written. */
  runAsWritten(reason: string): void {
    this.#reason = reason;
    this.#entries.clear();
    this.#latest = null;
  }

  /** The whole step of a batch; returns its loss. */
  call(batch: readonly Argument[]): Tensor {
    const loss = this.gradients(batch);
    this.update();
    return loss;
  }

  /** The loss of a batch, and the gradients in the leaves' `grad`: those of the batch alone, unless they add up. */
  gradients(batch: readonly Argument[]): Tensor {
    if (executor.isTrace) {
      executor.refuse('a compiled step', 'it changes parameters; call it outside');
    }
    this.#forgetChanged();
    if (this.#reason !== null) return this.#plain(batch);
    const tensors: Tensor[] = [];
    const entry = this.#tracedFor(batch, tensors);
    if (entry === null || !isReplayed(entry.program, tensors)) return this.#plain(batch);
    return this.#replay(entry, tensors);
  }

  // As #entryFor, but for what cannot be traced: such a step is run as it is written, and throws there what the user's code throws.
  #tracedFor(batch: readonly Argument[], tensors: Tensor[]): Entry | null {
    if (!this.#mayRun) return this.#entryFor(batch, tensors);
    try {
      return this.#entryFor(batch, tensors);
    } catch (error) {
      this.#fields.restore();
      this.runAsWritten(error instanceof Error ? error.message : String(error));
      return null;
    }
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
    if (this.#mayRun && this.#reason === null && model.modules().some(isHooked)) {
      this.runAsWritten('the model has hooks, which a replay would not call');
    }
  }

  /** The program for a batch, whose tensors are left in `tensors`; null for a form that is seen for the first time. */
  #entryFor(batch: readonly Argument[], tensors: Tensor[]): Entry | null {
    const latest = this.#latest;
    if (latest !== null && latest.program.isCurrent()) {
      if (fitsForm(batch, latest.form, latest.program.signatures, true, tensors)) return latest;
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
      new Set(this.#adds ? [] : this.#params),
      this.#mayRun,
    );
    const changed = this.#fields.changed();
    if (changed !== null) {
      throw new Error(
        `${this.#operation}: loss changes the field '${changed.name}' of ${changed.module.constructor.name} whenever it runs, and a replay runs no JavaScript; keep what changes in a tensor that is changed in place, or outside of loss`,
      );
    }
    const others = this.#adds ? [] : this.#params.filter((param) => !program.reaches(param));
    return { form, program, others };
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

  /** Loss and gradients as they would be written without this. */
  #plain(batch: readonly Argument[]): Tensor {
    const { loss: lossOf, optimizer } = this.#options;
    if (!this.#adds) optimizer.zeroGrad();
    return withGradMode(true, () => {
      // eslint-disable-next-line no-restricted-syntax -- what this call was given
      const found: unknown = lossOf(...(batch as never[]));
      checkLoss(this.#operation, found);
      found.backward();
      return found.detach();
    });
  }

  /** Clips the gradients, updates the parameters, and lets the schedule go on. */
  update(): void {
    const { maxNorm, clipValue, normType, errorIfNonfinite } = this.#clip;
    const { optimizer, scheduler } = this.#options;
    const { parameters } = this.#fields;
    // An infinite limit makes NaN of gradients whose norm is infinite, as ∞ / ∞ is.
    if (maxNorm !== undefined || errorIfNonfinite) {
      clipGradNorm_(parameters, maxNorm ?? Infinity, { normType, errorIfNonfinite });
    }
    if (clipValue !== undefined) clipGradValue_(parameters, clipValue);
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
