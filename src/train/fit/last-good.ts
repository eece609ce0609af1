/** The last step whose loss was finite: what takes an update back that ruined the weights, and what tells which operation did. */
import type { Module } from '../../nn';
import type { Optimizer } from '../../optim';
import { defaultGenerator } from '../../random/generator';
import { accumulatedOf, type Tensor } from '../../tensor/tensor';
import { firstInBackward, firstInForward, foundIn } from './first-bad';
import { WeightCopies } from './weight-copies';

export class LastGood {
  readonly #model: Module;
  readonly #optimizer: Optimizer;
  readonly #lossOf: (batch: unknown) => Tensor;
  readonly #weights: WeightCopies;
  /** The step that the copies are from before, and the one that training began or was resumed with. */
  #step = 0;
  #first = 0;
  /** What the model came with that is no finite number. */
  #cameWith: string | null;
  /** Batches of the step at hand, and of the one before. */
  #batches: unknown[] = [];
  #batchesBefore: unknown[] = [];
  /** The default generator before the batch at hand, and before the step before. */
  #drawn: Uint8Array | null = null;
  #drawnBefore: Uint8Array | null = null;

  constructor(model: Module, optimizer: Optimizer, lossOf: (batch: unknown) => Tensor) {
    this.#model = model;
    this.#optimizer = optimizer;
    this.#lossOf = lossOf;
    this.#weights = new WeightCopies(model);
    this.#cameWith = foundIn(model);
  }

  /** Training goes on from `step`, with the weights that the model has now. */
  resume(step: number): void {
    this.#step = this.#first = step;
    this.#weights.begin();
    this.#cameWith = foundIn(this.#model);
  }

  /** How many batches the step at hand has had. */
  get count(): number {
    return this.#batches.length;
  }

  /** A batch is about to be computed. */
  add(batch: unknown): void {
    if (this.count === 0) this.#drawn = defaultGenerator.keep(this.#drawn);
    this.#batches.push(batch);
  }

  /** `step` is about to update weights that its loss has shown to be good. */
  beforeUpdate(step: number): void {
    this.#weights.take();
    this.#step = step;
  }

  /** The next step begins. */
  afterUpdate(): void {
    [this.#batches, this.#batchesBefore] = [this.#batchesBefore, this.#batches];
    [this.#drawn, this.#drawnBefore] = [this.#drawnBefore, this.#drawn];
    this.#batches.length = 0;
  }

  /** Whether a parameter that is updated holds what is no finite number, and did not when training began. */
  isRuined(): boolean {
    const updated = new Set<Tensor>(this.#optimizer.paramGroups.flatMap(({ params }) => params));
    return this.#model
      .parameters()
      .some(
        (param) =>
          updated.has(param) &&
          (param.requiresGrad || accumulatedOf(param) !== null) &&
          this.#weights.isRuined(param),
      );
  }

  /** Takes back the update of `step`, which left no finite weights; returns why, and what the model has now. */
  takeBackUpdate(step: number): string {
    const { paramGroups, constructor } = this.#optimizer;
    this.#goBack(this.#drawnBefore);
    const why =
      firstInBackward(this.#lossOf, this.#batchesBefore) ??
      `the update by ${constructor.name} at learning rate ${paramGroups[0].lr} went beyond the finite numbers`;
    return `step ${step} left no finite weights: ${why}${this.#end(step)}`;
  }

  /** The same of the step after `step`, whose loss of `batch` is `loss`. */
  takeBackLoss(step: number, batch: unknown, loss: number): string {
    if (this.#drawn !== null) defaultGenerator.putBack(this.#drawn);
    const why =
      firstInForward(this.#model, this.#lossOf, this.#batches.slice(0, -1), batch) ??
      'no operation made it when the step was run again';
    return `the loss of step ${step + 1} is ${loss}: ${why}${this.#end(step)}`;
  }

  #goBack(drawn: Uint8Array | null): void {
    this.#weights.restore();
    if (drawn !== null) defaultGenerator.putBack(drawn);
    this.#optimizer.zeroGrad();
  }

  // What was run again has left gradients and perhaps other buffers.
  #end(step: number): string {
    this.#goBack(null);
    const came = this.#cameWith === null ? '' : `; the model came with ${this.#cameWith}`;
    const has =
      step === this.#first
        ? 'the model is as it was at the beginning'
        : `the model has the weights from before step ${this.#step + 1}, the last with a finite loss`;
    return `${came}; ${has}`;
  }
}
