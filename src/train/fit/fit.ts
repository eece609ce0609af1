/** train.fit: a training as one call. This file owns the loop; what its parts do is in the files beside it. */
import { isInstance, surplus } from '../../check';
import type { Argument } from '../../compile';
import { usedOutside } from '../../compile/trace';
import { anyModule } from '../../nn/any-module';
import type { Module } from '../../nn';
import { lrScheduler } from '../../optim';
import type { Tensor } from '../../tensor/tensor';
import { deepcopy } from '../../tensor/deepcopy';
import { TrainingStep } from '../training-step';
import { FitBar } from './bar';
import { hasObjects, withObjects, withoutObjects } from './batch';
import { FitCheckpoint, type BestWeights } from './checkpoint';
import { copyOf, Monitor, type EpochRecord, type FitHistory, type StopReason } from './history';
import { LastGood } from './last-good';
import { Objective } from './objective';
import { readOptions, type FitCallbacks, type FitOptions, type FitPlan } from './options';
import { anyBatches, GeneratorStates, lengthOf, Pass, skip, Turns, type Batches } from './passes';
import { newState, type RunState } from './run-state';
import { unlessAborted } from './source';
import { validate } from './validate';

/** Forms of batches whose programs are kept, as by `compile.step`. */
const cacheSize = 64;

class Fit {
  readonly #plan: FitPlan;
  readonly #objective: Objective;
  readonly #step: TrainingStep;
  readonly #monitor: Monitor;
  readonly #generators: GeneratorStates;
  readonly #checkpoint: FitCheckpoint | null;
  readonly #lastGood: LastGood;
  readonly #turns = new Turns();
  readonly #bar: FitBar;
  #run: RunState = newState();
  #best: BestWeights = null;
  #resumedAt: number | null = null;
  #stopped: StopReason | null = null;
  #startedAt = 0;
  /** Takes a resumption back, until it is certain. */
  #undo: (() => void) | null = null;

  constructor(plan: FitPlan) {
    this.#plan = plan;
    const { model, optimizer, loss, predict, accumulate, metrics, validation } = plan;
    this.#objective = new Objective(model, loss, predict);
    this.#monitor = new Monitor(plan.monitor, plan.mode, metrics, validation !== null);
    this.#step = new TrainingStep('train.fit', {
      model,
      optimizer,
      loss: this.#lossOf,
      clip: plan.clip,
      scheduler: plan.stepScheduler,
      cacheSize,
      adds: accumulate > 1,
      refusals: 'run',
      traces: plan.compile,
    });
    this.#generators = new GeneratorStates(plan.loader, validation);
    this.#checkpoint = plan.checkpoint === null ? null : new FitCheckpoint(plan, this.#generators);
    this.#lastGood = new LastGood(model, optimizer, (batch) => this.#objective.loss(batch));
    this.#bar = new FitBar(plan.progress, plan.epochs, lengthOf(plan.loader));
  }

  readonly #lossOf = (batch: Argument, isFlat: boolean): Tensor => {
    const loss = this.#objective.loss(isFlat ? withObjects(batch) : batch);
    return this.#plan.accumulate === 1 ? loss : loss.div(this.#plan.accumulate);
  };

  async run(): Promise<FitHistory> {
    const { epochs, loader, signal, earlyStopping, model } = this.#plan;
    const batches = lengthOf(loader);
    try {
      let resuming = this.#resume();
      await this.#turns.take();
      while (this.#stopped === null && !this.#isOver() && this.#run.epochs.length < epochs) {
        if (signal?.aborted === true) this.#stopped = 'signal';
        else await this.#epoch(resuming, batches);
        resuming = null;
      }
    } finally {
      this.#bar.close();
    }
    this.#stopped ??= this.#isOver() ? 'earlyStopping' : 'epochs';
    // A training that was interrupted goes on from its last weights.
    if (earlyStopping?.restoreBest === true && this.#best !== null && this.#stopped !== 'signal') {
      model.loadStateDict(this.#best);
    }
    return this.#history();
  }

  /** Whether nothing has improved for too long. */
  #isOver(): boolean {
    const { earlyStopping } = this.#plan;
    return earlyStopping !== null && this.#run.stopping.waited >= earlyStopping.patience;
  }

  /** Goes on from a checkpoint; returns the generators as they were when it was written. */
  #resume(): Uint8Array[] | null {
    if (this.#plan.checkpoint?.resume !== true) return null;
    const found = this.#checkpoint!.load();
    if (found === null) return null;
    this.#run = found.run;
    this.#best = found.best;
    this.#resumedAt = found.run.step;
    this.#lastGood.resume(found.run.step);
    if (found.run.batch === 0) {
      this.#generators.set(found.now);
      return null;
    }
    this.#undo = found.undo;
    return found.now;
  }

  /** One epoch, or the rest of one. */
  async #epoch(now: Uint8Array[] | null, batches: number | undefined): Promise<void> {
    const run = this.#run;
    this.#startedAt = performance.now();
    if (now === null) run.start = this.#generators.take();
    else this.#generators.set(run.start);
    let pass: Pass | null = null;
    try {
      pass = new Pass(this.#plan.loader, run.batch, this.#checkpoint !== null);
      if (now !== null) await this.#skip(pass, now);
      const epoch = run.epochs.length + 1;
      this.#bar.begin(epoch, (batches ?? 0) * (epoch - 1) + run.batch);
      if (this.#stopped === null) await this.#batches(pass, epoch);
      if (this.#stopped === null) await this.#endEpoch(epoch);
      else await pass.close();
    } catch (error) {
      this.#undo?.();
      await pass?.closeQuietly();
      throw error;
    }
  }

  /** Comes to where a run was interrupted within an epoch. */
  async #skip(pass: Pass, now: readonly Uint8Array[]): Promise<void> {
    if (!(await skip(pass, this.#run, this.#plan.signal))) this.#stopped = 'signal';
    this.#generators.set(now);
    this.#undo = null;
  }

  /** The batches of an epoch that are still to come. */
  async #batches(pass: Pass, epoch: number): Promise<void> {
    const { accumulate, optimizer, signal } = this.#plan;
    const run = this.#run;
    const mayWait = pass.isAsync && signal !== null && this.#checkpoint !== null;
    for (;;) {
      // A loader that is waited for may draw before it gives anything.
      const before = mayWait && this.#lastGood.count === 0 ? this.#generators.take() : null;
      const given = pass.next();
      const next = given instanceof Promise ? await unlessAborted(given, signal) : given;
      if (next === null) return this.#stopWaiting(before);
      if (next.done === true) break;
      if (accumulate > 1 && this.#lastGood.count === 0) optimizer.zeroGrad();
      const loss = this.#gradients(next.value);
      run.lossSum += loss;
      run.batch++;
      run.hash = pass.hash;
      this.#bar.update(loss);
      if (this.#lastGood.count < accumulate) continue;
      await this.#update(epoch, loss);
      if (this.#stopped !== null) return;
    }
    if (run.batch === 0) {
      throw new RangeError(
        `train.fit: the loader gave no batches in epoch ${epoch}; give a DataLoader, or what can be gone through again for each epoch`,
      );
    }
    if (this.#lastGood.count > 0) await this.#update(epoch, run.lossSum / run.batch);
  }

  /**
   * Ends training where a batch is waited for. Batches whose step is not complete are lost; the checkpoint is then as it was.
   * @param before the generators when the loader was asked; null within a step
   */
  #stopWaiting(before: Uint8Array[] | null): void {
    this.#stopped = 'signal';
    if (this.#lastGood.count > 0) this.#plan.optimizer.zeroGrad();
    else if (before !== null) this.#save(this.#run.batch === 0 ? this.#run.start : before);
  }

  /** Loss and gradients of a batch. @throws Error for a loss that is no finite number. */
  #gradients(batch: unknown): number {
    const { accumulate } = this.#plan;
    this.#lastGood.add(batch);
    const isFlat = this.#step.reason === null && hasObjects(batch);
    const argument = isFlat ? withoutObjects(batch) : (batch as Argument);
    const loss = this.#lossWithGradients(argument, isFlat) * accumulate;
    if (!Number.isFinite(loss)) this.#diverged(batch, loss);
    return loss;
  }

  // The values of what a trace has left in a variable of the user's are lost.
  #lossWithGradients(batch: Argument, isFlat: boolean): number {
    try {
      return this.#step.gradients([batch, isFlat]).item();
    } catch (error) {
      if (!(error instanceof Error) || error.message !== usedOutside) throw error;
      throw new Error(
        'train.fit: loss keeps a tensor that it made for the next batch; keep the state in an nn.Stateful, or give compile: false',
        { cause: error },
      );
    }
  }

  async #update(epoch: number, loss: number): Promise<void> {
    const run = this.#run;
    this.#lastGood.beforeUpdate(run.step);
    this.#step.update();
    run.step++;
    this.#lastGood.afterUpdate();
    const { callbacks, signal, checkpoint, optimizer } = this.#plan;
    if (callbacks.length > 0) {
      const { step } = run;
      const { lr } = optimizer.paramGroups[0];
      await this.#ask((one) => one.onStep?.({ step, epoch, loss, lr }));
    }
    if (this.#turns.isDue()) await this.#turns.take();
    if (signal?.aborted === true) this.#stopped = 'signal';
    const every = checkpoint?.every ?? null;
    if (this.#stopped !== null || (every !== null && run.step % every === 0)) this.#save(null);
  }

  /** Asks all callbacks, and ends training where one says so. */
  async #ask(
    question: (
      callbacks: FitCallbacks,
    ) => void | boolean | undefined | Promise<void | boolean | undefined>,
  ): Promise<void> {
    for (const one of this.#plan.callbacks) {
      const answer = question(one);
      const verdict = answer instanceof Promise ? await answer : answer;
      if (verdict === false) this.#stopped = 'callback';
    }
  }

  async #endEpoch(epoch: number): Promise<void> {
    const { validation, model, metrics, signal, optimizer } = this.#plan;
    this.#checkWeights();
    // What the validation draws is drawn again where it is interrupted.
    const before = validation === null ? null : this.#generators.take();
    const validated =
      validation === null
        ? null
        : await validate(model, validation, this.#objective, metrics, {
            turns: this.#turns,
            signal,
          });
    if (validation !== null && validated === null) {
      this.#stopped = 'signal';
      this.#save(before);
      return;
    }
    const run = this.#run;
    const record: EpochRecord = {
      epoch,
      loss: run.lossSum / run.batch,
      validation: validated,
      lr: optimizer.paramGroups[0].lr,
      seconds: run.seconds + (performance.now() - this.#startedAt) / 1000,
    };
    run.epochs.push(record);
    run.batch = run.lossSum = run.seconds = run.hash = 0;
    run.start = [];
    this.#watch(record);
    this.#bar.end(record);
    await this.#ask((one) => one.onEpoch?.(copyOf(record), this.#history()));
    if (signal?.aborted === true) this.#stopped = 'signal';
    this.#save(null);
  }

  /** Lets the schedule, early stopping and the best epoch know of an epoch. */
  #watch(record: EpochRecord): void {
    const { epochScheduler, earlyStopping, checkpoint, model } = this.#plan;
    const run = this.#run;
    const value = this.#monitor.of(record);
    if (isInstance(epochScheduler, lrScheduler.ReduceLROnPlateau)) epochScheduler.step(value);
    else epochScheduler?.step();
    if (this.#monitor.isBetter(value, run.best?.value ?? null, 0)) {
      run.best = { epoch: record.epoch, value };
      if (earlyStopping?.restoreBest === true) this.#best = deepcopy(model.stateDict());
      if (checkpoint?.keepBest === true) this.#checkpoint!.saveBest();
    }
    if (earlyStopping === null) return;
    const { stopping } = run;
    if (this.#monitor.isBetter(value, stopping.best, earlyStopping.minDelta)) {
      stopping.best = value;
      stopping.waited = 0;
    } else stopping.waited++;
  }

  #save(now: Uint8Array[] | null): void {
    if (this.#checkpoint === null) return;
    this.#checkWeights();
    const run = this.#run;
    const isWithin = run.batch > 0;
    const seconds = isWithin
      ? run.seconds + (performance.now() - this.#startedAt) / 1000
      : run.seconds;
    this.#checkpoint.save({ ...run, seconds }, this.#best, now);
  }

  #history(): FitHistory {
    const { epochs, step, best } = this.#run;
    return {
      epochs: epochs.map(copyOf),
      steps: step,
      stopped: this.#stopped ?? 'epochs',
      monitor: this.#monitor.name,
      best: best === null ? null : { epoch: best.epoch, value: best.value },
      compiled: this.#step.reason === null,
      reason: this.#step.reason,
      resumedAt: this.#resumedAt,
    };
  }

  /** @throws Error where the last update has left something in the weights that is no finite number. */
  #checkWeights(): void {
    if (this.#lastGood.isRuined()) this.#fail(this.#lastGood.takeBackUpdate(this.#run.step));
  }

  /** @throws Error always: of weights that are no finite numbers, or of the loss that is none. */
  #diverged(batch: unknown, loss: number): never {
    this.#checkWeights();
    this.#fail(this.#lastGood.takeBackLoss(this.#run.step, batch, loss));
  }

  #fail(why: string): never {
    this.#stopped = 'error';
    throw Object.assign(new Error(`train.fit: ${why}`), { history: this.#history() });
  }
}

const inTraining = new WeakSet<Module>();

/**
 * Trains a model on the batches of a loader, epoch after epoch, with the bits of the loop that is written out:
 *
 *     for each batch: optimizer.zeroGrad(); loss = …; loss.backward(); clip; optimizer.step(); scheduler.step() if it is of steps
 *     after each epoch: validation in evaluation mode; scheduler.step() if it is of epochs
 *
 * `loss` is a function of a batch that returns one element, or a criterion (a Module) of output and target: those that `predict`
 * gives of a batch, or of a batch `[input, target]` the output `model.forward(input)`. Steps are traced and replayed by what
 * `compile.step` does where they can be; else they are run as they are written, and the history says why.
 *
 * Between steps the event loop has a turn at least every 10 ms, or after each step that takes longer. An aborted `signal` ends
 * training after the step at hand, or at once where a batch is waited for; all is then as that step left it. With a `checkpoint` it
 * can be resumed from there, or after the process was killed, bit for bit: weights, optimizer, schedule, generators, the place in the
 * epoch, states of `nn.Stateful`, history. The loader's iterator is closed however training ends.
 *
 * A loss that is no finite number ends it with an error that names the operation that made the first one; the model then has the
 * weights with which the loss was finite last, and the error a `history`, stopped by `'error'`. The optimizer's state is not taken back.
 *
 * @param loader a DataLoader, or another iterable (also an asynchronous one) that can be gone through again for each epoch; an array is
 * copied, its batches' arrays and objects too
 * @returns a promise of the history: for each epoch its loss, validation, learning rate and time, and why it ended
 * @throws TypeError, RangeError for what is no option, and options that do not go together; Error for a model in evaluation mode, one
 * that is being trained already, and a checkpoint that cannot be written. The promise is rejected with what the loss, the loader and
 * callbacks throw, with RangeError for a checkpoint of another training, and with Error for a loss that is no finite number.
 * @example
 * const x = randn([32, 3]);
 * const pairs = new data.TensorDataset(x, x.sum(1, { keepdim: true }));
 * const loader = new data.DataLoader(pairs, { batchSize: 8, shuffle: true });
 * const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Tanh(), new nn.Linear(8, 1));
 * const training = train.fit(model, loader, {
 *   loss: new nn.MSELoss(),
 *   optimizer: new optim.Adam(model.parameters(), { lr: 1e-2 }),
 *   epochs: 3,
 * });
 * void training.then((history) => history.epochs.map(({ loss }) => loss));
 */
export function fit<Batch>(
  model: Module,
  loader: Batches<Batch>,
  options: FitOptions<NoInfer<Batch>>,
): Promise<FitHistory> {
  if (arguments.length > 3) surplus('train.fit', arguments, 3, 'options');
  anyModule.check('train.fit', 'model', model);
  anyBatches.check('train.fit', 'loader', loader);
  const plan = readOptions(model, loader, options as unknown as FitOptions<never>);
  if (inTraining.has(model)) {
    throw new Error('train.fit: the model is being trained by another call; await that first');
  }
  const made = new Fit(plan);
  inTraining.add(model);
  return made.run().finally(() => inTraining.delete(model));
}
