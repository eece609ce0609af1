/**
 * From scores to the next token: repetition penalty, temperature, top-k, top-p, then the most probable token or a draw.
 * In this order, each on what the one before has left.
 */
import { boolean, positiveInteger, rule } from '../check';
import { amax, argmax, div, softmax, topk } from '../ops';
import { copyOf } from '../ops/kernels/copy';
import { multinomial, type Generator } from '../random';
import { drawFields } from '../random/generator';
import { elementsOf, sizesOf, type Tensor } from '../tensor/tensor';

/** How the next token is chosen. Without any of the sampling options it is the most probable one. */
export interface ChoiceOptions {
  /** Draw from the distribution. Default: true when one of the next three is given, else false. */
  sample?: boolean;
  /** Divides the scores: below 1 bolder, above 1 more varied. Default: 1. */
  temperature?: number;
  /** Draw among the k most probable tokens only (Fan et al. 2018). */
  topK?: number;
  /** Draw among the fewest tokens whose probabilities sum to at least p (Holtzman et al. 2020). */
  topP?: number;
  /**
   * Scores of tokens that the row already has, prompt included, are divided by it when positive and multiplied when
   * negative (Keskar et al. 2019): above 1 against repetition. Default: 1.
   */
  repetitionPenalty?: number;
  /** Where draws come from; the global generator unless given. */
  generator?: Generator;
}

/** Options that were checked. */
export interface Choice {
  readonly sample: boolean;
  readonly temperature: number;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly repetitionPenalty: number;
  readonly generator: Generator | undefined;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';
const aboveZero = rule<number>(
  'a finite number above 0',
  isNumber,
  (value) => value > 0 && value < Infinity,
);

export const repetitionField = { repetitionPenalty: aboveZero.optional };

/** The rows of `ChoiceOptions` in a table of options; their defaults depend on one another. */
export const choiceFields = {
  sample: boolean.optional,
  temperature: aboveZero.optional,
  topK: positiveInteger.optional,
  topP: rule<number>('a number above 0 and at most 1', isNumber, (value) => value > 0 && value <= 1)
    .optional,
  ...repetitionField,
  ...drawFields,
};

/** @throws RangeError for options that exclude each other. */
export function checkChoice(operation: string, options: ChoiceOptions): Choice {
  const { temperature = 1, topK = null, topP = null, repetitionPenalty = 1, generator } = options;
  const given = (['temperature', 'topK', 'topP'] as const).filter(
    (name) => options[name] !== undefined,
  );
  const { sample = given.length > 0 } = options;
  if (!sample && given.length > 0) {
    throw new RangeError(
      `${operation}: ${given.join(', ')} belong${given.length === 1 ? 's' : ''} to sampling, which { sample: false } switches off`,
    );
  }
  return { sample, temperature, topK, topP, repetitionPenalty, generator };
}

/** Scores [N, V] with those of the tokens that a row has had made less likely (more likely below 1). */
export function penalize(
  scores: Tensor,
  penalty: number,
  history: readonly ReadonlySet<number>[],
): Tensor {
  if (penalty === 1) return scores;
  const out = copyOf(scores);
  const values = elementsOf(out, out.numel);
  const size = sizesOf(scores)[1];
  history.forEach((tokens, n) => {
    for (const token of tokens) {
      const at = n * size + token;
      values[at] = values[at] > 0 ? values[at] / penalty : values[at] * penalty;
    }
  });
  return out;
}

/** Scores [N, V] with −∞ for the given tokens, in rows where `banned` is true. */
export function ban(
  scores: Tensor,
  tokens: Iterable<number>,
  banned: (row: number) => boolean,
): Tensor {
  const out = copyOf(scores);
  const values = elementsOf(out, out.numel);
  const [rows, size] = sizesOf(scores);
  for (let n = 0; n < rows; n++) {
    if (banned(n)) for (const token of tokens) values[n * size + token] = -Infinity;
  }
  return out;
}

/** Scores [N, V] with −∞ for all but the k largest of each row; what equals the last of them stays. */
function keepTopK(scores: Tensor, k: number): Tensor {
  const [rows, size] = sizesOf(scores);
  if (k >= size) return scores;
  const least = topk(scores, k, 1)[0]
    .select(1, k - 1)
    .toTypedArray();
  const out = copyOf(scores);
  const values = elementsOf(out, out.numel);
  for (let i = 0; i < rows * size; i++) {
    if (values[i] < least[Math.floor(i / size)]) values[i] = -Infinity;
  }
  return out;
}

// How many of a row's tokens, from the most probable on, are looked at before all are sorted.
const firstCandidates = 64;

/** Scores [N, V] with −∞ for all but the fewest tokens of each row whose probabilities sum to at least p. */
function keepTopP(scores: Tensor, p: number): Tensor {
  if (p === 1) return scores;
  const [rows, size] = sizesOf(scores);
  const probabilities = softmax(scores, 1);
  const out = copyOf(scores);
  const values = elementsOf(out, out.numel);
  for (let n = 0; n < rows; n++) {
    const row = probabilities.select(0, n);
    let kept: ArrayLike<number> | null = null;
    for (const candidates of [Math.min(firstCandidates, size), size]) {
      const [best, places] = [...topk(row, candidates)].map((x) => x.toTypedArray());
      let sum = 0;
      let count = 0;
      while (count < candidates && sum < p) sum += best[count++];
      kept = places.subarray(0, count);
      if (sum >= p) break;
    }
    const keep = new Set(Array.from(kept!));
    for (let i = 0; i < size; i++) if (!keep.has(i)) values[n * size + i] = -Infinity;
  }
  return out;
}

/** @throws RangeError for a row [N, V] without a best token: one with NaN or +∞, or with −∞ alone. */
export function checkScores(operation: string, scores: Tensor): void {
  const best = amax(scores, 1).toTypedArray();
  for (let n = 0; n < best.length; n++) {
    if (Number.isFinite(best[n])) continue;
    const what = best[n] === -Infinity ? 'leave no token to choose' : `hold ${best[n]}`;
    throw new RangeError(`${operation}: the scores of row ${n} ${what}`);
  }
}

/** The next token of every row, from scores [N, V] that `penalize` and `ban` have seen. */
export function choose(operation: string, scores: Tensor, choice: Choice): Int32Array {
  const { sample, temperature, topK, topP, generator } = choice;
  checkScores(operation, scores);
  if (!sample) return argmax(scores, 1).toTypedArray<Int32Array>();
  if (topK !== null && topK > sizesOf(scores)[1]) {
    throw new RangeError(
      `${operation}: topK must be at most the vocabulary's size, ${sizesOf(scores)[1]}, got ${topK}`,
    );
  }
  let kept = temperature === 1 ? scores : div(scores, temperature);
  if (topK !== null) kept = keepTopK(kept, topK);
  if (topP !== null) kept = keepTopP(kept, topP);
  return multinomial(softmax(kept, 1), 1, { generator }).toTypedArray<Int32Array>();
}
