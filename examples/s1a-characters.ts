// S1a: an LSTM learns proverbs character by character, then writes from the start token to the end token
//
// The network reads one character at a time and says how probable each of the 80 characters is to come next. The error
// of a prediction flows back through all steps before it (back-propagation through time). Dropout and weight decay
// keep it from leaning on a few units or on large weights, which is how a network learns a text by heart.
import { join } from 'node:path';
import {
  cat,
  generate,
  manualSeed,
  nn,
  optim,
  plot,
  slice,
  tensor,
  tqdm,
  type Tensor,
} from 'ostinato';

const F = nn.functional;

// ---- 80 tokens: where a text starts and ends, and 78 characters.

export const [START, END] = [0, 1];
const characters = [
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  ...' .,;:!?\'"-()&/%\n',
];
export const vocabularySize = 2 + characters.length; // 80
export const encode = (text: string): number[] =>
  [...text].map((character) => 2 + characters.indexOf(character));
export const decode = (tokens: readonly number[]): string =>
  tokens.map((token) => characters[token - 2] ?? '').join('');

export const proverbs = [
  'A stitch in time saves nine.',
  'All that glitters is not gold.',
  'Better late than never.',
  'Birds of a feather flock together.',
  'Every cloud has a silver lining.',
  'Fortune favours the bold.',
  'Haste makes waste.',
  'Honesty is the best policy.',
  'Look before you leap.',
  'Many hands make light work.',
  'No news is good news.',
  'Out of sight, out of mind.',
  'Practice makes perfect.',
  'Rome was not built in a day.',
  'Still waters run deep.',
  'Where there is smoke, there is fire.',
];

// ---- The model.

type State = [Tensor, Tensor];

export class CharacterLSTM extends nn.Module {
  lstm: nn.LSTM;
  dropout: nn.Dropout;
  fc: nn.Linear;
  /** Null for one-hot characters: a 1 at the character's place, 0 at the other 79. */
  embedding: nn.Embedding | null;

  constructor({ embedded = false, dropout = 0.2 } = {}) {
    super();
    this.lstm = new nn.LSTM(80, 256);
    this.dropout = new nn.Dropout(dropout);
    this.fc = new nn.Linear(256, 80);
    this.embedding = embedded ? new nn.Embedding(80, 80) : null;
  }

  /** Characters [T, N] and the state so far give scores [T, N, 80] of the next one, and the state after them. */
  forward(input: Tensor, state?: State): [Tensor, State] {
    const x =
      this.embedding === null
        ? F.oneHot(input, vocabularySize).to(this.fc.weight.dtype)
        : this.embedding.forward(input);
    const [out, next] = this.lstm.forward(x, state);
    return [this.fc.forward(this.dropout.forward(out)), next];
  }
}

/** Texts as inputs and as what follows them, [T, N]; targets past a text's end are ignored (−100). */
export function streams(texts: readonly string[]): [input: Tensor, target: Tensor] {
  const rows = texts.map((text) => [START, ...encode(text), END]);
  const steps = Math.max(...rows.map((row) => row.length)) - 1;
  const column = (row: number[], from: number, fill: number): number[] =>
    Array.from({ length: steps }, (_, t) => (t + 1 < row.length ? row[t + from] : fill));
  const timeFirst = (x: number[][]): Tensor => tensor(x, { dtype: 'int32' }).t().contiguous();
  return [
    timeFirst(rows.map((row) => column(row, 0, END))),
    timeFirst(rows.map((row) => column(row, 1, -100))),
  ];
}

/** Cross-entropy of the whole text, read one step at a time: each step continues the state of the one before. */
export function lossOf(model: CharacterLSTM, input: Tensor, target: Tensor): Tensor {
  let state: State | undefined;
  const scores: Tensor[] = [];
  for (let t = 0; t < input.shape[0]; t++) {
    const [score, next] = model.forward(input.at(slice(t, t + 1)), state);
    scores.push(score);
    state = next;
  }
  return F.crossEntropy(cat(scores).flatten(0, 1), target.flatten());
}

export function train(
  model: CharacterLSTM,
  texts: readonly string[],
  { epochs = 120, print = tqdm.write } = {},
): number[] {
  const [input, target] = streams(texts);
  const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2, weightDecay: 0.01 });
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: epochs }, (_, i) => i + 1),
    { desc: 'training' },
  );
  for (const epoch of bar) {
    const loss = lossOf(model, input, target);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    losses.push(loss.item());
    bar.setPostfix({ loss: loss.item() });
    if (epoch % 20 === 0) print(`epoch ${epoch}, loss ${loss.item().toFixed(4)}`);
  }
  return losses;
}

/** From the start token to the end token, at most 60 characters; `options` say how a character is chosen. */
export function write(model: CharacterLSTM, options: generate.ChoiceOptions = {}): string {
  return decode(generate.tokens(model, [START], { stop: END, maxLength: 60, ...options }));
}

export interface Outcome {
  model: CharacterLSTM;
  losses: number[];
  argmax: string;
  sampled: string[];
}

export function run({ epochs = 120, embedded = false } = {}, print = tqdm.write): Outcome {
  manualSeed(0);
  const model = new CharacterLSTM({ embedded });
  const losses = train(model, proverbs, { epochs, print });
  model.eval();
  const argmax = write(model);
  print(`the most probable characters: ${argmax}`);
  const sampled = Array.from({ length: 8 }, () => write(model, { temperature: 0.8 }));
  for (const text of sampled) print(`drawn at temperature 0.8: ${text}`);
  return { model, losses, argmax, sampled };
}

if (require.main === module) {
  const { losses } = run({ embedded: process.argv.includes('embedded') });
  const curve = plot.curve(losses, { title: 'Proverbs', x: 'epoch', y: 'cross-entropy' });
  console.log(`picture: ${plot.save(join(__dirname, 'out', 's1a-loss.svg'), curve)}`);
}
