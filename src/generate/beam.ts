/**
 * Beam search: the K most probable hypotheses of each row are extended together, until none of them can beat the
 * finished ones.
 */
import { noGrad } from '../autograd/mode';
import { add, logSoftmax, reshape, tensor, topk } from '../ops';
import { finite, optionsTable, positiveInteger, surplus } from '../check';
import { raised } from '../nn/powers';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { Runner, type Model } from './model';
import { inputOf, isSingle, ownPrompt, promptRows, type Prompt, type Prompts } from './prompt';
import { ban, checkScores, penalize, repetitionField } from './scores';
import {
  checkLimits,
  checkVocabulary,
  lengthFields,
  type LengthOptions,
  type Limits,
} from './tokens';

/** Options of `beamSearch`. */
export interface BeamOptions<S = unknown> extends LengthOptions<S> {
  /** Beam width K: hypotheses that are kept at each step. Default: 4. */
  beams?: number;
  /**
   * Finished rows are compared by log-probability / length^lengthPenalty: above 0 in favour of long ones, 0 for the
   * plain log-probability. Default: 1.
   */
  lengthPenalty?: number;
  /** As in `tokens`. */
  repetitionPenalty?: number;
}

const beamOptions = optionsTable<BeamOptions, 'repetitionPenalty' | 'state' | 'vocabularySize'>(
  'generate.beamSearch',
  {
    beams: positiveInteger.or(4),
    lengthPenalty: finite.or(1),
    ...repetitionField,
    ...lengthFields,
  },
);

/** A hypothesis: one continuation of a prompt. */
export interface Hypothesis {
  /** Without prompt and stop token. */
  readonly tokens: number[];
  /** What hypotheses are compared by: logProbability / length^lengthPenalty, the stop token counted in the length. */
  readonly score: number;
  /** Of all tokens, the stop token included. */
  readonly logProbability: number;
  /** Whether a stop token ended it, not the length limit. */
  readonly stopped: boolean;
}

interface Beam {
  readonly tokens: number[];
  readonly logProbability: number;
  readonly seen: ReadonlySet<number>;
}

/** length^penalty, each computed once; that of an empty hypothesis is 1. */
class LengthPenalties {
  readonly #known = new Map<number, number>();
  constructor(readonly penalty: number) {}

  of(length: number): number {
    let found = this.#known.get(length);
    if (found === undefined) {
      found = raised(Math.max(length, 1), this.penalty);
      this.#known.set(length, found);
    }
    return found;
  }
}

/** The finished hypotheses of one row: the K best, best first. */
class Finished {
  readonly best: Hypothesis[] = [];
  constructor(
    private readonly beams: number,
    private readonly penalties: LengthPenalties,
    private readonly maxLength: number,
  ) {}

  #score(logProbability: number, length: number): number {
    return logProbability / this.penalties.of(length);
  }

  add({ tokens, logProbability }: Beam, stopped: boolean): void {
    const score = this.#score(logProbability, tokens.length + (stopped ? 1 : 0));
    let at = this.best.length;
    while (at > 0 && this.best[at - 1].score < score) at--;
    this.best.splice(at, 0, { tokens, score, logProbability, stopped });
    this.best.length = Math.min(this.best.length, this.beams);
  }

  /** Whether a beam of this log-probability and any greater length could still come in. */
  canImprove(logProbability: number, length: number): boolean {
    if (this.best.length < this.beams) return true;
    // Log-probabilities only fall, and a penalty above 0 favours the greatest length.
    const longest = this.penalties.penalty > 0 ? this.maxLength + 1 : length;
    return this.#score(logProbability, longest) > this.best[this.best.length - 1].score;
  }
}

interface Search<S> {
  readonly runner: Runner<S>;
  readonly limits: Limits;
  readonly beams: number;
  readonly lengthPenalty: number;
  readonly repetitionPenalty: number;
  readonly batchFirst: boolean;
}

const rowIndex = (rows: readonly number[]): Tensor => tensor(Int32Array.from(rows));

/** All prompts have one length. */
function search<S>(
  operation: string,
  prompts: readonly (readonly number[])[],
  start: S | undefined,
  { runner, limits, beams: K, lengthPenalty, repetitionPenalty, batchFirst }: Search<S>,
): Hypothesis[][] {
  const { maxLength, minLength, stop } = limits;
  const penalties = new LengthPenalties(lengthPenalty);
  const finished = prompts.map(() => new Finished(K, penalties, maxLength));
  // beams[n] are the live ones of row n; rows without any take part no more.
  let beams: Beam[][] = prompts.map((prompt) => [
    { tokens: [], logProbability: 0, seen: new Set(prompt) },
  ]);
  let [scores, state] = runner.last(inputOf(prompts, batchFirst), start);
  checkVocabulary(operation, scores, prompts, stop);
  const size = sizesOf(scores)[1];
  for (let length = 0; length < maxLength; length++) {
    const live = beams.flat();
    let seen = penalize(
      scores,
      repetitionPenalty,
      live.map((beam) => beam.seen),
    );
    if (length < minLength && stop.size > 0) seen = ban(seen, stop, () => true);
    checkScores(operation, seen);
    const totals = add(
      logSoftmax(seen, 1),
      reshape(
        tensor(
          live.map((beam) => beam.logProbability),
          { dtype: scores.dtype },
        ),
        [-1, 1],
      ),
    );
    // Enough candidates that K remain even if every stop token of every beam is among them.
    const wanted = K * (stop.size + 1);
    const from: number[] = [];
    const next: number[] = [];
    let first = 0;
    beams = beams.map((own, n) => {
      const count = own.length;
      if (count === 0) return [];
      const block = reshape(totals.narrow(0, first, count), [count * size]);
      const [values, places] = [...topk(block, Math.min(wanted, count * size))].map((x) =>
        x.toTypedArray(),
      );
      const kept: Beam[] = [];
      for (let i = 0; i < places.length && kept.length < K; i++) {
        if (values[i] === -Infinity) break;
        const [beam, token] = [Math.floor(places[i] / size), places[i] % size];
        const { tokens, seen: had } = own[beam];
        if (stop.has(token)) {
          // A stop token below the K best would finish what the search has not chosen to follow.
          if (i < K) finished[n].add({ tokens, logProbability: values[i], seen: had }, true);
          continue;
        }
        kept.push({
          tokens: [...tokens, token],
          logProbability: values[i],
          seen: repetitionPenalty === 1 ? had : new Set(had).add(token),
        });
        from.push(first + beam);
        next.push(token);
      }
      first += count;
      const hopeful = kept.some((beam) => finished[n].canImprove(beam.logProbability, length + 1));
      if (hopeful) return kept;
      from.length -= kept.length;
      next.length -= kept.length;
      return [];
    });
    if (next.length === 0 || length + 1 === maxLength) break;
    state = runner.select(state, rowIndex(from));
    [scores, state] = runner.last(
      inputOf(
        next.map((token) => [token]),
        batchFirst,
      ),
      state,
    );
  }
  beams.forEach((own, n) => own.forEach((beam) => finished[n].add(beam, false)));
  return finished.map(({ best }) => best);
}

/**
 * The most probable continuations of a prompt, or of each prompt of a batch, as beam search finds them (Sutskever
 * et al. 2014; length penalty as in Wu et al. 2016, with its simple form length^α).
 *
 * @param model as in `tokens`; its state is a nest of [layers, N, features] and [N, features] tensors, or it has a
 *   `selectState`
 * @returns up to `beams` hypotheses, best first; for a batch an array of such
 * @throws RangeError for an empty prompt, a token outside the vocabulary, options out of range, and scores that hold NaN or
 * ∞ or leave no token.
 * @example
 * const model = (x: Tensor): [Tensor, null] => [nn.functional.oneHot(x, 5).float(), null]; // likes its input best
 * const [best] = generate.beamSearch(model, [3], { beams: 2, maxLength: 4 });
 * best.tokens; // [3, 3, 3, 3]
 */
export function beamSearch<S>(
  model: Model<S>,
  prompt: Prompt,
  options?: BeamOptions<S>,
): Hypothesis[];
export function beamSearch<S>(
  model: Model<S>,
  prompt: Prompts,
  options?: BeamOptions<S>,
): Hypothesis[][];
export function beamSearch<S>(
  model: Model<S>,
  given: Prompt | Prompts,
  options?: BeamOptions<S>,
): Hypothesis[] | Hypothesis[][] {
  if (arguments.length > 3) surplus('generate.beamSearch', arguments, 3, 'options');
  const operation = 'generate.beamSearch';
  const read = beamOptions.read(options) as BeamOptions<S>;
  const { beams = 4, lengthPenalty = 1, batchFirst = false, repetitionPenalty = 1, state } = read;
  const limits = checkLimits(operation, read);
  const prompt = ownPrompt(given);
  const prompts = promptRows(operation, prompt, read.vocabularySize);
  const runner = new Runner(operation, model, batchFirst);
  const how = { runner, limits, beams, lengthPenalty, repetitionPenalty, batchFirst };
  // Prompts of one length are searched together.
  const groups = new Map<number, number[]>();
  prompts.forEach(({ length }, n) => groups.set(length, [...(groups.get(length) ?? []), n]));
  const out = new Array<Hypothesis[]>(prompts.length);
  for (const rows of groups.values()) {
    const own = prompts.filter((_, n) => rows.includes(n));
    const part =
      state === undefined || groups.size === 1 ? state : runner.select(state, rowIndex(rows));
    noGrad(() => search(operation, own, part, how)).forEach((found, i) => (out[rows[i]] = found));
  }
  return isSingle(prompt) ? out[0] : out;
}
