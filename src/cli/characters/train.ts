/**
 * Trains a character-level model by truncated back-propagation through time: the state is carried from batch
 * to batch, gradients are not. An async generator, so that the caller prints, saves and stops as it likes,
 * and signals are handled between steps.
 */
import { noGrad } from '../../autograd/mode';
import { functional, utils } from '../../nn';
import { Adam } from '../../optim';
import type { Tensor } from '../../tensor/tensor';
import type { CharacterModel, State } from './model';
import { Streams } from './streams';
import { cos } from '../../native/scalar';

export interface TrainOptions {
  /** Batches to train on, over as many passes as that takes. */
  steps: number;
  /** Parallel streams: the batch size. */
  batchSize: number;
  /** Steps of truncated back-propagation, in characters. */
  sequenceLength: number;
  /** Adam's first learning rate; it falls along a cosine to a tenth. */
  lr: number;
  /** Gradients are scaled down to this total norm. */
  clip: number;
  /** Steps between evaluations on the validation text. */
  validateEvery: number;
  /** Steps between two samples of the model by the caller. */
  sampleEvery?: number;
}

export interface Progress {
  /** Steps done. */
  step: number;
  /** Mean cross-entropy of this batch, in nats a character. */
  loss: number;
  /** Characters in this batch. */
  characters: number;
  /** Of the validation text, when it was looked at after this step. */
  validationLoss: number | null;
  /** Whether the loss has stopped being a finite number: the model then has the last weights whose loss was one. */
  diverged: boolean;
}

function scores(model: CharacterModel, input: Tensor, state: State | undefined): [Tensor, State] {
  const [out, next] = model.forward(input, state);
  return [out.reshape([-1, model.vocabularySize]), next];
}

/** Mean cross-entropy of the model on a text, in nats a character; at most `limit` batches of it. */
export function evaluate(model: CharacterModel, streams: Streams, limit = 20): number {
  const training = model.training;
  model.eval();
  const total = noGrad(() => {
    let sum = 0;
    let state: State | undefined;
    const count = Math.min(streams.batches, limit);
    for (let i = 0; i < count; i++) {
      const { input, target } = streams.get(i);
      const [out, next] = scores(model, input, state);
      state = next;
      sum += functional.crossEntropy(out, target.reshape([-1])).item();
    }
    return sum / count;
  });
  model.train(training);
  return total;
}

/**
 * Trains until `steps` batches are done or `signal` aborts, yielding after each batch.
 * @throws RangeError when the text is too short for one batch.
 */
export async function* trainCharacters(
  model: CharacterModel,
  data: { train: Int32Array; validation: Int32Array | null },
  options: TrainOptions,
  signal?: AbortSignal,
): AsyncGenerator<Progress> {
  const streams = new Streams(data.train, options.batchSize, options.sequenceLength);
  if (streams.batches === 0) {
    throw new RangeError(
      `trainCharacters: ${data.train.length} characters are too few for one batch`,
    );
  }
  const validation =
    data.validation === null
      ? null
      : new Streams(data.validation, options.batchSize, options.sequenceLength);
  const parameters = model.parameters();
  const optimizer = new Adam(parameters, { lr: options.lr });
  // The last weights whose loss was finite.
  const kept = parameters.map((p) => p.detach().clone());
  const restore = (): void => noGrad(() => parameters.forEach((p, i) => p.copy_(kept[i])));
  let state: State | undefined;
  for (let step = 0; step < options.steps; step++) {
    // Give signals, timers and the terminal their turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) return;
    const { input, target, starts } = streams.get(step % streams.batches);
    const carried: State | undefined =
      starts || state === undefined ? undefined : [state[0].detach(), state[1].detach()];
    const share = step / options.steps;
    optimizer.paramGroups[0].lr = options.lr * (0.55 + 0.45 * cos(Math.PI * share));
    optimizer.zeroGrad();
    const [out, next] = scores(model, input, carried);
    const loss = functional.crossEntropy(out, target.reshape([-1]));
    const value = loss.item();
    const characters = streams.rows * streams.steps;
    const done = { step: step + 1, loss: value, characters, validationLoss: null };
    if (!Number.isFinite(value)) {
      restore();
      yield { ...done, diverged: true };
      return;
    }
    kept.forEach((p, i) => p.copy_(parameters[i].detach()));
    loss.backward();
    utils.clipGradNorm_(parameters, options.clip);
    optimizer.step();
    state = next;
    const isDue = (every: number): boolean => (step + 1) % every === 0;
    const looks = step + 1 === options.steps || isDue(options.validateEvery);
    const validationLoss = validation !== null && looks ? evaluate(model, validation) : null;
    // Weights that compute NaN are neither sampled from nor saved.
    const used = looks || isDue(options.sampleEvery ?? options.validateEvery);
    const after = used ? noGrad(() => functional.crossEntropy(scores(model, input, carried)[0], target.reshape([-1])).item()) : 0; // prettier-ignore
    const diverged = !Number.isFinite(after) || !Number.isFinite(validationLoss ?? 0);
    if (diverged) restore();
    yield { ...done, validationLoss: diverged ? null : validationLoss, diverged };
    if (diverged) return;
  }
}
