/** Sampling text from a character-level model, one character at a time with carried state. */
import { noGrad } from '../autograd/mode';
import { functional } from '../nn';
import { tensor } from '../ops';
import { multinomial } from '../random';
import type { Tensor } from '../tensor/tensor';

/** What sampling needs of a model: scores [T, 1, V] for characters [T, 1], and the state to go on from. */
export interface StepModel<S> {
  forward(input: Tensor, state?: S): [Tensor, S];
}

export interface SampleOptions {
  /** Characters to generate. */
  length: number;
  /** Divides the scores: below 1 bolder, above 1 more varied. */
  temperature: number;
}

/**
 * Yields the indices of `length` characters that follow `prompt`, each drawn from the model's distribution.
 * @throws RangeError for an empty prompt or a temperature that is not positive.
 */
export function* sampleCharacters<S>(
  model: StepModel<S>,
  prompt: Int32Array,
  { length, temperature }: SampleOptions,
): Generator<number> {
  if (prompt.length === 0) throw new RangeError('sampleCharacters: the prompt is empty');
  if (!(temperature > 0) || temperature === Infinity) {
    throw new RangeError(`sampleCharacters: temperature must be above 0, got ${temperature}`);
  }
  let state: S | undefined;
  let input = tensor(prompt).reshape([-1, 1]);
  for (let i = 0; i < length; i++) {
    const index = noGrad(() => {
      const [scores, next] = model.forward(input, state);
      state = next;
      const last = scores.select(0, -1).div(temperature);
      return multinomial(functional.softmax(last, -1), 1).item();
    });
    yield index;
    input = tensor(Int32Array.of(index)).reshape([1, 1]);
  }
}
