// S1b: a GRU learns sentences word by word: a distribution over 10,000 words, and text from it
//
// A word is a number from 0 to 9,999. An embedding makes 100 numbers of it, the GRU carries what was said so far in 256,
// and a linear layer scores every word of the vocabulary as the next one.
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

// ---- Words. Sentences of a small grammar; the vocabulary has 10,000 entries, of which they use a few.

export const vocabularySize = 10_000;
export const [START, END] = [0, 1];

const grammar: readonly (readonly string[])[] = [
  ['the', 'a', 'every'],
  ['old', 'young', 'quiet', 'curious'],
  ['sailor', 'teacher', 'painter', 'gardener', 'child'],
  ['sees', 'follows', 'remembers', 'draws'],
  ['the', 'a'],
  ['red', 'small', 'silver'],
  ['bird', 'boat', 'house', 'river', 'star'],
  ['in', 'before', 'after'],
  ['spring', 'summer', 'autumn', 'winter'],
];
export const words = ['<start>', '<end>', ...new Set(grammar.flat())];
const indexOf = new Map(words.map((word, i) => [word, i]));
export const encode = (text: string): number[] => text.split(' ').map((word) => indexOf.get(word)!);
export const decode = (tokens: readonly number[]): string =>
  tokens.map((token) => words[token] ?? `<unused ${token}>`).join(' ');

/** A sentence of the grammar: one word of each list. */
export const sentence = (): string =>
  grammar.map((choices) => choices[randint(0, choices.length, []).item()]).join(' ');
export const isSentence = (text: string): boolean => {
  const said = text.split(' ');
  return said.length === grammar.length && said.every((word, i) => grammar[i].includes(word));
};

// ---- The model.

export class WordGRU extends nn.Module {
  embedding = new nn.Embedding(vocabularySize, 100);
  gru = new nn.GRU(100, 256);
  fc = new nn.Linear(256, vocabularySize);

  /** Words [T, N] and the state so far give scores [T, N, 10000] of the next one, and the state after them. */
  forward(input: Tensor, state?: Tensor): [Tensor, Tensor] {
    const [out, next] = this.gru.forward(this.embedding.forward(input), state);
    return [this.fc.forward(out), next];
  }
}

/** Cross-entropy of every word given those before it. Sentences are of one length: no padding. */
export function lossOf(model: WordGRU, sentences: readonly string[]): Tensor {
  const rows = sentences.map((text) => [START, ...encode(text), END]);
  const tokens = tensor(rows, { dtype: 'int32' }).t().contiguous(); // [T, N]
  const steps = tokens.shape[0] - 1;
  const [scores] = model.forward(tokens.narrow(0, 0, steps));
  return F.crossEntropy(scores.flatten(0, 1), tokens.narrow(0, 1, steps).flatten());
}

export function train(
  model: WordGRU,
  { steps = 150, batchSize = 8, print = tqdm.write } = {},
): number[] {
  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
  const losses: number[] = [];
  const bar = tqdm(
    Array.from({ length: steps }, (_, i) => i + 1),
    { desc: 'training' },
  );
  for (const step of bar) {
    const loss = lossOf(model, Array.from({ length: batchSize }, sentence));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
    bar.setPostfix({ loss: loss.item() });
    if (step % 25 === 0) print(`step ${step}, loss ${loss.item().toFixed(4)}`);
  }
  return losses;
}

/** The probabilities of all 10,000 words after a beginning, [10000]. */
export function distribution(model: WordGRU, beginning: string): Tensor {
  return noGrad(() => {
    let state: Tensor | undefined;
    let scores: Tensor;
    // One word at a time: indices [1, 1].
    for (const token of [START, ...encode(beginning)]) {
      [scores, state] = model.forward(tensor([[token]], { dtype: 'int32' }), state);
    }
    return F.softmax(scores!, 2).view([vocabularySize]);
  });
}

export interface Outcome {
  model: WordGRU;
  losses: number[];
  probabilities: Tensor;
  written: string[];
}

export async function run({ steps = 150 } = {}, print = tqdm.write): Promise<Outcome> {
  manualSeed(0);
  const model = new WordGRU();
  const losses = train(model, { steps, print });
  const probabilities = distribution(model, 'the old sailor');
  print(`${vocabularySize} probabilities, their sum ${probabilities.sum().item().toFixed(6)}`);
  const [best, places] = probabilities.topk(5);
  const shares = best.toArray<number[]>();
  places
    .toArray<number[]>()
    .forEach((token, i) =>
      print(`  the old sailor ${decode([token])}: ${(100 * shares[i]).toFixed(1)} %`),
    );
  const written: string[] = [];
  for (let i = 0; i < 5; i++) {
    // Words arrive one by one, as the network draws them.
    const tokens: number[] = [];
    const options = { temperature: 0.7, stop: END, maxLength: 20 };
    for await (const token of generate.stream(model, [START], options)) tokens.push(token);
    written.push(decode(tokens));
    print(written[i]);
  }
  return { model, losses, probabilities, written };
}

if (require.main === module) {
  void run().then(({ losses }) => {
    const curve = plot.curve(losses, { title: 'Sentences', x: 'step', y: 'cross-entropy' });
    console.log(`picture: ${plot.save(join(__dirname, 'out', 's1b-loss.svg'), curve)}`);
  });
}
