// S1c: an encoder and a decoder with attention learn to reverse words and to rewrite dates
//
// The encoder reads the source letter by letter, in both directions. The decoder writes the target letter by letter; for
// each letter the attention says how much it looks at each letter of the source. Nothing tells it where to look: that
// is learned from pairs of source and target alone. Two tasks (`reverse`, `dates`), two kinds of attention (`additive`,
// `multiplicative`):
//
//     npm run example -- s1c                          dates, additive
//     npm run example -- s1c reverse multiplicative
//     npm run example -- s1c all                      the four of them
import { join } from 'node:path';
import {
  generate,
  manualSeed,
  nn,
  noGrad,
  optim,
  plot,
  randint,
  tensor,
  tqdm,
  type Tensor,
} from 'ostinato';

const F = nn.functional;

// ---- Letters as numbers. Three tokens are no letters: padding, start and end.

const [PAD, START, END] = [0, 1, 2];
const letters = [...' ,-./0123456789abcdefghijklmnopqrstuvwxyz'];
const vocabularySize = 3 + letters.length;
const tokenOf = new Map(letters.map((letter, i) => [letter, i + 3]));
const encode = (text: string): number[] => [...text].map((letter) => tokenOf.get(letter)!);
const decode = (tokens: readonly number[]): string =>
  tokens.map((token) => letters[token - 3] ?? '?').join('');

/** Texts of unequal lengths as one int32 tensor [N, T], padded at the end. */
function batchOf(rows: readonly (readonly number[])[]): Tensor {
  const sequences = rows.map((row) => tensor(row, { dtype: 'int32' }));
  return nn.utils.rnn.padSequence(sequences, { batchFirst: true, paddingValue: PAD });
}

// ---- The tasks. `at` makes the pair of a number; which numbers are held out follows from the number alone.

export type Task = 'reverse' | 'dates';
interface Pair {
  source: string;
  target: string;
}

const below = (n: number): number => randint(0, n, []).item();

/** A word of 3 to 12 letters, and the word reversed. */
function reversal(): Pair {
  const word = Array.from({ length: 3 + below(10) }, () => letters[15 + below(26)]).join('');
  return { source: word, target: [...word].reverse().join('') };
}

const months =
  'january february march april may june july august september october november december';

/** A day from 1900 to 2099 in one of five forms, and as year-month-day. */
function date(): Pair {
  const day = new Date(Date.UTC(1900, 0, 1 + below(73_049)));
  const [y, m, d] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
  const name = months.split(' ')[m - 1];
  const forms = [
    `${d} ${name} ${y}`,
    `${name} ${d}, ${y}`,
    `${d} ${name.slice(0, 3)} ${y}`,
    `${d}.${m}.${y}`,
    `${m}/${d}/${y}`,
  ];
  return { source: forms[below(forms.length)], target: day.toISOString().slice(0, 10) };
}

/** Pairs to test with, and a source of pairs to train on that never gives the target of one of those. */
export function pairsOf(task: Task, heldOut: number): { test: Pair[]; next: () => Pair } {
  const draw = task === 'reverse' ? reversal : date;
  const test = Array.from({ length: heldOut }, draw);
  const kept = new Set(test.map((pair) => pair.target));
  const next = (): Pair => {
    const pair = draw();
    return kept.has(pair.target) ? next() : pair;
  };
  return { test, next };
}

// ---- The model.

export type Kind = 'additive' | 'multiplicative';
const [embeddingDim, hiddenSize] = [32, 128];

export function makeModel(kind: Kind): nn.Seq2Seq {
  const encoder = new nn.Encoder(vocabularySize, embeddingDim, hiddenSize / 2, {
    bidirectional: true,
  });
  const attention =
    kind === 'additive'
      ? new nn.AdditiveAttention(hiddenSize, encoder.outputSize, 64)
      : new nn.MultiplicativeAttention(hiddenSize, encoder.outputSize);
  const decoder = new nn.Decoder(vocabularySize, embeddingDim, hiddenSize, attention);
  return new nn.Seq2Seq(encoder, decoder, { padding: PAD });
}

/** Source [N, S] and target [N, T], the target between start and end token. */
export function tensorsOf(pairs: readonly Pair[]): [Tensor, Tensor] {
  return [
    batchOf(pairs.map(({ source }) => encode(source))),
    batchOf(pairs.map(({ target }) => [START, ...encode(target), END])),
  ];
}

/** Cross-entropy of every target token that follows the start token; padding does not count. */
export function lossOf(model: nn.Seq2Seq, source: Tensor, target: Tensor): Tensor {
  const [scores] = model.forward(source, target);
  const expected = target.narrow(1, 1, target.shape[1] - 1);
  return F.crossEntropy(scores.flatten(0, 1), expected.flatten(), { ignoreIndex: PAD });
}

export function train(
  model: nn.Seq2Seq,
  next: () => Pair,
  {
    steps,
    batchSize = 64,
    desc = 'training',
    print = tqdm.write,
  }: { steps: number; batchSize?: number; desc?: string; print?: (line: string) => void },
): number[] {
  const parameters = model.parameters();
  const optimizer = new optim.Adam(parameters, { lr: 3e-3 });
  const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, steps, { etaMin: 1e-4 });
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: steps }, (_, i) => i + 1),
    { desc },
  );
  for (const step of bar) {
    const [source, target] = tensorsOf(Array.from({ length: batchSize }, next));
    const loss = lossOf(model, source, target);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(parameters, 1);
    optimizer.step();
    schedule.step();
    losses.push(loss.item());
    bar.setPostfix({ loss: loss.item() });
    if (step % 100 === 0) print(`step ${step}, loss ${loss.item().toFixed(4)}`);
  }
  return losses;
}

// ---- What it has learned.

/** What the model writes for each source, greedily or with beams. */
export function write(model: nn.Seq2Seq, sources: readonly string[], beams?: number): string[] {
  const source = batchOf(sources.map(encode));
  const options = { start: START, end: END, maxLength: 20 };
  return generate.decode(model, source, { ...options, beams }).map(decode);
}

/** The share of pairs whose target the model writes without a mistake. */
export function exactMatches(model: nn.Seq2Seq, pairs: readonly Pair[], beams?: number): number {
  const written = write(
    model,
    pairs.map(({ source }) => source),
    beams,
  );
  return written.filter((text, i) => text === pairs[i].target).length / pairs.length;
}

/** The attention's weights [target letters, source letters] while the model writes `target`. */
export function weightsOf(model: nn.Seq2Seq, { source, target }: Pair): Tensor {
  const [input, output] = tensorsOf([{ source, target }]);
  const [, weights] = noGrad(() => model.forward(input, output));
  return weights.select(0, 0).narrow(0, 0, target.length);
}

export interface Outcome {
  model: nn.Seq2Seq;
  losses: number[];
  exact: number;
  exactWithBeams: number;
  /** Of training. */
  seconds: number;
  test: Pair[];
}

export function run(
  task: Task,
  kind: Kind,
  { steps = 800, heldOut = 500 } = {},
  print = tqdm.write,
): Outcome {
  manualSeed(0);
  const { test, next } = pairsOf(task, heldOut);
  const model = makeModel(kind);
  const began = performance.now();
  const losses = train(model, next, { steps, desc: `${task}, ${kind}`, print });
  const seconds = (performance.now() - began) / 1000;
  model.eval();
  const exact = exactMatches(model, test);
  const exactWithBeams = exactMatches(model, test, 4);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  print(
    `${task}, ${kind} attention: ${percent(exact)} of ${heldOut} held-out pairs exact (beam search: ${percent(exactWithBeams)}) after ${steps} steps, ${seconds.toFixed(1)} s`,
  );
  for (const { source } of test.slice(0, 3)) print(`  ${source} → ${write(model, [source])[0]}`);
  return { model, losses, exact, exactWithBeams, seconds, test };
}

function show(task: Task, kind: Kind): void {
  const { model, losses, test } = run(task, kind);
  const out = join(__dirname, 'out');
  const name = `s1c-${task}-${kind}`;
  const curve = plot.curve(losses, { title: `${task}, ${kind}`, x: 'step', y: 'cross-entropy' });
  console.log(`picture: ${plot.save(join(out, `${name}-loss.svg`), curve)}`);
  const [pair] = test;
  const picture = plot.matrix(weightsOf(model, pair), {
    title: `Where the decoder looks: ${pair.source} → ${pair.target}`,
    x: 'read',
    y: 'written',
    rows: [...pair.target],
    columns: [...pair.source],
    range: [0, 1],
  });
  console.log(`picture: ${plot.save(join(out, `${name}-weights.svg`), picture)}`);
}

if (require.main === module) {
  const [task = 'dates', kind = 'additive'] = process.argv.slice(2) as [Task?, Kind?];
  if ((task as string) === 'all') {
    for (const each of ['reverse', 'dates'] as const) {
      for (const attention of ['additive', 'multiplicative'] as const) show(each, attention);
    }
  } else show(task, kind);
}
