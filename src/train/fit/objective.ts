/** What a batch is asked for: its loss, and what the model says of it beside what it should say. */
import { describe, isArray, isInstance } from '../../check';
import { Module } from '../../nn';
import { isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** What the model says of a batch, and what it should say. */
export type Prediction = readonly [output: Tensor, target: Tensor];

/** The loss as `train.fit` takes it: of a batch, or of an output and its target. */
export type Loss<Batch> = ((batch: Batch) => Tensor) | Module;

const hint = 'give predict: (batch) => [output, target], or a loss of the whole batch';

export class Objective {
  readonly #model: Module;
  readonly #loss: Loss<unknown>;
  readonly #predict: ((batch: unknown) => unknown) | null;

  constructor(model: Module, loss: Loss<unknown>, predict: ((batch: unknown) => unknown) | null) {
    this.#model = model;
    this.#loss = loss;
    this.#predict = predict;
  }

  /**
   * The loss of a batch, one element.
   * @throws TypeError, RangeError for what is none.
   */
  loss(batch: unknown): Tensor {
    const loss = this.#loss;
    if (!isInstance(loss, Module)) return checked((loss as (batch: unknown) => unknown)(batch));
    const [output, target] = this.predict(batch);
    return checked(loss.forward(output, target));
  }

  /** Loss and prediction of a batch, of one forward where that is enough. */
  both(batch: unknown): { readonly loss: Tensor; readonly prediction: Prediction } {
    const prediction = this.predict(batch);
    const loss = isInstance(this.#loss, Module)
      ? checked(this.#loss.forward(prediction[0], prediction[1]))
      : this.loss(batch);
    return { loss, prediction };
  }

  /**
   * What the model says of a batch, and what it should say.
   * @throws TypeError for a batch of which that is not known.
   */
  predict(batch: unknown): Prediction {
    const found = this.#predict === null ? this.#ofPair(batch) : this.#predict(batch);
    const isPair = isArray(found) && found.length === 2;
    const output = isPair ? found[0] : undefined;
    const target = isPair ? found[1] : undefined;
    if (isTensor(output) && isTensor(target)) return [output, target];
    const what =
      this.#predict === null
        ? `model.forward must return a Tensor and the target be one, got ${describe(output)} and ${describe(target)}; ${hint}`
        : `predict must return [output, target], two tensors, got ${describe(found)}`;
    throw new TypeError(`train.fit: ${what}`);
  }

  #ofPair(batch: unknown): unknown {
    if (isArray(batch) && batch.length === 2) return [this.#model.forward(batch[0]), batch[1]];
    throw new TypeError(
      `train.fit: a batch must be [input, target] for a criterion and for metrics, got ${describe(batch)}; ${hint}`,
    );
  }
}

function checked(loss: unknown): Tensor {
  if (!isTensor(loss)) {
    const got = loss instanceof Promise ? 'a promise; it must not be async' : describe(loss);
    throw new TypeError(`train.fit: loss must return a Tensor of one element, got ${got}`);
  }
  if (loss.numel === 1) return loss;
  throw new RangeError(
    `train.fit: loss must return a Tensor of one element, got shape ${showShape(sizesOf(loss))}; use mean() or sum()`,
  );
}
