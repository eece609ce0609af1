/**
 * Generating tokens one after the other: the most probable or drawn ones, for one prompt or a batch, all at once or as a
 * stream. Beam search is in beam.ts.
 */
import {
  arrayOf,
  boolean,
  count,
  either,
  instanceOf,
  integer,
  optionsTable,
  positiveInteger,
  rule,
  surplus,
} from '../check';
import { noGrad } from '../autograd/mode';
import { indexSelect, tensor } from '../ops';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { Runner, type Model } from './model';
import {
  checkToken,
  inputOf,
  isSingle,
  ownPrompt,
  promptRows,
  type Prompt,
  type Prompts,
} from './prompt';
import {
  ban,
  checkChoice,
  choiceFields,
  choose,
  penalize,
  type Choice,
  type ChoiceOptions,
} from './scores';

/** How far a row goes, and where it starts. */
export interface LengthOptions<S> {
  /** Most tokens to generate for a row. Default: 100. */
  maxLength?: number;
  /** Fewest tokens before a stop token may end a row. Default: 0. */
  minLength?: number;
  /** Tokens that end a row; they are not part of the result. */
  stop?: number | readonly number[];
  /** Inputs and scores are [N, T, …] instead of [T, N, …]. Default: false. */
  batchFirst?: boolean;
  /** The state that the prompt starts from, for example an encoder's last one. */
  state?: S;
  /** Checks the prompt before the model sees it; the scores say it afterwards. */
  vocabularySize?: number;
}

/** Options of `tokens`. */
export interface TokenOptions<S = unknown> extends ChoiceOptions, LengthOptions<S> {}

/** Options of `stream`. */
export interface StreamOptions<S = unknown> extends TokenOptions<S> {
  /** Ends the stream with its reason as the error. */
  signal?: AbortSignal;
}

/** What a model's state may be: only the model knows what it holds. */
export const anyState = rule<unknown>(
  'a state: a tensor, an array or an object',
  (value) => typeof value === 'object' && value !== null,
);

/** The rows of `LengthOptions` in a table of options. */
export const lengthFields = {
  maxLength: count.or(100),
  minLength: count.or(0),
  stop: either<number | readonly number[]>(integer, arrayOf(integer, 'an array of tokens')).or([]),
  batchFirst: boolean.or(false),
  state: anyState.optional,
  vocabularySize: positiveInteger.optional,
};

type Open = 'sample' | 'temperature' | 'topK' | 'topP' | 'repetitionPenalty' | 'generator';

const tokenFields = { ...choiceFields, ...lengthFields };
const tokenOptions = optionsTable<TokenOptions, Open | 'state' | 'vocabularySize'>(
  'generate.tokens',
  tokenFields,
);
const streamOptions = optionsTable<StreamOptions, Open | 'state' | 'vocabularySize' | 'signal'>(
  'generate.stream',
  { ...tokenFields, signal: instanceOf(AbortSignal).optional },
);

/** How far a row goes, with the stop tokens as a set. */
export interface Limits {
  readonly maxLength: number;
  readonly minLength: number;
  readonly stop: ReadonlySet<number>;
}

/** @throws RangeError for lengths that exclude each other, and a stop token outside the vocabulary. */
export function checkLimits<S>(operation: string, options: LengthOptions<S>): Limits {
  const { maxLength = 100, minLength = 0, stop = [], vocabularySize } = options;
  if (minLength > maxLength) {
    throw new RangeError(
      `${operation}: minLength (${minLength}) must be at most maxLength (${maxLength})`,
    );
  }
  const all = typeof stop === 'number' ? [stop] : stop;
  for (const token of all) checkToken(operation, 'stop', token, vocabularySize);
  return { maxLength, minLength, stop: new Set(all) };
}

/** @throws RangeError when the scores show that a token of a prompt or of `stop` cannot exist. */
export function checkVocabulary(
  operation: string,
  scores: Tensor,
  rows: readonly (readonly number[])[],
  stop: ReadonlySet<number>,
): void {
  const size = sizesOf(scores)[1];
  for (const row of rows) for (const token of row) checkToken(operation, 'the prompt', token, size);
  for (const token of stop) checkToken(operation, 'stop', token, size);
}

// Tokens of one step for every row; null while a row is in its prompt, and after its end.
type Step = (number | null)[];

// Rows that have ended leave the batch when they are a quarter of it: by then a step without them saves more than
// selecting the others' state costs.
const worthLeaving = 1 / 4;

const int32 = (values: readonly number[]): Tensor => tensor(Int32Array.from(values));

/**
 * Prompts of unequal length are walked together: a row that is still in its prompt is given its next token, while
 * others are given what they chose. A row's tokens depend neither on the rows beside it nor on when those leave: draws are
 * made for all rows of the prompt, as long as there are any.
 */
function* walk<S>(
  operation: string,
  model: Model<S>,
  prompts: readonly (readonly number[])[],
  choice: Choice,
  limits: Limits,
  { batchFirst = false, state: initial }: LengthOptions<S>,
): Generator<Step, void, void> {
  const runner = new Runner(operation, model, batchFirst);
  const { maxLength, minLength, stop } = limits;
  const shortest = prompts.reduce((least, row) => Math.min(least, row.length), Infinity);
  const history = prompts.map((row) => new Set(row));
  const generated = prompts.map(() => 0);
  const ended = prompts.map(() => maxLength === 0);
  // The rows that the model computes, and where each row of the prompt is among them.
  let rows = prompts.map((_, n) => n);
  let placeOf = rows;
  let [input, state] = [
    inputOf(
      prompts.map((row) => row.slice(0, shortest)),
      batchFirst,
    ),
    initial,
  ];
  for (let position = shortest; ended.includes(false); position++) {
    let scores: Tensor;
    [scores, state] = runner.last(input, state);
    if (position === shortest) checkVocabulary(operation, scores, prompts, stop);
    const next = noGrad(() => {
      const had = rows.map((n) => history[n]);
      let seen = penalize(scores, choice.repetitionPenalty, had);
      if (minLength > 0 && stop.size > 0) {
        seen = ban(seen, stop, (i) => generated[rows[i]] < minLength);
      }
      if (rows.length < prompts.length) seen = indexSelect(seen, 0, int32(placeOf));
      return choose(operation, seen, choice);
    });
    const step: Step = prompts.map((prompt, n) => {
      if (position < prompt.length) {
        next[n] = prompt[position];
        return null;
      }
      if (ended[n]) return null;
      if (stop.has(next[n])) {
        ended[n] = true;
        return null;
      }
      history[n].add(next[n]);
      ended[n] = ++generated[n] === maxLength;
      return next[n];
    });
    if (step.some((token) => token !== null)) yield step;
    const live = rows.filter((n) => !ended[n]);
    if (
      live.length > 0 &&
      rows.length - live.length >= worthLeaving * rows.length &&
      runner.canSelect(state, rows.length)
    ) {
      state = runner.select(state, int32(live.map((n) => placeOf[n])));
      rows = live;
      // Rows that are gone show the first one's scores: nothing is taken from what is drawn for them.
      placeOf = prompts.map((_, n) => Math.max(live.indexOf(n), 0));
    }
    input = inputOf(
      rows.map((n) => [next[n]]),
      batchFirst,
    );
  }
}

function start<S>(
  operation: string,
  model: Model<S>,
  prompt: Prompt | Prompts,
  options: TokenOptions<S>,
): { rows: number; steps: Generator<Step, void, void> } {
  const choice = checkChoice(operation, options);
  const limits = checkLimits(operation, options);
  const prompts = promptRows(operation, prompt, options.vocabularySize);
  return {
    rows: prompts.length,
    steps: walk(operation, model, prompts, choice, limits, options),
  };
}

/**
 * Tokens that follow a prompt, or each prompt of a batch. Recording is off; dropout depends on the model's mode
 * (`model.eval()`).
 *
 * @param model a function or an object with `forward`: tokens int32 [T, N] and a state to scores [T, N, V] and the next
 *   state; it is called once with the prompt, then with one token at a time
 * @param prompt tokens; or for a batch an array of such, of any lengths, or an int32 tensor [N, T]
 * @returns the tokens without prompt and stop token; for a batch an array of them
 * @throws RangeError for scores that hold NaN or ∞ or leave no token, an empty prompt, a token outside the vocabulary, a temperature that is not positive, and k or
 * p out of range.
 * @example
 * class Letters extends nn.Module {
 *   table = new nn.Embedding(5, 8);
 *   rnn = new nn.GRU(8, 8);
 *   out = new nn.Linear(8, 5);
 *   forward(x: Tensor, state?: Tensor): [Tensor, Tensor] {
 *     const [y, next] = this.rnn.forward(this.table.forward(x), state);
 *     return [this.out.forward(y), next];
 *   }
 * }
 * const written = generate.tokens(new Letters(), [1, 2], { temperature: 0.8, topK: 3, stop: 0, maxLength: 10 });
 */
export function tokens<S>(model: Model<S>, prompt: Prompt, options?: TokenOptions<S>): number[];
export function tokens<S>(model: Model<S>, prompt: Prompts, options?: TokenOptions<S>): number[][];
export function tokens<S>(
  model: Model<S>,
  given: Prompt | Prompts,
  options?: TokenOptions<S>,
): number[] | number[][] {
  if (arguments.length > 3) surplus('generate.tokens', arguments, 3, 'options');
  const read = tokenOptions.read(options) as TokenOptions<S>;
  const prompt = ownPrompt(given);
  const { rows, steps } = start('generate.tokens', model, prompt, read);
  const out: number[][] = Array.from({ length: rows }, () => []);
  for (const step of steps) step.forEach((token, n) => token !== null && out[n].push(token));
  return isSingle(prompt) ? out[0] : out;
}

/** Lets timers, signals and streams have their turn, and notices an abort. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/**
 * The same, token by token: an async iterator that lets other work go on between steps. For a batch each step is an
 * array, with null for a row that is still in its prompt or has ended.
 *
 * Options are checked at once, not with the first token.
 * @throws the signal's reason when it aborts.
 * @example
 * const model = (x: Tensor): [Tensor, null] => [nn.functional.oneHot(x, 5).float(), null]; // repeats its input
 * for await (const token of generate.stream(model, [3], { maxLength: 4 })) token; // 3, 3, 3, 3
 */
export function stream<S>(
  model: Model<S>,
  prompt: Prompt,
  options?: StreamOptions<S>,
): AsyncGenerator<number, void, void>;
export function stream<S>(
  model: Model<S>,
  prompt: Prompts,
  options?: StreamOptions<S>,
): AsyncGenerator<(number | null)[], void, void>;
export function stream<S>(
  model: Model<S>,
  given: Prompt | Prompts,
  options?: StreamOptions<S>,
): AsyncGenerator<number | (number | null)[], void, void> {
  if (arguments.length > 3) surplus('generate.stream', arguments, 3, 'options');
  const read = streamOptions.read(options) as StreamOptions<S>;
  const prompt = ownPrompt(given);
  const { steps } = start('generate.stream', model, prompt, read);
  return each(steps, isSingle(prompt), read.signal);
}

async function* each(
  steps: Generator<Step, void, void>,
  single: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<number | Step, void, void> {
  for (;;) {
    await breathe(signal);
    const { done, value } = steps.next();
    if (done === true) return;
    yield single ? value[0]! : value;
  }
}
